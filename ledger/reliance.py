"""Reliance: the trust roots and policies that a reader judges evidence by, of one network or more.

Read from a file or from a folder in which a court keeps the `trust.json` of every network that it
has to do with. Spec: ``docs/spec/verifying.md``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.codes import Code
from ledger.core.identifiers import NetworkId
from ledger.core.policy import POLICY_BYTES_MAX, Policy, parse_policy
from ledger.core.strict_json import load
from ledger.errors import FormatError, VerificationError
from ledger.files import read_capped
from ledger.numbering import NETWORK_STEP
from ledger.time_stamps import TimeTrust
from ledger.trust import FORMAT, TRUST_BYTES_MAX, TrustRoot, decode_trust

NETWORKS_MAX: Final = 64
FILES_MAX: Final = 4_096
"""Files that are looked at in a trust folder."""
_NAME: Final = "trust.json"
_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True)
class Reliance:
    """What one reader relies on."""

    roots: tuple[TrustRoot, ...]
    """At least one; each of another network."""
    policies: tuple[Policy, ...] = ()
    times: TimeTrust | None = None
    """None: no time stamp is looked into."""

    def root_of(self, network_id: NetworkId) -> TrustRoot:
        """The trust root of the network that a file names; the only root, if there is one only.

        Raises:
            VerificationError: `trust.unknown` in check 2 where none of several is that network's.
        """
        if len(self.roots) == 1:
            return self.roots[0]
        for root in self.roots:
            if root.network_id == network_id:
                return root
        known = ", ".join(f"{each.genesis.name} ({_short(each.network_id)})" for each in self.roots)
        raise VerificationError(
            Code.TRUST_UNKNOWN, step=NETWORK_STEP, found=_short(network_id), known=known
        )

    def known(self, network_id: NetworkId) -> TrustRoot | None:
        """The trust root of a network, where the reader has it."""
        return next((each for each in self.roots if each.network_id == network_id), None)

    def policy_for(self, root: TrustRoot) -> Policy | None:
        """The policy for a network: the one that lists its log, else the one that lists none.

        Where policies were given and none is for this network, the first stands for it, and refuses
        it: a reader who demands something is never satisfied with nothing.
        """
        for policy in self.policies:
            if any(log.key.name == root.origin for log in policy.logs):
                return policy
        free = (policy for policy in self.policies if not policy.logs)
        return next(free, self.policies[0] if self.policies else None)


def read_reliance(
    trusts: Iterable[Path], policies: Iterable[Path] = (), times: TimeTrust | None = None
) -> Reliance:
    """What a reader relies on, from trust root files and policy files.

    Args:
        trusts: files of trust roots.
        policies: files of policies.
        times: whose time stamps count.

    Raises:
        OSError: something cannot be read.
        FormatError: as `trust.decode_trust` and `policy.parse_policy`; `trust.too_many`,
            `policy.twice`.
        VerificationError: as `trust.decode_trust`.
    """
    roots: dict[NetworkId, TrustRoot] = {}
    for path in trusts:
        root = read_trust(path)
        roots.setdefault(root.network_id, root)
        if len(roots) > NETWORKS_MAX:
            raise FormatError(Code.TRUST_TOO_MANY, limit=NETWORKS_MAX)
    return Reliance(tuple(roots.values()), tuple(_distinct(map(read_policy, policies))), times)


def _distinct(policies: Iterable[Policy]) -> Iterator[Policy]:
    """The policies, where no two are for the same: one of them would be demanded of nobody."""
    seen = set[str]()
    for policy in policies:
        named = {log.key.name for log in policy.logs} or {"*"}
        if twice := sorted(seen & named):
            raise FormatError(Code.POLICY_TWICE, log=twice[0])
        seen |= named
        yield policy


def trusts_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The trust root files that are meant: each path, and of a folder those in it.

    Raises:
        OSError: a file in a folder cannot be read.
        FormatError: `trust.none` for a folder without a trust root, `trust.too_many`.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = tuple(_in_folder(path))
        if not found:
            raise FormatError(Code.TRUST_NONE, folder=str(path))
        yield from found


def read_trust(path: Path) -> TrustRoot:
    """The trust root in a file.

    Raises:
        OSError: the file cannot be read.
        FormatError: as `trust.decode_trust`.
        VerificationError: as `trust.decode_trust`.
    """
    return decode_trust(read_capped(path, TRUST_BYTES_MAX))


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        OSError: the file cannot be read.
        FormatError: as `policy.parse_policy`.
        VerificationError: as `policy.parse_policy`.
    """
    return parse_policy(read_capped(path, POLICY_BYTES_MAX))


def _in_folder(folder: Path) -> Iterator[Path]:
    """Trust roots in a folder and one level below it, by name; other files are passed over."""
    paths = sorted((*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*/{_NAME}")))
    for looked, path in enumerate(paths):
        if looked == FILES_MAX:
            raise FormatError(Code.TRUST_TOO_MANY, limit=FILES_MAX)
        if path.is_file() and (path.name == _NAME or _is_trust(path)):
            yield path


def _is_trust(path: Path) -> bool:
    """Whether a file of another name says that it is a trust root; what it holds is read later."""
    try:
        value = load(read_capped(path, TRUST_BYTES_MAX), TRUST_BYTES_MAX)
    except FormatError:
        return False
    return isinstance(value, dict) and value.get("format") == FORMAT


def _short(network_id: NetworkId) -> str:
    return network_id.hex()[:16]
