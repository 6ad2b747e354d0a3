"""The ten lines of docs/sdk.md, as a program of somebody else that asks the nodes of a test."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.test_docs import ROOT, blocks_of

SDK = ROOT / "docs" / "sdk.md"


def examples(nodes: Sequence[str]) -> list[str]:
    """The examples of the page in their order, which ask these nodes instead of those it names."""
    found = [block.text for block in blocks_of(SDK) if "example" in block.marks]
    here = f"nodes = {list(nodes)!r}"
    return [re.sub(r"^nodes = .*$", here, each, flags=re.MULTILINE) for each in found]


def run_ten_lines(member: Path, folder: Path, nodes: Sequence[str]) -> bytes:
    """Run the first example in a new folder and a process of its own; the receipt that it keeps."""
    folder.mkdir()
    for name in ("member.key", "passphrase", "trust.json"):
        shutil.copy2(member / name, folder / name)
    (folder / "contract.pdf").write_text("a contract")
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{examples(nodes)[0]}"
    command = [sys.executable, "-c", program]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return (folder / "contract.pdf.receipt.json").read_bytes()
