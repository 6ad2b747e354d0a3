"""``python -m ledger FILE … --trust FILE``: verify evidence offline, with nothing but this package.

Exit status: 0 all files verified, 1 at least one refused, 2 wrong usage or an unreadable file.
Opens no connection and writes nothing but its answer.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from ledger.core.batch import DocumentDigest
from ledger.core.strict_json import JsonValue
from ledger.errors import LedgerError
from ledger.presented import (
    Outcome,
    Presented,
    digest_document,
    judge,
    read_presented,
    read_trust,
)
from ledger.report import outcome_lines, outcome_value, problem_sentence, trust_line
from ledger.trust import TrustRoot
from ledger.words import LANGUAGES
from ledger.words.verdict import phrase

OK: Final = 0
REFUSED: Final = 1
UNREADABLE: Final = 2
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the files that the command line names and print the outcome.

    Args:
        arguments: without the program's name; None for the process's own.

    Returns:
        The exit status.
    """
    asked = _parser(_language_of_process()).parse_args(arguments)
    path = asked.trust
    presented: list[Presented] = []
    documents: list[DocumentDigest] = []
    try:
        trust = read_trust(path)
        for path in asked.files:
            presented.append(read_presented(path))
        for path in asked.document:
            documents.append(digest_document(path))
    except (OSError, LedgerError) as problem:
        return _unreadable(path, problem, asked)
    outcomes = tuple(judge(presented, trust, documents))
    verified = all(each.verdict is not None for each in outcomes)
    if asked.json:
        values = [outcome_value(each, asked.lang) for each in outcomes]
        _print_json({"verified": verified, "results": values})
    else:
        _print_lines(outcomes, trust, asked.lang)
    return OK if verified else REFUSED


def _print_lines(outcomes: Sequence[Outcome], trust: TrustRoot, language: str) -> None:
    print(trust_line(trust, language))
    for each in outcomes:
        print(*outcome_lines(each, trust, language), sep="\n")
    if len(outcomes) > 1:
        total, ok = len(outcomes), sum(each.verdict is not None for each in outcomes)
        print(phrase("label.summary", language, total=total, ok=ok, refused=total - ok))


def _unreadable(path: Path, problem: OSError | LedgerError, asked: argparse.Namespace) -> int:
    """Say which file could not be read, and why."""
    code = "file.unreadable"
    told = str(problem.strerror) if isinstance(problem, OSError) else ""
    if isinstance(problem, LedgerError):
        code, told = problem.code.value, problem_sentence(problem, asked.lang)
    if asked.json:
        told_value: JsonValue = {"file": str(path), "code": code, "sentence": told}
        _print_json({"verified": False, "results": [], "problem": told_value})
    else:
        print(f"{path}: {phrase('label.unreadable', asked.lang)}: {told} [{code}]", file=sys.stderr)
    return UNREADABLE


def _print_json(value: JsonValue) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _parser(language: str) -> argparse.ArgumentParser:
    def told(key: str) -> str:
        return phrase(f"label.{key}", language)

    parser = argparse.ArgumentParser(prog="python -m ledger", description=told("description"))
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=told("help_files"))
    parser.add_argument(
        "--trust", required=True, type=Path, metavar="FILE", help=told("help_trust")
    )
    parser.add_argument(
        "--document",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help=told("help_document"),
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
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
