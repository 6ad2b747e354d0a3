"""Now you: five commands for a second terminal, printed so that the whole block can be pasted.

Captions are shell comments; paths start from the folder that the first line enters.
"""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from rich.markup import escape

from cli.demo.stage import Stage
from cli.output import Output
from cli.words import say

WHO: Final = "tenderer"
"""The member that the reader acts as; its key lies in the demonstration's folder."""
_FILE: Final = "mine.txt"
_STOPPED: Final = 1
"""Place of the node that is stopped: the second."""


def now_you(output: Output, stage: Stage, section: str) -> None:
    """Print the commands; each stands on one line however narrow the terminal is."""
    output.note(f"\n[bold cyan]━━ {escape(say('now.title'))} ━━[/]")
    for line in lines(stage, section):
        if not output.as_json:
            output.out.print(escape(line), soft_wrap=True)


def lines(stage: Stage, section: str) -> list[str]:
    """The block as it is pasted."""
    folder = _short(stage.folder)
    mine, trust = _quoted(folder / _FILE), _quoted(_short(stage.trust_file))
    acting = f"--as {_quoted(_short(stage.network.member_folder(WHO)))}"
    program = _program()
    verify = f"{program} verify {mine} --trust {trust}"
    node = stage.nodes[_STOPPED]
    told = {
        "now.anchor": f"echo {shlex.quote(say('now.text'))} > {mine} "
        f"&& {program} anchor {mine} {acting}",
        "now.verify": verify,
        "now.tamper": f"sed -i 's/1/2/' {mine} && {verify}",
        "now.alerts": f"{program} project {shlex.quote(section)} {acting}",
        "now.stop": f"kill {node.pid} && sleep 3 && {program} status {acting}",
    }
    block = [f"cd {_quoted(Path.cwd())}"]
    for number, (caption, command) in enumerate(told.items(), 1):
        block += [f"# {number}. {say(caption, node=node.node_id)}", command]
    return block


def _program() -> str:
    """This program as a second terminal finds it."""
    if shutil.which("bidwitness") is not None:
        return "bidwitness"
    called = Path(sys.argv[0])
    if called.suffix == ".py":
        # Started as `python -m`: the script stands beside the interpreter.
        called = Path(sys.executable).with_name("bidwitness")
    return _quoted(_short(called))


def _short(path: Path) -> Path:
    """From the working folder where that is shorter, else absolute."""
    whole = Path.cwd() / path
    return whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
