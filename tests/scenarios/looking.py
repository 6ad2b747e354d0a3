"""What a script can ask of a network, in words; `agree` is where every checker is put to it."""

from consensus.events import Event
from consensus.fates import Committed
from consensus.status import NodeStatus
from ledger.core.acknowledgement import Acknowledgement
from ledger.core.block import decode_header_of_block
from ledger.core.identifiers import HeaderHash, Height, RecordId
from ledger.core.payload import rebuild
from ledger.errors import Rejected, StoreError
from tests.scenarios.stage import Stage
from tests.simulation.checkers import check_chain, check_fault, check_receipts, require
from tests.simulation.node import SimulatedNode

_DULL = frozenset({"pool.restored", "block.committed"})


def height_of(node: SimulatedNode) -> int:
    return node.chain.head.height if node.chain is not None else 0


def view_of(node: SimulatedNode) -> int:
    return node.driver.status.situation.view if node.driver is not None else 0


def show(stage: Stage, node: SimulatedNode) -> str:
    """Where a node stands, in one line."""
    number = stage.names.number(node.name)
    if node.name in stage.puppets:
        return f"{number}: puppet"
    if node.driver is None:
        return f"{number}: down"
    status = node.driver.status
    at = status.situation
    head = f" {stage.names.block(status.head.header_hash)}" if status.head.height else ""
    facts = [
        f"height {status.head.height}{head}",
        f"epoch {status.committee.epoch}" if status.committee.epoch else "",
        f"cosigned {status.cosigned_height}",
        f"view {at.view}" if at.active else f"asks for view {at.view}",
        f"{status.waiting_count} waiting",
        "" if at.prepared is None else f"prepared {stage.names.block(at.prepared)}",
        "" if at.certified <= status.head.height else f"catches up to {at.certified}",
        "" if at.clock_trusted else "does not trust its clock",
        "muted" if at.muted else "",
        "abstains" if status.abstains else "",
        f"restored, silent until {status.restored_until}" if status.restored else "",
        _seat(node, status),
    ]
    return f"{number}: {', '.join(fact for fact in facts if fact)}"


def _seat(node: SimulatedNode, status: NodeStatus) -> str:
    """What a node without a place in the committee is there for."""
    assert node.chain is not None
    epochs = node.chain.epochs
    if node.name in status.committee:
        return ""
    if all(node.name not in committee for committee in epochs.committees):
        return "has no seat yet"
    closing = node.chain.blocks.height_of_size(epochs.ended_at[-1]) or Height(0)
    return "left, may go" if status.succeeded(closing, seated=False) else "left, serves"


def answered(answer: object) -> str:
    """What a node said to a submission."""
    match answer:
        case Acknowledgement():
            return "acknowledged"
        case Committed(height):
            return f"on the ledger since height {height}"
        case Rejected(code, _):
            return f"refused, {code.value}"
    return "no answer"


def block(stage: Stage, name: str) -> str:
    """Who made a block, where it stands, and what is in it."""
    known = stage.heard.block(name)
    header = known.header
    entered = {bundle.bundle_id for bundle in rebuild(header, known.payload)}
    inside = [word for word, each in stage.bundles.items() if each.bundle_id in entered]
    maker = stage.names.number(header.proposer)
    return f"{name}: h{header.height} by {maker}, holds {' '.join(inside)}"


def events(stage: Stage, nodes: list[SimulatedNode], wanted: list[str]) -> list[str]:
    """What drivers logged since the last time, the same line counted."""
    counted: dict[str, int] = {}
    for node in nodes:
        for event in stage.events.pop(node.name, []):
            if event.name in wanted if wanted else event.name not in _DULL:
                facts = _facts(stage, event)
                line = f"{stage.names.number(node.name)}: {event.name} {facts}"
                counted[line] = counted.get(line, 0) + 1
    return [line if count == 1 else f"{line} ({count} times)" for line, count in counted.items()]


def _facts(stage: Stage, event: Event) -> str:
    """What an event says, without what is nothing but a hash or a signature."""
    said = {key: stage.clean(str(value)) for key, value in event.facts.items()}
    return " ".join(f"{key}={value}" for key, value in said.items() if not value.startswith("…"))


def agree(stage: Stage) -> list[str]:
    """Put every checker to the network.

    Raises:
        Broken: the chains differ, a block judges invalid, a record is lost or entered twice, a
            receipt does not verify, or an honest node is accused.
    """
    up = stage.up()
    longest = max(up, key=height_of)
    chain = _hashes(longest)
    for node in up:
        require(_hashes(node) == chain[: height_of(node)], f"{node.name} has another chain")
    entered = check_chain(longest, ())
    names = " ".join(stage.names.block(each) for each in chain)
    numbers = stage.names.numbers(node.name for node in up)
    lines = [f"{numbers} agree on {names or 'nothing yet'}"]
    lines.append(_records(stage, entered))
    for node in up:
        proven = [each for each in entered if _has_receipt(node, each)]
        check_receipts(node, proven)
    proven_count = len([each for each in entered if _has_receipt(longest, each)])
    lines.append(f"{proven_count} of {len(entered)} receipts are there and verify")
    lines.append(_accused(stage))
    return lines


def _hashes(node: SimulatedNode) -> list[HeaderHash]:
    assert node.executor is not None
    found: list[HeaderHash] = []
    while len(found) < node.executor.head.height:
        served = node.executor.serve(Height(len(found) + 1), 1 << 24)
        found += [decode_header_of_block(header).hash() for header, _, _ in served]
    return found


def _records(stage: Stage, entered: list[RecordId]) -> str:
    """Which bundles entered; one that was acknowledged has, or waits where it was handed in."""
    inside = set(entered)
    for node, bundle in stage.promised:
        waits = node.driver is None or node.driver._desk.pool.get(bundle.pool_key) is not None
        require(waits or set(bundle.record_ids) <= inside, f"{node.name} lost what it acknowledged")
    on = [word for word, each in stage.bundles.items() if set(each.record_ids) <= inside]
    off = [word for word in stage.bundles if word not in on]
    left = f", not entered: {' '.join(off)}" if off else ""
    return f"entered once each: {' '.join(on) or 'nothing'}{left}"


def _has_receipt(node: SimulatedNode, record: RecordId) -> bool:
    assert node.chain is not None
    try:
        node.chain.receipt(record)
    except StoreError:
        return False
    return True


def _accused(stage: Stage) -> str:
    """Whom the evidence names; each piece must hold, and none may name an honest node."""
    found: dict[str, None] = {}
    for node in stage.up():
        assert node.driver is not None
        for fault in node.driver.faults:
            check_fault(node, fault)
            require(fault.node in stage.puppets, f"{fault!r}: an honest node is accused")
            found[f"{stage.names.number(fault.node)} of {fault.kind.value}"] = None
    return f"accused: {', '.join(sorted(found)) or 'nobody'}"
