"""The policy of a network for the heads of one epoch, as a file that says which heads these are.

A policy lists keys and knows no epochs: after a committee change its readers need another one.
Spec: ``docs/spec/policy.md``.
"""

from collections.abc import Sequence

from ledger.codes import Code
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.epochs import Epochs
from ledger.core.identifiers import NodeId
from ledger.core.note import parse_note
from ledger.core.policy import Policy, committee_policy
from ledger.core.receipt import Receipt
from ledger.errors import FormatError


def committee_of_epoch(epochs: Epochs, epoch: int | None) -> Committee:
    """The committee of an epoch; None for the last that is known.

    Raises:
        FormatError: `trust.epoch` for one that is not known.
    """
    found = epochs.newest if epoch is None else epochs.get(epoch)
    if found is None:
        raise FormatError(Code.TRUST_EPOCH, epoch=str(epoch), known=epochs.newest.epoch)
    return found


def policy_file(policy: Policy, epochs: Epochs, committee: Committee) -> bytes:
    """A policy that asks for a committee's quorum, with a comment above that says of which heads.

    Args:
        policy: such as of `committee_policy`.
        epochs: of the network, as far as they are known.
        committee: one of them.
    """
    place = committee.epoch - epochs.committees[0].epoch
    least = epochs.ended_at[place - 1] + 1 if place else 0
    heads = f"heads of {least} leaves and more"
    if place < len(epochs.ended_at):
        heads = f"heads of {least} to {epochs.ended_at[place]} leaves"
    return f"# Committee of epoch {committee.epoch}: {heads}\n".encode() + policy.format()


def bundle_policy(epochs: Epochs, receipts: Sequence[Receipt], origin: str, node: NodeId) -> bytes:
    """The file of the policy for the newest head among receipts whose proofs a node signed now.

    Args:
        epochs: of the network, up to those heads at least.
        receipts: at least one.
        origin: of the network's log.
        node: under whose present log key the proofs are.

    Returns:
        Nothing where the node is none of the present committee: its log key proves nothing.
    """
    if node not in epochs.newest:
        return b""
    texts = (parse_note(each.checkpoint.encode()).text for each in receipts)
    committee = epochs.at_size(max(parse_checkpoint(text).size for text in texts))
    signed_by = epochs.newest.node(node).log_key
    policy = committee_policy(origin, committee, node, signed_by)
    return policy_file(policy, epochs, committee)


def epoch_policy(epochs: Epochs, committee: Committee, origin: str, log: NodeId) -> bytes:
    """The file of the policy of `committee`, with the log key of its node `log`."""
    return policy_file(committee_policy(origin, committee, log), epochs, committee)
