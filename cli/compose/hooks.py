"""The webhooks of a node, put together from its settings."""

from secrets import randbelow

from api.clock import now_ms
from api.outbound.attempts import Attempts, RetryRule
from api.outbound.hook import Hook
from api.outbound.hook_delivery import ANSWER_BYTES_MAX
from api.outbound.hook_file import HookFile
from api.outbound.hook_target import HookTarget
from api.outbound.hooks import Hooks
from api.outbound.post import JSON, HttpPost
from cli.settings import ObserverSettings, Settings
from ledger.core.identifiers import NetworkId, NodeId


def open_hooks(
    settings: Settings | ObserverSettings, network_id: NetworkId, node_id: NodeId
) -> Hooks:
    """The lines to the receivers that the settings name.

    Args:
        settings: of a node, or of an observer.
        network_id: of its ledger.
        node_id: under which it is asked.

    Raises:
        FormatError: `tls.file` for a certificate.
    """

    def line(target: HookTarget) -> Hook:
        post = HttpPost(
            target.url,
            target.certificate,
            media_type=JSON,
            answer_bytes_max=ANSWER_BYTES_MAX,
            private=target.private,
        )
        file = HookFile(settings.webhooks_folder, target.name)
        attempts = Attempts(RetryRule(), lambda most: randbelow(most + 1))
        return Hook(target, (network_id, node_id), file, post, attempts, now_ms)

    return Hooks([line(each) for each in settings.webhooks])
