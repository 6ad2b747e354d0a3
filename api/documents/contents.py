"""Finds on a node's ledger what the certificate of a record says.

The receipt is verified here like anywhere else; what a certificate calls proved is its verdict.
"""

from collections.abc import Iterator
from typing import Final

from api.client.provenance import TYPES as PROVENANCE_TYPES
from api.clock import now_ms
from api.documents import witnessed
from api.documents.facts import Certificate, Item, Manner, Note, Pair, Row, Said, Section
from api.documents.issuing import Issuer, link_of
from api.documents.particular import is_particular, rows_of, title_of
from api.documents.times import chinese_time, times_of
from api.documents.words import both, said
from api.explorer.names import Names
from api.explorer.record_view import facts_of
from api.explorer.words import named
from api.service import LedgerService
from api.standing import standing_of
from contracts.tables import CERTIFICATE
from ledger.block_store import StoredRecord
from ledger.core.certificate_number import certificate_number
from ledger.core.identifiers import NETWORK_MEMBER, Digest, RecordId
from ledger.core.merkle import leaf_hash
from ledger.core.receipt import Receipt
from ledger.core.record import Evidence, Record
from ledger.errors import LedgerError
from ledger.time_stamps import TimeTrust
from ledger.trust import TrustRoot, trust_root
from ledger.verdict import VerifiedRecord
from ledger.verify import verify_receipt
from ledger.words.moments import beijing_time
from ledger.words.verdict import phrase

SHORT: Final = 16
"""Digits of a digest that a caption names: enough to compare by eye."""
_DOCUMENTS_MAX: Final = 64
_PROVENANCE: Final = frozenset(
    {
        *("source_system", "collector", "method", "tool", "tool_version"),
        *("captured_ms", "custody"),
    }
)
"""Fields that say where evidence came from."""
_COMMAND: Final = "bidwitness verify certificate.pdf --trust trust.json"


def certificate_of(service: LedgerService, record_id: RecordId, issuer: Issuer) -> Certificate:
    """The certificate of a record that the caller may see.

    Raises:
        NotPublic: `api.not_public`.
        StoreError: `record.unknown`, `receipt.pending`.
    """
    stored = service.stored(record_id)
    record = service.viewer.require(service.decoded(stored))
    receipt = service.receipt_of(record_id)
    verdict = _verdict(receipt, trust_root(service.chain.genesis), issuer.times)
    return _Writing(service, stored, record, verdict).certificate(issuer)


def _verdict(receipt: Receipt, trust: TrustRoot, times: TimeTrust | None) -> VerifiedRecord:
    """What is proved. A stamp that the certificates at hand do not bear is not printed."""
    try:
        return verify_receipt(receipt, trust, times=times)
    except LedgerError as problem:
        if times is None or not problem.code.value.startswith("time_stamp."):
            raise
        return verify_receipt(receipt, trust)


class _Writing:
    """One certificate in the making."""

    def __init__(
        self, service: LedgerService, stored: StoredRecord, record: Record, verdict: VerifiedRecord
    ) -> None:
        self._service = service
        self._stored = stored
        self._record = record
        self._verdict = verdict
        self._zh, self._en = Names(service, "zh"), Names(service, "en")

    def certificate(self, issuer: Issuer) -> Certificate:
        """All of it."""
        verdict, genesis = self._verdict, self._service.chain.genesis
        entry_hash = leaf_hash(verdict.receipt.entry)
        own, now = self._record.type == CERTIFICATE, now_ms()
        times = Section(both("section.times"), tuple(times_of(verdict, self._record, self._member)))
        status = Section(both("section.status"), tuple(self._status()))
        sections = [
            Section(both("section.evidence"), tuple(self._evidence())),
            *self._provenance(),
            # Whoever asks for a seal or an address wants to know first how it stands.
            *((status, times) if is_particular(self._record) else (times, status)),
            self._listed() if own else Section(both("section.documents"), tuple(self._documents())),
            Section(both("section.place"), tuple(self._place(entry_hash))),
            Section(both("section.quorum"), tuple(self._quorum())),
            Section(both("section.proved"), tuple(self._proved())),
            Section(both("section.verify"), tuple(_verify())),
        ]
        short = {"record": verdict.record_id.hex()[:SHORT], "entry": entry_hash.hex()[:SHORT]}
        return Certificate(
            title=title_of(self._record),
            number=certificate_number(genesis.domain, verdict.index),
            network=Pair(genesis.name, genesis.domain),
            network_id=genesis.network_id,
            record_id=verdict.record_id,
            entry_hash=entry_hash,
            statement=self._statement(),
            sections=tuple(sections),
            link=link_of(issuer, verdict.record_id, entry_hash),
            link_words=both("closing.scan" if issuer.public_url else "closing.bare", **short),
            issued_by=self._member(self._issued_by()),
            printed_at_ms=now,
            signed=issuer.signer is not None and issuer.signer.valid_at(now),
            receipt=verdict.receipt.encode(),
        )

    def _listed(self) -> Section:
        """The steps that a witness certificate lists."""
        listed = witnessed.listed(self._service, self._record, self._verdict.index)
        return Section(both("section.nodes"), listed)

    def _issued_by(self) -> str:
        """The organisation of this node; an observer's is the one that was admitted."""
        node = self._service.node.status.node_id
        # Also of a node that has left the committee, and goes on issuing what it knows.
        for committee in reversed(self._service.chain.epochs.committees):
            if node in committee:
                return committee.node(node).member_id
        return node

    def _member(self, member: str) -> Pair:
        return Pair(self._zh.member(member), self._en.member(member))

    def _type(self) -> Pair:
        key = self._record.type
        kind = self._service.catalogue.type(key)
        code = f"{kind.code} " if kind and kind.code else ""
        return Pair(code + self._zh.type(key), code + self._en.type(key))

    def _statement(self) -> Pair:
        record, verdict = self._record, self._verdict
        network = self._service.chain.genesis.name
        at_ms = verdict.committed_at_ms
        time = Pair(chinese_time(at_ms), beijing_time(at_ms))
        if record.type == CERTIFICATE:
            return witnessed.statement(self._service, record, network, time)
        key = "statement.derived" if record.issuer == NETWORK_MEMBER else "statement.evidence"
        member, kind = self._member(record.issuer), self._type()
        counts: dict[str, str | int] = {"n": verdict.nodes_count, "network": network}
        counts["k"] = len(verdict.quorum)
        zh = said("zh", key, issuer=member.zh, type=kind.zh, time=time.zh, **counts)
        en = said("en", key, issuer=member.en, type=kind.en, time=time.en, **counts)
        return Pair(zh, en)

    def _evidence(self) -> Iterator[Item]:
        record = self._record
        if record.type == CERTIFICATE:
            yield _row("subject", Said(record.subject))
            yield from witnessed.rows(self._service, record)
            return
        yield _row("type", *_pair(self._type()))
        if record.subject:
            yield _row("subject", Said(record.subject))
        yield _row("issuer", *_pair(self._member(record.issuer)))
        code = self._credit_code()
        if code:
            yield _row("credit_code", Said(code))
        yield from (row for name, row in self._facts() if not self._is_provenance(name))
        if record.private is not None:
            names = record.private.names
            zh_names, en_names = (
                comma.join(named(language, "fields", each) for each in names)
                for language, comma in (("zh", "、"), ("en", ", "))
            )
            zh_told = both("row.private_told", names=zh_names).zh
            yield _row(
                "private", *_pair(Pair(zh_told, both("row.private_told", names=en_names).en))
            )

    def _facts(self) -> Iterator[tuple[str, Row]]:
        """The public fields by name, each as a row."""
        told = zip(
            facts_of(self._service, self._record, self._zh, "zh"),
            facts_of(self._service, self._record, self._en, "en"),
            strict=True,
        )
        for zh, en in told:
            if zh.is_hex:
                said: tuple[Said, ...] = (Said(zh.value, Manner.DIGEST),)
            else:
                said = _pair(Pair(zh.value, en.value))
            yield zh.key, Row(Pair(zh.name, en.name), said)

    def _is_provenance(self, name: str) -> bool:
        return self._record.type in PROVENANCE_TYPES and name in _PROVENANCE

    def _provenance(self) -> Iterator[Section]:
        """Where it came from before it was here, as the depositor says; nothing for most types."""
        rows = [row for name, row in self._facts() if self._is_provenance(name)]
        if rows:
            yield Section(both("section.provenance"), tuple(rows))

    def _credit_code(self) -> str:
        """Of the issuer: a founder's is in the genesis, another's in its enrolment."""
        issuer = self._record.issuer
        for founder in self._service.chain.genesis.members:
            if founder.member_id == issuer:
                return founder.credit_code
        return self._zh.credit_code(issuer)

    def _status(self) -> Iterator[Item]:
        stood = standing_of(self._service, self._verdict.record_id)
        yield _row("standing", *_pair(both(f"standing.{stood.stands}")))
        names = (self._zh, self._en)
        yield from rows_of(self._service, self._record, self._verdict.record_id, names)
        time = beijing_time(stood.time_ms)
        yield _row("stood_at", *_pair(both("row.stood_at_told", height=stood.height, time=time)))
        catalogue, digest = self._service.catalogues.named(self._record.subject)
        version = _pair(both("row.rules_version", version=catalogue))
        yield _row("rules_hash", *version, Said(digest.hex(), Manner.DIGEST))
        rule, number = (self._record.fields.get(name) for name in ("rule", "rule_version"))
        if isinstance(rule, str) and isinstance(number, int):
            yield _row("rule", *_pair(both("row.rule_told", rule=rule, version=number)))

    def _documents(self) -> Iterator[Item]:
        documents = self._record.evidence[:_DOCUMENTS_MAX]
        for number, item in enumerate(documents, 1):
            yield _document(item, f"{number}/{len(documents)}" if len(documents) > 1 else "")
        if not self._record.evidence:
            yield Note(both("row.documents_none"), "–")

    def _place(self, entry_hash: Digest) -> Iterator[Item]:
        verdict, genesis = self._verdict, self._service.chain.genesis
        network = genesis.network_id.hex()
        yield _row("network", Said(genesis.name), Said(network, Manner.DIGEST))
        place = {"height": verdict.height, "index": verdict.index, "size": verdict.tree_size}
        yield _row("place", *_pair(both("row.place_told", **place)))
        yield _row("record_id", Said(verdict.record_id.hex(), Manner.DIGEST))
        yield _row("entry_hash", Said(entry_hash.hex(), Manner.DIGEST))
        yield _row("root", Said(verdict.root.hex(), Manner.DIGEST))

    def _quorum(self) -> Iterator[Item]:
        verdict = self._verdict
        counts = {
            "k": len(verdict.quorum),
            "n": verdict.nodes_count,
            "q": verdict.quorum_needed,
        }
        yield _row("cosigned", *_pair(both("row.cosigned_told", **counts)))
        for each in verdict.quorum:
            member, time = self._member(each.member_id), beijing_time(each.time_ms)
            yield Row(
                Pair(each.node_id, ""),
                (Said(f"{member.zh}　{time}"), Said(member.en, Manner.SMALL)),
            )

    def _proved(self) -> Iterator[Item]:
        yield Note(both("proved.record"), "✓")
        yield Note(both("proved.time"), "✓")
        if self._record.evidence:
            yield Note(both("proved.documents"), "✓")
        for caveat in self._verdict.caveats:
            key = f"caveat.{caveat}"
            yield Note(Pair(phrase(key, "zh"), phrase(key, "en")), "✗")


def _verify() -> Iterator[Item]:
    for number, name in enumerate(("qr", "offline", "document", "paper"), 1):
        yield Note(both(f"verify.{name}"), f"{number}.")
    yield _row("command", Said(_COMMAND, Manner.DIGEST))


def _document(item: Evidence, number: str) -> Row:
    """One document; with its number where there are several."""
    facts = {"media_type": item.media_type, "size": f"{item.size_bytes:,}"}
    said = [
        Said(item.label),
        Said(both("row.document_told", **facts).en, Manner.SMALL),
        Said(f"SHA-256 {item.sha256.hex()}", Manner.DIGEST),
    ]
    if item.sm3 is not None:
        said.append(Said(f"SM3     {item.sm3.hex()}", Manner.DIGEST))
    label = both("row.document")
    return Row(Pair(f"{label.zh} {number}".rstrip(), label.en), tuple(said))


def _row(name: str, *said: Said) -> Row:
    return Row(both(f"row.{name}"), said)


def _pair(words: Pair) -> tuple[Said, ...]:
    """Chinese, and English below it where that says more than the same again."""
    if words.zh == words.en or not words.en:
        return (Said(words.zh),)
    return Said(words.zh), Said(words.en, Manner.SMALL)
