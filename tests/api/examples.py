"""Makes `api/examples.json` anew: real answers of a node, as its description shows them.

python -m tests.api.examples
"""

import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from api.client import Client
from api.phrases import reason
from ledger.codes import Code
from ledger.core.identifiers import MemberId
from ledger.core.openings import Openings, commit_fields
from ledger.errors import StoreError
from tests.api.json_bundle import bundle_json
from tests.api.one_node import OneNode, canonical
from tests.api.rights_story import token
from tests.api.small_address import ADDRESS, SmallAddress
from tests.api.small_seal import connected, life_of_a_seal
from tests.api.small_tender import PROJECT, SECTION, play
from tests.api.test_court_codes import ordered
from tests.api.test_deposits import deposited
from tests.api.test_stamps import SEAL, House
from tests.vectors.small_network import nonce

FILE: Final = Path(__file__).resolve().parents[2] / "api" / "examples.json"
DOCUMENT = b"%PDF of a licence"
ITEMS_MAX = 2
"""Of a list: an example shows what an item is, not how many there are."""
ASKED: Final = {
    "/v1/records/{record}": "/v1/records/{id}",
    "/v1/records/{record}/receipt": "/v1/records/{id}/receipt",
    "/v1/records/{record}/trace": "/v1/records/{id}/trace",
    "/v1/records/{record}/standing": "/v1/records/{id}/standing",
    "/v1/records": "/v1/records?limit=1&type=T09",
    "/v1/export/ocds": "/v1/export/ocds?prefix=ocds-213czf&subject=" + quote(PROJECT),
    "/v1/ocds-extension/{name}": "/v1/ocds-extension/extension.json",
    "/v1/members/{member}/projects": "/v1/members/builder/projects?limit=1",
    "/v1/refunds/overdue": "/v1/refunds/overdue",
    "/v1/subjects": f"/v1/subjects?limit=1&key={quote(SECTION)}",
    "/v1/search": "/v1/search?q=" + quote(SECTION),
    "/v1/blocks": "/v1/blocks?limit=1",
    "/v1/blocks/{height}": "/v1/blocks/5",
    "/v1/alerts": "/v1/alerts?limit=1",
    "/v1/completeness": "/v1/completeness?key=" + quote(SECTION),
    "/v1/coverage": "/v1/coverage?key=" + quote(SECTION),
    "/v1/coverage/sections": "/v1/coverage/sections",
    "/v1/network": "/v1/network",
    "/v1/trust": "/v1/trust",
    "/v1/catalogue": "/v1/catalogue",
    "/v1/status/{row}": "/v1/status/role/builder",
    "/v1/status-answers/{row}": "/v1/status-answers/member/builder",
    "/v1/consistency": "/v1/consistency?old=2&new=5",
    "/v1/epochs": "/v1/epochs",
    "/v1/diagnose": "/v1/diagnose",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
}
_WHOLE: Final = ("/receipt", "/v1/trust", "/v1/status-answers")
"""Files with proofs: cut short, they would prove nothing."""


class Examples:
    """What was asked of one node, and answered."""

    def __init__(self, node: OneNode, client: httpx.Client) -> None:
        self.node, self.client = node, client
        self.answers: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, Any] = {}

    def keep(self, route: str, answer: httpx.Response) -> Any:
        """An answer as an example of its route."""
        assert answer.is_success, answer.text
        whole = any(part in route for part in _WHOLE)
        said = answer.json() if whole else shortened(answer.json())
        self.answers.setdefault(route, {})[str(answer.status_code)] = said
        return answer.json()

    def submissions(self) -> None:
        """A bundle on its way, and there."""
        bundle = self.node.bundle(self.node.record())
        self.bodies["POST /v1/bundles"] = bundle_json(bundle)
        self.keep("POST /v1/bundles", canonical(self.client, bundle))
        self.keep("POST /v1/bundles", canonical(self.client, bundle, wait=20))
        followed = self.client.get(f"/v1/bundles/{bundle.pool_key.hex()}")
        self.keep("GET /v1/bundles/{bundle}", followed)
        pending = {"status": "pending", "received_at_ms": bundle.header.created_at_ms}
        self.answers["GET /v1/bundles/{bundle}"]["202"] = pending

    def codes(self) -> None:
        """An extraction code."""
        order = ordered(self.node)
        self.bodies["POST /v1/court-codes"] = json.loads(order.encode())
        self.bodies["POST /v1/court-codes/package"] = {"code": "7K2M-9XQD-4HTB-W3NP-6RVC"}
        made = self.client.post("/v1/court-codes", content=order.encode())
        said = self.keep("POST /v1/court-codes", made)
        proof = token(self.node, "builder")
        self.keep("GET /v1/court-codes", self.client.get("/v1/court-codes", headers=proof))
        one = self.client.get(f"/v1/court-codes/{said['code_hash']}", headers=proof)
        self.keep("GET /v1/court-codes/{code}", one)

    def deposits(self) -> None:
        """A record's openings, deposited."""
        record = self.node.record("builder", subject="P-1")
        salts = {"holder": nonce("salt")}
        private, openings = commit_fields(MemberId("builder"), {"holder": "三号柜"}, salts)
        record = replace(record, private=private)
        canonical(self.client, self.node.bundle(record), wait=20)
        deposit = deposited(self.node, (record, Openings(record.record_id, openings)))
        self.bodies["POST /v1/deposits"] = json.loads(deposit.encode())
        put = self.client.post("/v1/deposits", content=deposit.encode())
        name = self.keep("POST /v1/deposits", put)["digest"]
        proof = token(self.node, "builder")
        self.keep("GET /v1/deposits", self.client.get("/v1/deposits", headers=proof))
        one = self.client.get(f"/v1/deposits/{name}", headers=proof)
        self.answers["GET /v1/deposits/{deposit}"] = {"200": one.json()}

    def addresses(self) -> None:
        """A recorded question."""
        town = SmallAddress(self.node, self.client)
        town.certified()
        question = town.question("centre", "address", ADDRESS).encode()
        self.bodies["POST /v1/addresses/lookups"] = json.loads(question)
        proof = token(self.node, "centre")
        told = self.client.post("/v1/addresses/lookups", content=question, headers=proof)
        self.keep("POST /v1/addresses/lookups", told)

    def stamps(self) -> None:
        """A document, stamped."""
        life_of_a_seal(self.node, self.client, SEAL)
        connected(self.node, self.client, "bidder")
        with Client([self.node.url], self.node.trust) as sdk:
            House(self.node, self.client, sdk).used(DOCUMENT)
        told = self.client.get(f"/v1/stamps/{hashlib.sha256(DOCUMENT).hexdigest()}")
        self.keep("GET /v1/stamps/{sha256}", told)


def shortened(value: Any) -> Any:
    """A value with no more than a few items in each list."""
    if isinstance(value, list):
        return [shortened(each) for each in value[:ITEMS_MAX]]
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    return value


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        node = OneNode(Path(temporary))
        with node.up() as client:
            tender, made = play(client, node), Examples(node, client)
            for route, path in ASKED.items():
                asked = path.format(id=tender.document.record_id.hex())
                made.keep(f"GET {route}", client.get(asked))
            made.submissions()
            made.codes()
            made.deposits()
            made.addresses()
            made.stamps()
        lonely = OneNode(Path(temporary) / "lonely", absent=("two", "three", "four"))
        with lonely.up() as client:
            made.answers["GET /readyz"]["503"] = client.get("/readyz").json()
    stopped = {
        "status": "stopped",
        "reason": reason(StoreError(Code.STORE_LOCKED, path="db"), "en"),
    }
    made.answers["GET /healthz"]["503"] = stopped
    whole = {"answers": made.answers, "bodies": made.bodies}
    text = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True)
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
