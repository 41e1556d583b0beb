"""`contracts export` and `contracts pull`: what was made by API as a folder that can be served, and served it is the same."""

import json
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from running import MOCK_CDP, Running, serving, start_mock

MODEL = {"type": "object", "properties": {"orderId": {"type": "string"}}, "required": ["orderId"]}


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess:
    """Run the command line."""
    return subprocess.run([MOCK_CDP, "contracts", *arguments], capture_output=True, text=True, env=environ or None)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def made(url: str, body: object) -> str:
    """Create an entity; return its URL."""
    answer = httpx.post(url, json=body)
    assert answer.status_code == 201, answer.text
    return f"{url}/{answer.json()['id']}"


def make_a_shop(url: str) -> str:
    """Create a unit with everything in it; return the event's URL."""
    unit = made(f"{url}/api/businessunits", {"name": "Shop & Söhne", "note": 1})
    schema = made(f"{unit}/customerschemas", {"name": "Orders", "schemaType": 1, "schema": MODEL}).rsplit("/", 1)[-1]
    profile = {"type": "object", "properties": {"primaryEmail": {"type": "string"}}}
    made(f"{unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": profile})
    purpose = made(f"{unit}/purposes", {"name": "Ads"}).rsplit("/", 1)[-1]
    made(f"{unit}/segments", {"name": "Gold", "rule": {"a": [1]}})
    made(f"{unit}/activityIndicators", {"name": "Sum"})
    view = made(f"{unit}/views", {"name": "Marketing", "type": "Marketing"})
    made(f"{view}/matchRules", {"name": "mail", "attributes": ["primaryEmail"]})
    application = made(f"{unit}/applications", {"name": "Till", "type": "Direct"})
    httpx.put(f"{application}/priority", json={"dataQualityPriority": "low"}).raise_for_status()
    event = made(f"{application}/dataevents", {"name": "Receipt", "schema": MODEL, "dataType": 2})
    made(f"{application}/dataevents", {"name": "Receipt"})
    mapping = [{"sourceField": "orderId", "targetField": "orderId", "target": schema}]
    httpx.post(f"{event}/mappings", json=mapping).raise_for_status()
    httpx.put(f"{event}/purposes", json={"requiredPurposes": [purpose]}).raise_for_status()
    return event


def what_get_says(url: str) -> dict[str, object]:
    """Return every bare entity and part, times left out."""
    seen: dict[str, object] = {}

    def visit(path: str) -> None:
        answer = httpx.get(f"{url}/api/{path}").json()
        for entity in answer:
            item = f"{path}/{entity['id']}"
            seen[item] = {n: v for n, v in httpx.get(f"{url}/api/{item}").json().items() if n not in {"created", "updated"}}
            kind = path.rsplit("/", 1)[-1]
            for part in {"applications": ["priority"], "dataevents": ["mappings", "purposes"], "views": ["matchRules"]}.get(
                kind, []
            ):
                seen[f"{item}/{part}"] = httpx.get(f"{url}/api/{item}/{part}").json()
            inner = {"businessunits": ["applications", "customerschemas", "purposes", "segments", "activityIndicators", "views"]}
            for collection in (inner | {"applications": ["dataevents"]}).get(kind, []):
                visit(f"{item}/{collection}")

    visit("businessunits")
    return seen


def test_exporting_serving_and_exporting_again_is_byte_identical(mock: Running, tmp_path: Path):
    """And what GET says and the listener enforces is the same; `contracts check` finds nothing."""
    event = make_a_shop(mock.url)
    first = run("export", str(tmp_path / "first"), "--url", mock.url)
    assert (first.returncode, first.stdout.strip().endswith("6 events, all is well")) == (0, True), first.stdout + first.stderr
    assert run("check", str(tmp_path / "first")).returncode == 0
    said = what_get_says(mock.url)
    (tmp_path / "again").mkdir()
    again = start_mock("--contracts", str(tmp_path / "first"), cwd=tmp_path / "again")
    try:
        assert run("export", str(tmp_path / "second"), "--url", again.url).returncode == 0
        assert files(tmp_path / "second") == files(tmp_path / "first")
        path = httpx.URL(event).path
        assert what_get_says(again.url) == said
        application = path.rsplit("/", 2)[0]
        keys = httpx.get(f"{again.url}{application}/credentials").json()
        [granted] = httpx.get(f"{again.url}{path}/purposes").json()["requiredPurposes"]
        query = {"userKey": keys["userKey"], "secret": keys["userSecret"], "purposeIds": granted}
        assert httpx.post(f"{again.url}{path}/event", params=query, json={"orderId": 1}).status_code == 400
    finally:
        again.stop()


def test_an_export_may_be_served_over_the_store_it_came_from(tmp_path: Path):
    """The default store lies in the working folder: what the folder holds now is not there twice."""
    first = start_mock(cwd=tmp_path)
    event = httpx.URL(make_a_shop(first.url)).path
    run("export", str(tmp_path / "one"), "--url", first.url)
    said = what_get_says(first.url)
    first.stop()
    again = start_mock("--contracts", "one", cwd=tmp_path)
    try:
        assert what_get_says(again.url) == said
        assert run("export", str(tmp_path / "two"), "--url", again.url).returncode == 0
        assert files(tmp_path / "two") == files(tmp_path / "one")
        assert len([c for c in httpx.get(f"{again.url}/_mock/contracts").json() if event in c["listener"]["event"]]) == 1
    finally:
        again.stop()


def test_an_export_holds_no_secret(mock: Running, tmp_path: Path, catalog: Catalog):
    """Neither the folder's development keys nor those made here."""
    make_a_shop(mock.url)
    run("export", str(tmp_path / "out"), "--url", mock.url)
    text = b"".join(files(tmp_path / "out").values())
    for contract in catalog.contracts:
        assert contract.credentials.user_secret.encode() not in text
    assert b"userSecret" not in text


def test_the_shipped_contracts_stay_as_they_are(mock: Running, tmp_path: Path):
    """Byte for byte, but for their keys."""
    run("export", str(tmp_path / "out"), "--url", mock.url)
    shipped = files(shipped_catalog())
    exported = files(tmp_path / "out")
    assert exported.keys() == shipped.keys()
    assert all(exported[name] == raw for name, raw in shipped.items() if not name.endswith("application.json"))


def test_pull_reads_another_mock(mock: Running, tmp_path: Path):
    """Through SAP's own API, with credentials: models, mappings and rules arrive; nothing there changes."""
    event = make_a_shop(mock.url)
    unit = event.split("/applications")[0].rsplit("/", 1)[-1]
    before = what_get_says(mock.url)
    pulled = run("pull", str(tmp_path / "pulled"), "--url", mock.url, "--business-unit", unit)
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert what_get_says(mock.url) == before
    catalog = load(tmp_path / "pulled")
    [contract] = [contract for contract in catalog.contracts if event.endswith(contract.listener_path)]
    assert contract.model.schema == MODEL
    assert [mapping.source_field for mapping in contract.mappings] == ["orderId"]
    assert contract.application.data_quality_priority == "low"
    assert [rule.name for rule in catalog.units[0].views[0].match_rules] == ["mail"]
    assert contract.purposes_missing


def test_pull_uses_the_keys_of_the_environment(tmp_path: Path):
    """A key reads its own business unit; a wrong one is one line, and nothing is written."""
    running = start_mock("--configuration-access", "key", cwd=tmp_path)
    try:
        keys = {"CDP_USER_KEY": "AFAKEsapcar1", "CDP_SECRET": "FAKEsecretForSapCarNotReal000000"}
        assert run("pull", str(tmp_path / "a"), "--url", running.url, **keys).returncode == 0
        assert len(load(tmp_path / "a").contracts) == 4
        refused = run("pull", str(tmp_path / "b"), "--url", running.url, **(keys | {"CDP_SECRET": "wrong"}))
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
        assert "wrong" not in refused.stderr.replace("wrong secret", "")
        half = run("pull", str(tmp_path / "b"), "--url", running.url, CDP_USER_KEY="x")
        assert (half.returncode, "CDP_SECRET" in half.stderr) == (2, True)
        assert not (tmp_path / "b").exists()
    finally:
        running.stop()


def test_nothing_is_overwritten(mock: Running, tmp_path: Path):
    """A folder that holds something stays as it is."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    refused = run("export", str(tmp_path / "full"), "--url", mock.url)
    assert (refused.returncode, "new or empty" in refused.stderr) == (2, True)
    assert files(tmp_path / "full") == {"mine.txt": b"mine"}


class Lying(BaseHTTPRequestHandler):
    """Answers what no CDP answers."""

    body = b""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_) -> None:
        """Write nothing."""


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("export", {"files": {"../escaped.txt": "x"}}),
        ("export", {"files": {"/tmp/escaped.txt": "x"}}),
        ("export", {"files": {"a\\..\\..\\b": "x"}}),
        ("export", {"files": {"a": 5}}),
        ("export", []),
        ("pull", {"profiles": 1}),
        ("pull", [{"name": "no id"}]),
        ("pull", [{"id": "../../x", "name": "U"}]),
        ("pull", [{"id": 7, "name": "U", "schema": "{"}]),
    ],
    ids=["parent", "absolute", "windows", "number", "list", "object", "no-id", "path-as-id", "no-schema"],
)
def test_a_server_that_lies_writes_nothing(tmp_path: Path, command: str, body: object):
    """Neither outside the folder nor in it; one line says so."""
    handler = type("Handler", (Lying,), {"body": json.dumps(body).encode()})
    with serving(HTTPServer(("127.0.0.1", 0), handler)) as base:
        folder = tmp_path / "in" / "out"
        refused = run(command, str(folder), "--url", base)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1), refused.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not Path("/tmp/escaped.txt").exists()


@pytest.mark.parametrize("command", ["export", "pull"])
def test_nobody_there_is_one_line(tmp_path: Path, command: str):
    """Which address, and what to do."""
    refused = run(command, str(tmp_path / "out"), "--url", "http://127.0.0.1:9")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "out").exists()
