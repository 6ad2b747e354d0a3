"""``python -m ledger FILE … --trust FILE``: verify evidence offline, with nothing but this package.

Exit status: 0 all files verified, 1 at least one refused, 2 wrong usage or an unreadable file.
Opens no connection and writes nothing but its answer.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from ledger.beside import Asking
from ledger.certificate_pdfs import SignatureJudge
from ledger.core.receipt import Receipt
from ledger.core.strict_json import JsonValue
from ledger.errors import LedgerError
from ledger.evidence import read_evidence
from ledger.files import digest_document
from ledger.judging import Outcome, judge
from ledger.presented import proofs_under
from ledger.reliance import Reliance, read_reliance, trusts_under
from ledger.report import outcome_lines, problem_sentence, trust_line
from ledger.report_json import outcome_value, trust_value
from ledger.stamp_roots import read_authority, roots_under, time_trust
from ledger.terminal import forgive, printable, spelled
from ledger.time_stamps import TimeTrust
from ledger.words import LANGUAGES
from ledger.words.moments import moment_ms
from ledger.words.verdict import phrase

OK: Final = 0
REFUSED: Final = 1
UNREADABLE: Final = 2
INTERRUPTED: Final = 130
Packages: TypeAlias = Callable[[Reliance, Mapping[str, Any], Sequence[Receipt]], None]
"""Compares open data with the receipts inside, whose networks are those relied on."""


def main(
    arguments: Sequence[str] | None = None,
    signatures: SignatureJudge | None = None,
    asking: Asking = lambda _: None,
    packages: Packages | None = None,
) -> int:
    """Verify the files that the command line names and print the outcome.

    Args:
        arguments: without the program's name; None for the process's own.
        signatures: judges those of certificates in PDF; None: they are told to be unjudged.
        asking: asks somebody else about what holds; no answer changes the exit status.
        packages: compares open data; None: it is told that nobody did.

    Returns:
        The exit status.
    """
    asked = _parser(_language_of_process()).parse_args(arguments)
    reading = _Reading()
    try:
        trusts = reading.each(trusts_under(reading.each(asked.trust)))
        reliance = read_reliance(trusts, reading.each(asked.policy), _times(reading, asked))
        proofs = reading.each(proofs_under(reading.each(asked.files)))
        check = None if packages is None else partial(packages, reliance)
        evidence = read_evidence(proofs, check)
        documents = [digest_document(path) for path in reading.each(asked.document)]
    except (OSError, LedgerError) as problem:
        return _unreadable(reading.path, problem, asked)
    whole = [*documents, *evidence.documents]
    outcomes = judge(evidence.presented, reliance, whole, signatures)
    verified = all(each.holds for each in outcomes)
    if asked.json:
        _print_json(
            {
                "verified": verified,
                "trusts": [trust_value(each) for each in reliance.roots],
                "policies_count": len(reliance.policies),
                "results": [_value(each, asked.lang, asking) for each in outcomes],
            }
        )
    else:
        _print_lines(outcomes, reliance, asked.lang, asking)
    return OK if verified else REFUSED


def _times(reading: "_Reading", asked: argparse.Namespace) -> TimeTrust | None:
    """Whose time stamps count: of the trust folders, and what was named besides."""
    paths = reading.each((*roots_under(asked.trust), *asked.stamp_roots))
    return time_trust(map(read_authority, paths), asked.stamped_by, asked.stamped_before)


class _Reading:
    """Remembers which file is being read, for the sentence where it cannot be."""

    def __init__(self) -> None:
        self.path = Path()

    def each(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The paths, each remembered before it is handed out."""
        for path in paths:
            self.path = path
            yield path


def _value(outcome: Outcome, language: str, asking: Asking) -> JsonValue:
    beside = asking(outcome) if outcome.holds else None
    told = outcome_value(outcome, language)
    return told if beside is None else {**told, beside.name: beside.value}


def _print_lines(
    outcomes: Sequence[Outcome], reliance: Reliance, language: str, asking: Asking
) -> None:
    for root in reliance.roots:
        print(trust_line(root, language))
    told = "label.policies" if reliance.policies else "label.no_policy"
    print(phrase(told, language, count=len(reliance.policies)))
    for each in outcomes:
        print(*outcome_lines(each, language, several=len(reliance.roots) > 1), sep="\n")
        beside = asking(each) if each.holds else None
        if beside is not None:
            print(*(f"     {line}" for line in beside.lines), sep="\n")
    if len(outcomes) > 1:
        total, ok = len(outcomes), sum(each.holds for each in outcomes)
        print(phrase("label.summary", language, total=total, ok=ok, refused=total - ok))


def _unreadable(path: Path, problem: OSError | LedgerError, asked: argparse.Namespace) -> int:
    """Say which file could not be read, and why."""
    code, told = "file.unreadable", ""
    if isinstance(problem, OSError):
        # Of what is looked for in a folder, the problem knows the file.
        path, told = Path(problem.filename or path), str(problem.strerror)
    if isinstance(problem, LedgerError):
        code, told = problem.code.value, problem_sentence(problem, asked.lang)
    if asked.json:
        told_value: JsonValue = {"file": str(path), "code": code, "sentence": told}
        _print_json({"verified": False, "results": [], "problem": told_value})
    else:
        line = f"{path}: {phrase('label.unreadable', asked.lang)}: {told} [{code}]"
        print(printable(line), file=sys.stderr)
    return UNREADABLE


def _print_json(value: JsonValue) -> None:
    print(spelled(value))


def _parser(language: str) -> argparse.ArgumentParser:
    def told(key: str) -> str:
        return phrase(f"label.{key}", language)

    parser = argparse.ArgumentParser(prog="python -m ledger", description=told("description"))
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE|FOLDER", help=told("help_files")
    )
    options = (
        ("--trust", "FILE|FOLDER"),
        ("--policy", "FILE"),
        ("--stamp-roots", "FILE"),
        ("--document", "FILE"),
    )
    for name, what in options:
        parser.add_argument(
            name,
            action="append",
            default=None if name == "--trust" else [],
            required=name == "--trust",
            type=Path,
            metavar=what,
            help=told(f"help_{name.removeprefix('--').replace('-', '_')}"),
        )
    parser.add_argument(
        "--stamped-by", action="append", default=[], metavar="NAME", help=told("help_stamped_by")
    )
    parser.add_argument(
        "--stamped-before", type=moment_ms, metavar="TIME", help=told("help_stamped_before")
    )
    parser.add_argument("--json", action="store_true", help=told("help_json"))
    parser.add_argument("--lang", choices=LANGUAGES, default=language, help=told("help_lang"))
    return parser


def _language_of_process() -> str:
    """Chinese, unless the locale of the process is English."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "en" if (named or "").startswith("en") else "zh"


def _process() -> int:
    """Run as a program: no terminal and no reader that leaves early may cause a trace."""
    forgive()
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end; give it somewhere to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREADABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


if __name__ == "__main__":
    sys.exit(_process())
