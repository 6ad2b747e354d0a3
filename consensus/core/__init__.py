"""The protocol itself: pure, synchronous, fed with time, one `Ready` out for each input.

The whole loop of a node, as its driver runs it::

    ready = replica.start(now_ms)              # restart: last words of the open height again
    while True:
        write_and_fsync(ready.persist)         # before anything else in this Ready
        transport.send(ready.send)             # only what is durable leaves the node
        if ready.deliver:                      # one durable batch, idempotent by height
            application.commit(*ready.deliver)
            ready = replica.delivered(application.head, application.committee, now_ms)
            continue
        ...                                    # validate, propose, serve: see `ready.Ready`
        ready = replica.receive(...) or replica.tick(...)    # whichever comes first

Who owns what: `messages` the words, `promises` what may no longer be signed, `votes` the counting,
`instance` one height, `agreement` and `view_change` the two ways it moves, `pacemaker` when it must
move, `catch_up` how a node that was away comes back, `early_messages` what came too soon, `fault`
what two signatures of one key prove, `replica` the door. Nothing here reads a clock, draws a random
number, opens a socket or a file, or logs.
"""
