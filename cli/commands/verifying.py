"""`bidwitness verify`: the offline verifier, the same engine as ``python -m ledger``."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.documents.authorities import authorities_under, read_authorities
from api.documents.revocation import lists_under, read_lists
from api.ocds.packaging import check_package
from cli.commands.options import JsonFlag
from cli.documents import OWN_SUFFIXES, unreadable
from cli.failures import Exit
from cli.standing_now import asking
from cli.words import language, say
from ledger.__main__ import main as verify_offline
from ledger.certificate_pdfs import PaperCertificate, SignatureJudge, Signed
from ledger.core.receipt import Receipt
from ledger.reliance import Reliance
from ledger.stamp_roots import read_authority, roots_under


def register(app: typer.Typer) -> None:
    """Add this command to `app`."""
    app.command("verify", help=say("help.verify"))(verify)


def verify(
    files: Annotated[list[Path], typer.Argument(help=say("help.verify_files"))],
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", help=say("help.verify_trust"), envvar="BIDWITNESS_TRUST"),
    ] = None,
    policy: Annotated[
        list[Path] | None, typer.Option("--policy", help=say("help.verify_policy"))
    ] = None,
    stamp_roots: Annotated[
        list[Path] | None, typer.Option("--stamp-roots", help=say("help.verify_stamp_roots"))
    ] = None,
    stamped_by: Annotated[
        list[str] | None, typer.Option("--stamped-by", help=say("help.verify_stamped_by"))
    ] = None,
    stamped_before: Annotated[
        str | None, typer.Option("--stamped-before", help=say("help.verify_stamped_before"))
    ] = None,
    document: Annotated[
        list[Path] | None, typer.Option("--document", help=say("help.verify_document"))
    ] = None,
    ca: Annotated[list[Path] | None, typer.Option("--ca", help=say("help.verify_ca"))] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help=say("help.verify_url"))] = None,
    url_certificate: Annotated[
        Path | None, typer.Option("--url-certificate", help=say("help.verify_url_certificate"))
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify evidence of any kind; a document stands for the proof beside it."""
    presented: list[Path] = []
    documents = list(document or [])
    for file in files:
        proof = _proof_beside(file)
        presented.append(proof or file)
        documents += [file] if proof else []
    named: dict[str, Sequence[Path | str]] = {
        "--trust": trust or [Path("trust.json")],
        "--policy": policy or [],
        "--stamp-roots": stamp_roots or [],
        "--stamped-by": stamped_by or [],
        "--stamped-before": [stamped_before] if stamped_before else [],
        "--document": documents,
    }
    # A folder of evidence is somebody else's: a name in it must not be taken for an option.
    arguments = [f"{option}={path}" for option, paths in named.items() for path in paths]
    arguments += ["--lang", language()] + (["--json"] if as_json else [])
    arguments += ["--", *map(str, presented)]
    signatures = _signatures(trust or [], ca or [], stamp_roots or [])
    sys.exit(_status(arguments, signatures, url or [], url_certificate))


def _status(
    arguments: list[str], judge: SignatureJudge, urls: list[str], certificate_file: Path | None
) -> int:
    """Verify, and where there are nodes to ask, tell how things stand now beside the proofs."""
    if not urls:
        return verify_offline(arguments, judge, packages=_compare)
    with asking(urls, certificate_file) as asker:
        status = verify_offline(arguments, judge, asker, _compare)
    return Exit.NOT_IN_EFFECT if status == Exit.OK and asker.warned else status


def _compare(reliance: Reliance, package: Mapping[str, Any], receipts: Sequence[Receipt]) -> None:
    """Compare open data with the receipts inside."""
    check_package(package, receipts, reliance.root_of)


def _signatures(trust: list[Path], files: list[Path], stamp_roots: list[Path]) -> SignatureJudge:
    """Judges who signed certificates in PDF, by what lies in trust folders and named files."""
    try:
        authorities = read_authorities([*authorities_under(trust), *files])
        lists = read_lists(lists_under(trust))
        stampers = [read_authority(path) for path in (*roots_under(trust), *stamp_roots)]
    except OSError as problem:
        raise unreadable(Path(problem.filename or ""), problem) from problem

    def judge(certificate: PaperCertificate) -> Signed:
        # PAdES takes a moment to load, and only a signed certificate asks for it.
        from api.documents.signatures import signature_judge

        return signature_judge(authorities, lists, stampers)(certificate)

    return judge


def _proof_beside(file: Path) -> Path | None:
    """The receipt or batch proof that lies beside a document."""
    if file.is_dir() or (file.name.endswith(".json") and file.name.endswith(OWN_SUFFIXES)):
        return None
    beside = (file.with_name(file.name + suffix) for suffix in OWN_SUFFIXES[:2])
    return next((path for path in beside if path.is_file()), None)
