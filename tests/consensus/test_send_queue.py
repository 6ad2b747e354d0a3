"""The queue to one peer never grows without bound, and votes do not wait behind bundles."""

from consensus.send_queue import SendQueue
from consensus.wire import Kind


def frame(kind: Kind, number: int, size: int = 10) -> bytes:
    return bytes((kind,)) + number.to_bytes(4) + bytes(size)


def drained(queue: SendQueue) -> list[bytes]:
    taken = []
    while (each := queue.take()) is not None:
        taken.append(each)
    return taken


def test_votes_go_before_bundles_and_each_class_keeps_its_order() -> None:
    queue = SendQueue()
    bundles = [frame(Kind.BUNDLE, number) for number in range(3)]
    votes = [frame(Kind.MESSAGE, number) for number in range(3)]
    for each in (*bundles, *votes):
        queue.put(each)
    assert drained(queue) == votes + bundles


def test_the_oldest_make_room_by_number() -> None:
    queue = SendQueue(frames_max=4)
    for number in range(10):
        queue.put(frame(Kind.MESSAGE, number))
    assert queue.dropped_count == 6
    assert drained(queue) == [frame(Kind.MESSAGE, number) for number in range(6, 10)]


def test_the_oldest_make_room_by_bytes_and_one_frame_always_fits() -> None:
    queue = SendQueue(bytes_max=100)
    for number in range(5):
        queue.put(frame(Kind.MESSAGE, number, 40))
    assert drained(queue) == [frame(Kind.MESSAGE, number, 40) for number in (3, 4)]
    queue.put(frame(Kind.MESSAGE, 9, 1000))
    assert drained(queue) == [frame(Kind.MESSAGE, 9, 1000)]


def test_a_cleared_queue_counts_from_nothing() -> None:
    queue = SendQueue(bytes_max=100)
    queue.put(frame(Kind.MESSAGE, 1, 80))
    queue.clear()
    assert len(queue) == 0
    queue.put(frame(Kind.MESSAGE, 2, 80))
    assert queue.dropped_count == 0
