"""`bidwitness verify`: the offline verifier, the same engine as ``python -m ledger``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.options import JsonFlag, TrustOption
from cli.documents import OWN_SUFFIXES
from cli.words import language, say
from ledger.__main__ import main as verify_offline


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("verify", help=say("help.verify"))(verify)


def verify(
    files: Annotated[list[Path], typer.Argument(help=say("help.verify_files"))],
    trust: TrustOption = Path("trust.json"),
    document: Annotated[
        list[Path] | None, typer.Option("--document", help=say("help.verify_document"))
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify receipts, openings and batch proofs; a document stands for the proof beside it."""
    presented: list[Path] = []
    documents = list(document or [])
    for file in files:
        proof = _proof_beside(file)
        presented.append(proof or file)
        documents += [file] if proof else []
    arguments = [str(path) for path in presented] + ["--trust", str(trust)]
    arguments += ["--lang", language()] + (["--json"] if as_json else [])
    for path in documents:
        arguments += ["--document", str(path)]
    sys.exit(verify_offline(arguments))


def _proof_beside(file: Path) -> Path | None:
    """The receipt or batch proof that lies beside a document."""
    if file.name.endswith(".json") and file.name.endswith(OWN_SUFFIXES):
        return None
    beside = (file.with_name(file.name + suffix) for suffix in OWN_SUFFIXES[:2])
    return next((path for path in beside if path.is_file()), None)
