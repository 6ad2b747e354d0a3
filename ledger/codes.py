"""The one list of codes: every refusal and error that leaves the system carries one of these.

The prefix names the layer that speaks. A code is never renamed or reused once released; its
sentences in Chinese and English are in ``ledger/words`` and say what happened, to which thing, and
what to do next.
"""

from enum import StrEnum


class Code(StrEnum):
    """Stable names, the same in verdicts, HTTP problems, CLI output and docs."""

    FORMAT_TRUNCATED = "format.truncated"
    FORMAT_TRAILING = "format.trailing"
    FORMAT_TOO_LARGE = "format.too_large"
    FORMAT_TOO_DEEP = "format.too_deep"
    FORMAT_NOT_CANONICAL = "format.not_canonical"
    FORMAT_NOT_ALLOWED = "format.not_allowed"
    FORMAT_NOT_NFC = "format.not_nfc"
    FORMAT_SHAPE = "format.shape"
    FORMAT_VERSION = "format.version"
    FORMAT_DUPLICATE = "format.duplicate"

    KEY_WEAK = "key.weak"
    KEY_FILE = "key.file"
    KEY_PASSPHRASE = "key.passphrase"
    SIGNATURE_INVALID = "signature.invalid"

    GENESIS_INVALID = "genesis.invalid"
    COMMITTEE_INVALID = "committee.invalid"
    CERTIFICATE_INVALID = "certificate.invalid"
    CERTIFICATE_QUORUM = "certificate.quorum"

    RECORD_INVALID = "record.invalid"
    RECORD_TOO_LARGE = "record.too_large"
    BUNDLE_INVALID = "bundle.invalid"
    BUNDLE_TOO_LARGE = "bundle.too_large"
    BUNDLE_NETWORK = "bundle.network"
    BUNDLE_ISSUER = "bundle.issuer"
    BUNDLE_SIGNATURE = "bundle.signature"
    BUNDLE_ROOT = "bundle.records_root"
    BLOCK_INVALID = "block.invalid"
    BLOCK_NOT_REBUILT = "block.not_rebuilt"

    PROOF_INCLUSION = "proof.inclusion"
    PROOF_CONSISTENCY = "proof.consistency"
    NOTE_INVALID = "note.invalid"
    NOTE_SIGNATURE = "note.signature"
    NOTE_UNKNOWN_KEY = "note.unknown_key"

    STORE_LOCKED = "store.locked"
    STORE_DISK_FULL = "store.disk_full"
    STORE_IO = "store.io"
    STORE_DAMAGED = "store.damaged"
    STORE_OTHER_NETWORK = "store.other_network"
    STORE_NEWER = "store.newer"
    RECORD_UNKNOWN = "record.unknown"
    BLOCK_UNKNOWN = "block.unknown"
    RECEIPT_PENDING = "receipt.pending"
    CHECKPOINT_NONE = "checkpoint.none"

    CONSENSUS_CONFIG = "consensus.config"
