"""What a client raises: a refusal with the records at fault, or that something must be waited for.

A refusal comes as a problem document (RFC 9457) of a node, which may lie or be newer than this
software: whatever of it cannot be understood is left out. Spec: ``docs/spec/http.md``.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from ledger.codes import Code
from ledger.core.identifiers import DIGEST_BYTES, NodeId, RecordId, check_name
from ledger.errors import DetailValue, FormatError, LedgerError
from ledger.words import LANGUAGES, sentence

FAULTS_MAX: Final = 100
WORDS_MAX: Final = 2_000
"""Characters of a sentence that a node gives."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CODES: Final = {code.value: code for code in Code}
_TAKEN: Final = frozenset({"self", "code", "faults"})


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One record of a refused bundle, and what is wrong with it, as the node says."""

    index: int
    """In the bundle, from 0."""
    record_id: RecordId
    code: str
    """Value of a `Code`; a newer node may have one that is unknown here."""
    zh: str
    """What happened, and what to do next."""
    en: str
    facts: Mapping[str, DetailValue]
    """What the sentences were filled with."""

    def __str__(self) -> str:
        return f"[{self.index}] {self.code}: {self.en}"


class _Told(LedgerError):  # noqa: N818 - never raised itself
    """An error that says in words what to do next."""

    def sentence(self, language: str = "en") -> str:
        """What happened, and what to do next, in ``zh`` or ``en``."""
        return sentence(self.code, self.detail, language)

    def __str__(self) -> str:
        return f"{self.code.value}: {self.sentence()}"


class ClientError(_Told):
    """A node refused, with its code; or no node could be asked."""

    def __init__(
        self, code: Code, *, faults: tuple[RecordFault, ...] = (), **detail: DetailValue
    ) -> None:
        super().__init__(code, **detail)
        self.faults = faults
        """The records at fault, ascending; empty where the bundle itself is, or nothing is."""

    def __str__(self) -> str:
        return "\n  ".join([super().__str__(), *map(str, self.faults)])


class Pending(_Told):
    """Not refused, and not provable yet: ask again. Nothing is lost."""


def explain(problem: LedgerError) -> None:
    """Have a traceback say what happened and what to do next, where the error does not by itself.

    What the ledger's own verifier raises knows no words: it is pure.
    """
    if not isinstance(problem, _Told) and not hasattr(problem, "__notes__"):
        for language in LANGUAGES:
            problem.add_note(sentence(problem.code, problem.detail, language))


def problem_of(answer: httpx.Response, node: str) -> ClientError:
    """The problem document of an answer as an exception with the node's code."""
    try:
        body = json_of(answer)
    except ClientError as unreadable:
        return unreadable
    code = str(body.get("code")) if isinstance(body, dict) else ""
    if code not in _CODES:
        what = f"HTTP {answer.status_code}"
        if isinstance(body, dict) and (said := _words(body.get("detail"))):
            # Of a newer node: its words say more than that they are unknown here.
            what = f"{what} {code}: {said}"[:300]
        return ClientError(Code.API_ANSWER, node=node, what=what)
    return ClientError(_CODES[code], faults=_faults_of(body), **facts_of(body))


def facts_of(body: Mapping[str, Any]) -> dict[str, DetailValue]:
    """What fills a problem's sentence; whatever cannot be that is left out."""
    facts = body.get("facts")
    if not isinstance(facts, dict):
        return {}
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, str | int)
        and name not in _TAKEN
        # A half of a surrogate pair is JSON, and in no text that can be shown or sent on.
        and not _SURROGATE.search(f"{name}{value}")
    }


def node_named(told: object, asked: str) -> NodeId:
    """Which node it is that gave an answer of ``/v1/network``.

    Args:
        told: the answer as JSON.
        asked: whom, for the sentence.

    Raises:
        ClientError: `api.answer`.
    """
    named = told.get("this_node") if isinstance(told, dict) else None
    try:
        return NodeId(check_name(named if isinstance(named, str) else "", "this_node"))
    except FormatError as problem:
        raise ClientError(Code.API_ANSWER, node=asked, what="this_node") from problem


def json_of(answer: httpx.Response) -> Any:
    """The JSON body of an answer.

    Raises:
        ClientError: `api.answer` where it is not JSON.
    """
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError) as problem:
        node, what = str(answer.request.url), f"HTTP {answer.status_code}, not JSON"
        raise ClientError(Code.API_ANSWER, node=node, what=what) from problem


def _faults_of(body: Mapping[str, Any]) -> tuple[RecordFault, ...]:
    """The records at fault, as far as they are told in a form that can be understood."""
    told = body.get("records")
    if not isinstance(told, list):
        return ()
    found = [_fault(each) for each in told[:FAULTS_MAX] if isinstance(each, dict)]
    return tuple(each for each in found if each is not None)


def _fault(told: Mapping[str, Any]) -> RecordFault | None:
    index, spelt, code = told.get("index"), told.get("record_id"), told.get("code")
    if type(index) is not int or index < 0 or not isinstance(code, str):
        return None
    try:
        record_id = bytes.fromhex(str(spelt))
    except ValueError:
        return None
    if len(record_id) != DIGEST_BYTES:
        return None
    return RecordFault(
        index=index,
        record_id=RecordId(record_id),
        code=code[:100],
        zh=_words(told.get("detail_zh")),
        en=_words(told.get("detail")),
        facts=facts_of(told),
    )


def _words(said: object) -> str:
    return _SURROGATE.sub("?", said)[:WORDS_MAX] if isinstance(said, str) else ""
