"""What an outsider can check of a node's answers, with the trust root and nothing else."""

from ledger.codes import Code
from ledger.core.checkpoint import Checkpoint, cosigner_keys, parse_checkpoint
from ledger.core.merkle import verify_consistency
from ledger.core.note import parse_note, verify_note
from ledger.errors import StoreError, VerificationError
from ledger.trust import trust_root
from ledger.verify import verify_receipt
from tests.scenarios.stage import Stage
from tests.simulation.node import SimulatedNode
from tests.simulation.town import genesis_of


def receipt(stage: Stage, name: str, node: SimulatedNode) -> str:
    """A bundle's first record with its proof, or why a node has none."""
    assert node.chain is not None
    number, record = stage.names.number(node.name), stage.bundles[name].record_ids[0]
    try:
        verified = verify_receipt(node.chain.receipt(record), trust_root(genesis_of(node.nodes)))
    except StoreError as problem:
        return f"{number}: no receipt of {name}, {stage.clean(str(problem))}"
    signers = stage.names.numbers(each.node_id for each in verified.quorum)
    place = f"entry {verified.index} of a head of {verified.tree_size} leaves"
    return f"{number}: {name} is {place}, cosigned by {signers}; it verifies"


def head(stage: Stage, node: SimulatedNode) -> str:
    """The head that a node answers under."""
    checkpoint, signers = _verified(stage, node)
    return f"{stage.names.number(node.name)}: {checkpoint.size} leaves, cosigned by {signers}"


def continues(stage: Stage, old: SimulatedNode, new: SimulatedNode) -> str:
    """That the log under one node's head begins with that under another's."""
    assert new.chain is not None
    before, _ = _verified(stage, old)
    after, _ = _verified(stage, new)
    path = new.chain.consistency(before.size, after.size)
    verify_consistency(before.size, after.size, path, before.root, after.root)
    numbers = [stage.names.number(node.name) for node in (old, new)]
    return f"the log of {numbers[1]} begins with that of {numbers[0]}: proven"


def _verified(stage: Stage, node: SimulatedNode) -> tuple[Checkpoint, str]:
    """A node's checkpoint and who cosigned it; fewer than q is no head at all."""
    assert node.chain is not None
    genesis = genesis_of(node.nodes)
    note = parse_note(node.chain.checkpoint())
    committee = node.chain.epochs.at_size(parse_checkpoint(note.text).size)
    keys = cosigner_keys(genesis.origin, committee)
    by_key = {key: name for name, key in keys.items()}
    signers = [by_key[each.key] for each in verify_note(note, keys.values())]
    if len(signers) < committee.q:
        raise VerificationError(Code.CERTIFICATE_QUORUM, found=len(signers))
    return parse_checkpoint(note.text), stage.names.numbers(signers)
