"""Lets each department of the demonstration sign certificates, under an authority made for it."""

from typing import Final

from api.documents.authorities import SUFFIX
from cli.compose.document_signers import new_authority, new_signer
from cli.compose.network_init import PASSPHRASE_FILE, NewNetwork, Secrets
from cli.new_files import write_private, write_public
from cli.settings import NODE_FILE

AUTHORITY_FILE: Final = f"demo{SUFFIX}"
"""Beside trust.json: by it a reader judges who signed certificates."""
SIGNER_FILE: Final = "documents.p12"
_AUTHORITY: Final = "演示用认证机构（不可信） Demo CA, not to be trusted"


def give_signers(network: NewNetwork, secrets: Secrets, now_ms: int) -> None:
    """Give each node the key of its department, and an address for the QR on certificates.

    Args:
        network: whose passphrases are stored.
        secrets: with which it was made.
        now_ms: start of the keys' validity.
    """
    authority = new_authority(_AUTHORITY, now_ms)
    write_public(network.folder / AUTHORITY_FILE, authority.pem)
    for node in network.nodes:
        name, code = node.member.name_zh, node.member.credit_code
        made = new_signer(authority, name, code, secrets.passphrase, now_ms)
        write_private(node.folder / SIGNER_FILE, made)
        path = node.folder / NODE_FILE
        text = path.read_text(encoding="utf-8")
        names = {
            "documents_signer_file": SIGNER_FILE,
            "documents_passphrase_file": PASSPHRASE_FILE,
            "public_url": node.api_url,
        }
        for key, value in names.items():
            text = text.replace(f'{key} = ""', f'{key} = "{value}"')
        path.write_text(text, encoding="utf-8")
