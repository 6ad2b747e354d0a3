"""`python -m tests.scenarios [--update]`: play every scenario, and compare or write it anew."""

import argparse
import difflib
import sys
from pathlib import Path

from tests.scenarios.script import WrongScript, play

FOLDER = Path(__file__).parent


def main() -> int:
    """The exit status is 1 where a scenario gives something else and is not to be written anew."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios", description=__doc__)
    parser.add_argument("--update", action="store_true", help="write what changed")
    parser.add_argument("names", nargs="*", help="beginnings of names; all where none is given")
    asked = parser.parse_args()
    changed = 0
    for path in sorted(FOLDER.glob("*.txt")):
        if asked.names and not path.name.startswith(tuple(asked.names)):
            continue
        text = path.read_text(encoding="utf-8")
        try:
            played = play(text)
        except WrongScript as problem:
            print(f"{path.name}: {problem}")
            changed += 1
            continue
        if played == text:
            print(f"{path.name}: as written")
            continue
        print(f"{path.name}: {'written anew' if asked.update else 'gives something else'}")
        sys.stdout.writelines(
            f"  {line}\n"
            for line in difflib.unified_diff(
                text.splitlines(), played.splitlines(), "written", "played", lineterm="", n=1
            )
        )
        if asked.update:
            path.write_text(played, encoding="utf-8")
        else:
            changed += 1
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
