"""The inputs that are kept in the repository: those found by a campaign, and those that once crashed.

The corpus of a target is one file with an input a line, in base64, so that a thousand small inputs
are not a thousand files. An input that once crashed is a file by itself, named by what was wrong.
"""

import base64
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
CRASHES = HERE / "crashes"


def kept(name: str) -> list[bytes]:
    """The corpus of a target."""
    path = CORPUS / f"{name}.txt"
    if not path.exists():
        return []
    return [base64.b64decode(line) for line in path.read_text(encoding="ascii").splitlines()]


def keep(name: str, inputs: list[bytes]) -> None:
    """Make these the corpus of a target, the shortest first."""
    CORPUS.mkdir(exist_ok=True)
    lines = [base64.b64encode(each).decode() for each in sorted(inputs, key=lambda i: (len(i), i))]
    text = "".join(f"{line}\n" for line in lines)
    path = CORPUS / f"{name}.txt"
    path.write_text(text, encoding="ascii")
    if not inputs:
        path.unlink()


def crashes(name: str) -> dict[str, bytes]:
    """What once crashed a target, by the name of the file."""
    folder = CRASHES / name
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: path.read_bytes() for path in found}
