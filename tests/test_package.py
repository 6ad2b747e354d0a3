"""Builds the wheel as a user would, and looks at what is in it.

An editable install hides what packaging forgets: a page, a word file, a record type. So the wheel is
built from a copy of the tracked files and compared with the tree.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ledger", "consensus", "contracts", "api", "cli")


def project_files() -> list[str]:
    """What git tracks or would track, by path from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def belongs_in_the_wheel(name: str) -> bool:
    """Everything in the five packages, and the name by which programs import the SDK."""
    return name.split("/", maxsplit=1)[0] in {*PACKAGES, "bidwitness"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built without network from a copy of the project."""
    copy = tmp_path_factory.mktemp("project")
    for name in project_files():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(out), str(copy)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next(out.glob("bidwitness-*.whl")))


def test_the_wheel_has_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    expected = {name for name in project_files() if belongs_in_the_wheel(name)}
    missing = expected - set(wheel.namelist())
    assert not missing, f"tracked but not shipped: {sorted(missing)}"


def test_the_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    strangers = {
        name
        for name in wheel.namelist()
        if not belongs_in_the_wheel(name) and ".dist-info/" not in name
    }
    assert not strangers, f"shipped but not part of the product: {sorted(strangers)}"


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "bidwitness = cli.main:main" in wheel.read(name).decode()
