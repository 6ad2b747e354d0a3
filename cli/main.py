"""The entry of `bidwitness`: its commands, and where a failure becomes an exit code."""

import sys

import typer

from cli import help_frame
from cli.commands import (
    address,
    bidding,
    bundling,
    catalogue,
    certificate,
    court_code,
    coverage,
    demo,
    depositing,
    diagnose,
    disclosing,
    drawing,
    keys,
    log,
    misconduct,
    network,
    node,
    observer,
    ocds,
    project,
    projector,
    reading,
    seal,
    signer,
    supervising,
    tracing,
    verifying,
    watching,
    webhook,
    witness,
    writing,
)
from cli.failures import Exit
from cli.output import Output, exit_code
from cli.words import say
from ledger.codes import Code
from ledger.errors import InvariantBroken, LedgerError
from ledger.terminal import forgive

help_frame.speak()
app = typer.Typer(
    name="bidwitness",
    help=say("help.app"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _part in (
    *(network, node, observer, projector, keys, writing, ocds, reading, diagnose, project),
    *(coverage, certificate, bundling, court_code, tracing, watching, misconduct, seal),
    *(log, witness, bidding, supervising, verifying, disclosing, depositing),
    *(address, drawing, catalogue, demo, signer, webhook),
):
    _part.register(app)


def main() -> None:
    """Run one command and exit with its code."""
    forgive()
    output = Output(as_json="--json" in sys.argv)
    try:
        app()
    except LedgerError as problem:
        output.failure(problem)
        sys.exit(exit_code(problem))
    except InvariantBroken as broken:
        # The trace is in the node's log; here is who reads a terminal.
        output.failure(LedgerError(Code.NODE_BROKEN, reason=str(broken)))
        sys.exit(Exit.BROKEN)
    except KeyboardInterrupt:
        output.warn(say("output.interrupted"))
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has left, as `| head` does; there is nobody to tell.
        sys.stderr.close()
        sys.exit(Exit.OK)


if __name__ == "__main__":
    main()
