"""Proven misconduct for readers: whose key, what it signed twice, and what that does not show."""

from collections.abc import Iterator

from ledger.culprit import Culprit, Told
from ledger.terminal import printable
from ledger.trust import TrustRoot
from ledger.words.verdict import phrase


def culprit_lines(culprit: Culprit, trust: TrustRoot, language: str) -> Iterator[str]:
    """Whom evidence names.

    Yields:
        Lines without newline.
    """

    def say(key: str, **detail: str | int) -> str:
        return phrase(f"misconduct.{key}", language, **detail)

    member = printable(trust.member_name(culprit.member_id, language))
    yield f"  {say('proven')}"
    yield f"     {say('culprit')}: {say('culprit_value', node=culprit.node_id, member=member)}"
    yield f"     {say('key')}: {culprit.key.hex()}"
    yield f"     {say('kind')}: {say(f'kinds.{culprit.kind}')}"
    for key, told in (("first", culprit.first), ("second", culprit.second)):
        yield f"     {say(key)}: {_told(told, language)}"
    yield f"     {say('epoch')}: {culprit.epoch}"
    yield f"     {phrase('label.not_proved', language)}"
    for key in ("intent", "others"):
        yield f"       - {say(key)}"


def _told(told: Told, language: str) -> str:
    named = phrase("misconduct.nothing", language) if told.named is None else told.named.hex()
    detail = {"height": told.height, "view": told.view, "size": told.size, "named": named}
    facts = {name: each for name, each in detail.items() if each is not None}
    return phrase(f"misconduct.words.{told.word}", language, **facts)
