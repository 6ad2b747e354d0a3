"""The rules that data cannot say, by the name a type's ``rules`` gives them.

Each is a module with `judge` (a refusal or None; asks, never writes) and `apply` (writes, once the
record takes effect). A rule that has been in force is never edited: a changed one is added under a
new name, so that old blocks are judged by old law.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from contracts.case import Case
from contracts.rules import (
    address_certificate,
    address_lookup,
    address_owner,
    address_registration,
    address_sources,
    address_supervision,
    adoption,
    amendment,
    bidding,
    ca_binding,
    calendar,
    certificate,
    claims,
    clock_report,
    committee_change,
    content_rehash,
    delegation,
    disputes,
    drawing,
    encryption,
    eseal,
    eseal_grants,
    eseal_status,
    eseal_use,
    evaluation,
    keys,
    keys_destroyed,
    membership,
    misconduct,
    naming,
    negative_list,
    procedure,
    refunds,
    roles,
    rule_version,
    sealing,
    trading,
    voiding,
)
from ledger.errors import Rejected


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in Python."""

    judge: Callable[[Case], Rejected | None]
    """What is refused; None where nothing is."""
    apply: Callable[[Case], None]
    """What taking effect writes."""


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "address_lookup": Rule(address_lookup.judge, address_lookup.apply),
        "address_match": Rule(address_sources.judge_match, address_sources.apply_nothing),
        "address_registration": Rule(
            address_registration.judge_registered, address_registration.apply_registered
        ),
        "address_snapshot": Rule(address_sources.judge_snapshot, address_sources.apply_nothing),
        "adoption": Rule(adoption.judge, adoption.apply),
        "amendment": Rule(amendment.judge, amendment.apply),
        "auction_opened": Rule(trading.judge_opened, claims.apply_nothing),
        "bid": Rule(bidding.judge_bid, bidding.apply_bid),
        "bid_set": Rule(bidding.judge_set, bidding.apply_set),
        "ca_binding": Rule(ca_binding.judge, ca_binding.apply),
        "calendar": Rule(calendar.judge, calendar.apply),
        "case_receiver": Rule(claims.judge_receiver, claims.apply_nothing),
        "certificate": Rule(certificate.judge, certificate.apply),
        "certificate_called": Rule(
            address_registration.judge_called, address_registration.apply_called
        ),
        "certificate_revoked": Rule(
            address_certificate.judge_revoked, address_certificate.apply_revoked
        ),
        "clock_report": Rule(clock_report.judge, clock_report.apply),
        "commitment": Rule(sealing.judge_commitment, sealing.apply_commitment),
        "clarified": Rule(claims.judge_clarified, claims.apply_nothing),
        "clue": Rule(claims.judge_clue, claims.apply_nothing),
        "chair": Rule(evaluation.judge_chair, evaluation.apply_nothing),
        "committee_change": Rule(committee_change.judge_change, committee_change.apply_change),
        "committee_proposed": Rule(
            committee_change.judge_proposed, committee_change.apply_proposed
        ),
        "committee": Rule(evaluation.judge_formed, evaluation.apply_formed),
        "content_rehash": Rule(content_rehash.judge, content_rehash.apply),
        "credit_appeal": Rule(address_supervision.judge_appeal, address_supervision.apply_nothing),
        "credit_appeal_decision": Rule(
            address_supervision.judge_appeal_decision, address_supervision.apply_appeal_decision
        ),
        "delegation": Rule(delegation.judge, delegation.apply),
        "dispute": Rule(disputes.judge, disputes.apply),
        "draw_places": Rule(address_supervision.judge_nothing, address_supervision.apply_places),
        "draw_pool": Rule(address_supervision.judge_nothing, address_supervision.apply_pool),
        "draw_request": Rule(drawing.judge_request, drawing.apply_request),
        "draw_result": Rule(drawing.judge_drawn, drawing.apply_drawn),
        "draw_seed": Rule(drawing.judge_commitment, drawing.apply_commitment),
        "draw_seed_revealed": Rule(drawing.judge_reveal, drawing.apply_reveal),
        "encryption_key": Rule(encryption.judge, encryption.apply),
        "false_commitment": Rule(
            address_supervision.judge_false_commitment, address_supervision.apply_false_commitment
        ),
        "inspection": Rule(
            address_supervision.judge_inspection, address_supervision.apply_inspection
        ),
        "keys": Rule(keys.judge, keys.apply),
        "keys_destroyed": Rule(keys_destroyed.judge, keys_destroyed.apply),
        "listing_decision": Rule(
            address_supervision.judge_listing_decision, address_supervision.apply_nothing
        ),
        "membership": Rule(membership.judge, membership.apply),
        "misconduct": Rule(misconduct.judge, misconduct.apply),
        "named_members": Rule(naming.judge, naming.apply),
        "negative_list": Rule(negative_list.judge_change, negative_list.apply_change),
        "negative_list_check": Rule(negative_list.judge_check, negative_list.apply_nothing),
        "notice_receipt": Rule(
            address_registration.judge_receipt, address_registration.apply_nothing
        ),
        "objection_decision": Rule(
            address_supervision.judge_nothing, address_supervision.apply_decision
        ),
        "opening": Rule(sealing.judge_opening, sealing.apply_opening),
        "opening_started": Rule(bidding.judge_start, bidding.apply_start),
        "owner_notice": Rule(
            address_registration.judge_owner_notice, address_registration.apply_notice
        ),
        "owner_objection": Rule(address_owner.judge_objection, address_owner.apply_objection),
        "owner_word": Rule(address_owner.judge_word, address_owner.apply_word),
        "pairs_of_bids": Rule(claims.judge_pairs, claims.apply_nothing),
        "panel_member": Rule(evaluation.judge_member, evaluation.apply_nothing),
        "price_bid": Rule(trading.judge_price, trading.apply_price),
        "procedure": Rule(procedure.judge, procedure.apply),
        "property_certificate": Rule(
            address_certificate.judge_property, address_certificate.apply_property
        ),
        "refund": Rule(refunds.judge_refund, claims.apply_nothing),
        "property_shared": Rule(address_sources.judge_shared, address_sources.apply_shared),
        "refund_after_contract": Rule(refunds.judge, refunds.apply_contract),
        "refund_after_result": Rule(refunds.judge, refunds.apply_published),
        "report": Rule(evaluation.judge_report, evaluation.apply_nothing),
        "roles": Rule(roles.judge, roles.apply),
        "rule_version": Rule(rule_version.judge, rule_version.apply),
        "score": Rule(evaluation.judge_score, evaluation.apply_score),
        "score_revision": Rule(evaluation.judge_revision, evaluation.apply_revision),
        "seal_application": Rule(eseal.judge_application, eseal.apply_application),
        "seal_approval": Rule(eseal.judge_approval, eseal.apply_step),
        "seal_authorisation": Rule(
            eseal_grants.judge_authorisation, eseal_grants.apply_authorisation
        ),
        "seal_batch_permission": Rule(eseal_grants.judge_permission, eseal_grants.apply_permission),
        "seal_batch_use": Rule(eseal_use.judge, eseal_use.apply_batch),
        "seal_check": Rule(eseal.judge_step, eseal.apply_step),
        "seal_connection": Rule(eseal_grants.judge_connection, eseal_grants.apply_connection),
        "seal_filing": Rule(eseal.judge_step, eseal.apply_step),
        "seal_made": Rule(eseal.judge_made, eseal.apply_made),
        "seal_published": Rule(eseal.judge_nothing, eseal.apply_published),
        "seal_reissue": Rule(eseal_status.judge_reissue, eseal.apply_nothing),
        "seal_resumption": Rule(eseal_status.judge_change, eseal_status.apply_change),
        "seal_revocation": Rule(eseal_status.judge_change, eseal_status.apply_change),
        "seal_suspension": Rule(eseal_status.judge_suspension, eseal_status.apply_change),
        "seal_test": Rule(eseal_grants.judge_test, eseal.apply_nothing),
        "seal_use": Rule(eseal_use.judge, eseal_use.apply),
        "seal_verification": Rule(eseal_use.judge_verification, eseal.apply_nothing),
        "seal_violation": Rule(eseal_grants.judge_violation, eseal.apply_nothing),
        "seal_withdrawal": Rule(eseal_grants.judge_withdrawal, eseal_grants.apply_withdrawal),
        "span": Rule(claims.judge_span, claims.apply_nothing),
        "standard_address": Rule(address_sources.judge_standard, address_sources.apply_standard),
        "supervisor_notice": Rule(
            address_registration.judge_supervisor_notice, address_registration.apply_notice
        ),
        "use_certificate": Rule(address_certificate.judge_use, address_certificate.apply_use),
        "verified": Rule(claims.judge_verified, claims.apply_nothing),
        "voiding": Rule(voiding.judge, voiding.apply),
        "withdrawal": Rule(bidding.judge_withdrawal, bidding.apply_withdrawal),
    }
)
