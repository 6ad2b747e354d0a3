"""The policy of a network for the heads of one epoch, as a file that says which heads these are.

A policy lists keys and knows no epochs: after a committee change its readers need another one.
Spec: ``docs/spec/policy.md``.
"""

from collections.abc import Sequence
from typing import Final

from ledger.codes import Code
from ledger.core.checkpoint import parse_checkpoint
from ledger.core.committee import Committee
from ledger.core.epochs import Epochs
from ledger.core.identifiers import NodeId
from ledger.core.note import parse_note
from ledger.core.policy import Policy, committee_policy
from ledger.core.receipt import Receipt
from ledger.errors import FormatError

POLICY: Final = "policy.txt"


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


def bundle_policies(
    epochs: Epochs, receipts: Sequence[Receipt], origin: str, node: NodeId
) -> dict[str, bytes]:
    """The policies for the heads of receipts whose proofs a node signed now, by their file names.

    Args:
        epochs: of the network, up to those heads at least.
        receipts: at least one.
        origin: of the network's log.
        node: under whose present log key the proofs are.

    Returns:
        `POLICY` for the newest head, and one for each other epoch; nothing where the node is none
        of the present committee: its log key proves nothing.
    """
    if node not in epochs.newest:
        return {}
    texts = (parse_note(each.checkpoint.encode()).text for each in receipts)
    sizes = sorted({parse_checkpoint(text).size for text in texts}, reverse=True)
    signed_by = epochs.newest.node(node).log_key
    found: dict[int, bytes] = {}
    for committee in map(epochs.at_size, sizes):
        policy = committee_policy(origin, committee, node, signed_by)
        found.setdefault(committee.epoch, policy_file(policy, epochs, committee))
    newest = next(iter(found))
    return {
        POLICY if epoch == newest else f"policy-{epoch}.txt": file for epoch, file in found.items()
    }


def epoch_policy(epochs: Epochs, committee: Committee, origin: str, log: NodeId) -> bytes:
    """The file of the policy of `committee`, with the log key of its node `log`."""
    return policy_file(committee_policy(origin, committee, log), epochs, committee)
