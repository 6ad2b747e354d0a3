"""Asks a node everything that its own description allows, and much that it forbids: `make fuzz-api`.

schemathesis makes the requests, and holds each answer to the description: no 5xx that is a mistake,
no status, media type, header or shape that is not foreseen, nothing taken that is forbidden, and
no method that `Allow` does not name. Event streams are left out: they do not end.

python -m tests.api.fuzzing --examples 200 --seed 7
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.api.one_node import OneNode
from tests.api.rights_story import token
from tests.api.small_tender import SECTION, play

ENDLESS = "/v1/events"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "missing_required_header",
    "negative_data_rejection",
)
QUICK = ("fuzzing",)
THOROUGH = ("examples", "coverage", "fuzzing")


def known(node: OneNode) -> Mapping[str, str | int]:
    """What a caller that knows the ledger names: so answers are not all 404."""
    asked = "member=builder&type=tender.document_filed&limit=1"
    answer = httpx.get(f"{node.url}/v1/records?{asked}", trust_env=False)
    (item,) = answer.json()["items"]
    record = item["record_id"]
    return {
        "path.record": record,
        "path.sha256": item["record"]["evidence"][0]["sha256"],
        "path.height": 3,
        "path.member": "builder",
        "path.row": "role/builder",
        "path.path": "entries/000.p/3",
        "query.key": SECTION,
        "query.q": record,
    }


def fuzzed(
    node: OneNode,
    folder: Path,
    examples: int,
    seed: int,
    phases: tuple[str, ...],
    *,
    knowing: bool,
) -> tuple[int, str]:
    """Ask a node at work as somebody who knows what is there and proves itself, or as a stranger.

    Returns:
        (exit code, what was found, for people).
    """
    settings = folder / "schemathesis.toml"
    names = known(node) if knowing else {}
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in names.items()]
    settings.write_text("\n".join(["[parameters]", *lines]), encoding="utf-8")
    proof = token(node, "supervisor") if knowing else {}
    ended = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), f"--config-file={settings}", "run"),
            *(f"{node.url}/openapi.json", f"--seed={seed}", f"--max-examples={examples}"),
            *(f"--phases={','.join(phases)}", f"--checks={','.join(CHECKS)}"),
            *("--exclude-path", ENDLESS, "--continue-on-failure", "--no-shrink"),
            *(word for name, value in proof.items() for word in ("-H", f"{name}:{value}")),
            *("--generation-database=none", "--request-timeout=60", "--no-color"),
            # How long it takes says something of the machine.
            "--suppress-health-check=all",
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.api.fuzzing", description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="for each operation")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        node = OneNode(folder / "node")
        with node.up() as client:
            play(client, node)
            for knowing in (False, True):
                code, said = fuzzed(
                    node, folder, given.examples, given.seed, THOROUGH, knowing=knowing
                )
                print(said, flush=True)
                failed |= code
    return failed


if __name__ == "__main__":
    sys.exit(main())
