"""What a node sends out by itself, put together from its settings."""

from secrets import randbelow

from api.clock import now_ms
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.outbound import Outbound
from api.outbound.post import STAMP_QUERY, HttpPost
from api.outbound.stamp_answer import ANSWER_BYTES_MAX as STAMP_ANSWER_BYTES_MAX
from api.outbound.target import WitnessTarget
from api.outbound.time_stamp import TimeAuthority
from api.outbound.time_target import TimeTarget
from api.outbound.witness import OutsideWitness
from api.published import Published
from cli.failures import CommandError, Exit
from cli.settings import NODE_FILE, OBSERVER_FILE, ObserverSettings, Settings
from ledger.chain import Chain
from ledger.codes import Code
from ledger.core.committee import Committee
from ledger.core.signing import Signer


def open_outbound(
    settings: Settings | ObserverSettings, chain: Chain, log_signer: Signer | None
) -> Outbound | None:
    """The lines to a node's witnesses and time stamping authorities; None where it has neither.

    Args:
        settings: of the node, or of an observer.
        chain: keeps what they say.
        log_signer: of its log key; an observer has none.

    Raises:
        CommandError: `settings.invalid` for a key of the committee.
        FormatError: `tls.file` for a certificate.
    """
    if not settings.witnesses and not settings.time_stamps:
        return None
    _check_outside(settings, chain.committee)
    keys = tuple(each.key for each in settings.witnesses)
    published = Published(chain, log_signer, keys)
    witnesses = [_witness(each, chain, published) for each in settings.witnesses]
    authorities = [_authority(each, chain) for each in settings.time_stamps]
    return Outbound(chain, published, witnesses, now_ms, authorities)


def _witness(target: WitnessTarget, chain: Chain, published: Published) -> OutsideWitness:
    post = HttpPost(f"{target.url}/add-checkpoint", target.certificate)
    return OutsideWitness(target.key, post, chain, published, _attempts(), now_ms)


def _authority(target: TimeTarget, chain: Chain) -> TimeAuthority:
    post = HttpPost(
        target.url,
        target.certificate,
        media_type=STAMP_QUERY,
        answer_bytes_max=STAMP_ANSWER_BYTES_MAX,
    )
    return TimeAuthority(target, post, chain, _attempts(), now_ms)


def _attempts() -> Attempts:
    return Attempts(RetryRule(), lambda most: randbelow(most + 1))


def _check_outside(settings: Settings | ObserverSettings, committee: Committee) -> None:
    """The word of a committee's key is no word from outside."""
    inside = {key for node in committee.nodes for key in (node.node_key, node.log_key)}
    for each in settings.witnesses:
        if each.key.public_key in inside:
            file = NODE_FILE if isinstance(settings, Settings) else OBSERVER_FILE
            path, reason = str(settings.folder / file), f"{each.key.name} ∈ committee"
            raise CommandError(
                Exit.USAGE, Code.SETTINGS_INVALID, path=path, key="witnesses", reason=reason
            )
