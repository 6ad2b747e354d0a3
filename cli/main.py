"""The entry of `bidwitness`: its commands, and where a failure becomes an exit code."""

import sys

from cli import help_frame
from cli.command_table import bidwitness
from cli.failures import Exit
from cli.output import Output, exit_code
from cli.words import say
from ledger.codes import Code
from ledger.errors import InvariantBroken, LedgerError
from ledger.terminal import forgive

help_frame.speak()
app = bidwitness()


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
