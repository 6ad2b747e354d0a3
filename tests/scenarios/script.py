"""A script as text: comments, commands, and after ``----`` what each command gave.

`play` gives the whole text anew, so that a golden that changed for a good reason is written again by
one command. What a command means is in `commands`; a wrong one is named with its line.
"""

from tests.scenarios.commands import Commands

RULE = "----"


class WrongScript(Exception):
    """A command that means nothing here, or a network that did not hold."""


def play(text: str) -> str:
    """The script with everything that its commands give now.

    Raises:
        WrongScript: with the number of the line and what is wrong with it.
    """
    commands = Commands()
    written: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith((RULE, "  ")):
            continue
        written.append(line)
        if line.startswith("#") or not line.strip():
            continue
        try:
            given = commands.do(line)
        except Exception as problem:
            known = isinstance(problem, ValueError | AssertionError)
            what = problem if known else f"{type(problem).__name__}: {problem}"
            raise WrongScript(f"line {number}: {line}: {what}") from problem
        if given:
            written += [RULE, *(f"  {each}" for each in given)]
    return "\n".join(written) + "\n"
