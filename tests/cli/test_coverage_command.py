"""`mock-cdp coverage`: over a real listener's journal through the control route, and over files."""

import gzip
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from mock_cdp.app import create_app
from mock_cdp.cli.coverage import coverage
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.core.delivery import Delivery
from mock_cdp.listener import Listener
from mock_cdp.store.sql import JournalLimits, open_store
from running import MASTER_KEY, contract_of, query_of, serving

SUMMARY = "pos-receipt: 39 rules, 39 seen kept, 10 seen broken, 0 never exercised"
Post = Callable[..., None]


def run(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(coverage, [str(argument) for argument in arguments])


@pytest.fixture
def url(listener: Listener) -> Iterator[str]:
    """Serve a listener on a socket."""
    server = make_server("127.0.0.1", 0, create_app(listener), threaded=True)
    with serving(server) as base:
        yield base


@pytest.fixture
def post(listener: Listener, catalog: Catalog) -> Post:
    """Return a function that posts a body to pos-receipt and keeps it in the journal."""
    contract = contract_of(catalog, "pos-receipt")

    def post(body: Any, *, keys: str = query_of(contract), headers: tuple[tuple[str, str], ...] = ()) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        path = f"{contract.listener_path}/{'events' if isinstance(body, list) else 'event'}"
        headers = (("content-type", "application/json"), *headers)
        listener.handle(Delivery("POST", path, keys, headers, raw, time.time()))

    return post


def samples(catalog: Catalog) -> list[Any]:
    """Return every sample of pos-receipt, accepted and rejected."""
    contract = contract_of(catalog, "pos-receipt")
    return [sample.event for sample in (*contract.accepted_samples, *contract.rejected_samples)]


def rows(shown: str) -> list[list[str]]:
    """Return the cells of a printed table."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]


# -- a running mock ----------------------------------------------------------------------------------------------------


def test_what_a_mock_received_is_a_table_for_people_and_json_for_programs(url: str, post: Post, catalog: Catalog):
    """Both say the same, of accepted and refused events, sent one by one, in a batch or compressed."""
    first, second, third, *others = samples(catalog)
    post(first)
    post(gzip.compress(json.dumps(second).encode()), headers=(("content-encoding", "gzip"),))
    post(third)
    post(others)
    shown = run("pos-receipt", "--url", url)
    assert shown.exit_code == 0
    table = rows(shown.stdout)
    assert ["(event)", "type", "object", "9", "0", "never broken"] in table
    assert ["/totalAmount", "type", "number", "7", "2", ""] in table
    assert ["(event)", "required in anyOf/0", "crmId", "6", "2", ""] in table
    assert shown.stdout.splitlines()[-1] == SUMMARY
    found = json.loads(run("pos-receipt", "--json", "--url", url).stdout)
    assert found["summary"] == {"events": 9, "rules": 39, "kept": 39, "broken": 10, "both": 10, "neither": 0}
    assert (found["event"], found["complete"], found["evicted"], found["unread"]) == ("retail/sap-car/pos-receipt", True, 0, 0)
    assert [[str(rule["kept"]), str(rule["broken"])] for rule in found["rules"]] == [row[3:5] for row in table]
    assert {"place": "/crmId", "present": 6, "absent": 3} in found["members"]


def test_what_was_never_seen_is_marked(url: str, post: Post, catalog: Catalog):
    """Rules without an event, members that never came and such that always did."""
    anonymous = next(sample for sample in contract_of(catalog, "pos-receipt").rejected_samples if sample.name == "anonymous")
    post(anonymous.event)
    shown = run("pos-receipt", "--url", url).stdout
    assert ["(event)", "anyOf", "one of 2 alternatives", "0", "1", "never kept"] in rows(shown)
    assert ["/tenders", "type", "array", "0", "0", "never exercised"] in rows(shown)
    assert "optional and never there: /crmId, /loyaltyCardNo, " in shown
    assert "optional and always there: /isReturn, /items, " in shown
    assert "1 event(s) looked at" in shown


def test_only_one_session(url: str, post: Post, listener: Listener, catalog: Catalog):
    """What others sent is not in it."""
    session = listener.sessions.open(label="", public_key="", now=time.time())
    accepted, *_ = samples(catalog)
    post(accepted)
    post(accepted | {"storeId": 7}, keys=f"userKey={session.user_key}&secret={listener.sessions.secret_of(session)}")
    by_session = json.loads(run("pos-receipt", "--session", session.id, "--json", "--url", url).stdout)
    assert (by_session["summary"]["events"], by_session["summary"]["broken"]) == (1, 1)
    assert json.loads(run("pos-receipt", "--json", "--url", url).stdout)["summary"]["events"] == 2


def test_bodies_that_hold_no_events_are_counted_apart(url: str, post: Post):
    """They were received, and show nothing of the model."""
    post(b'{"receiptId": ')
    shown = run("retail/sap-car/pos-receipt", "--url", url).stdout
    assert "1 delivery(s) held no events that can be read" in shown
    assert shown.endswith("pos-receipt: 39 rules, 0 seen kept, 0 seen broken, 39 never exercised\n")


class TestEvicting:
    """A journal that holds two receipts."""

    @pytest.fixture
    def listener(self, catalog: Catalog) -> Iterator[Listener]:
        """Return a listener on a small store."""
        listener = Listener(catalog, open_store("sqlite://", limits=JournalLimits(max_receipts=2)), master_key=MASTER_KEY)
        yield listener
        listener.store.close()

    def test_an_answer_that_may_lack_something_says_so(self, url: str, post: Post, catalog: Catalog):
        """How many receipts are gone; what is left is counted."""
        for event in samples(catalog)[:5]:
            post(event)
        found = json.loads(run("pos-receipt", "--json", "--url", url).stdout)
        assert not found["complete"]
        assert found["evicted"] == 5 - found["summary"]["events"] > 0
        said = f"incomplete: {found['evicted']} older receipt(s) were evicted, what they showed is not counted"
        assert said in run("pos-receipt", "--url", url).stdout


def test_an_event_unknown_to_the_mock_is_one_line(url: str):
    """The mock's own words with the nearest name; exit 2."""
    refused = run("pos-receit", "--url", url)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "mock-cdp: no event is called pos-receit; did you mean pos-receipt?\n"


def test_the_route_wants_an_event(url: str):
    """A problem that names the parameter."""
    refused = httpx.get(f"{url}/_mock/coverage")
    assert (refused.status_code, refused.json()["where"]) == (400, "event")


def test_a_mock_that_is_not_there_is_one_line():
    """What to do; exit 2."""
    refused = run("pos-receipt", "--url", "http://127.0.0.1:1")
    assert refused.exit_code == 2
    assert "start one with `mock-cdp serve`" in refused.stderr
    assert refused.stderr.count("\n") == 1


# -- files -------------------------------------------------------------------------------------------------------------


def test_files_show_the_same_as_a_mock_that_received_them(tmp_path: Path, url: str, post: Post, catalog: Catalog):
    """One event in a file, an array of them in another, no mock needed."""
    first, *others = samples(catalog)
    (tmp_path / "one.json").write_text(json.dumps(first))
    (tmp_path / "many.json").write_text(json.dumps(others))
    shown = run("pos-receipt", "--events", tmp_path / "one.json", "--events", tmp_path / "many.json")
    assert (shown.exit_code, shown.stdout.splitlines()[-1]) == (0, SUMMARY)
    post(first)
    post(others)
    assert shown.stdout == run("pos-receipt", "--url", url).stdout


def test_many_events_in_one_file_are_no_trouble(tmp_path: Path, catalog: Catalog):
    """The limits of a delivery are not those of a file."""
    (tmp_path / "many.json").write_text(json.dumps(samples(catalog)[:1] * 2_000))
    found = json.loads(run("pos-receipt", "--events", tmp_path / "many.json", "--json").stdout)
    assert (found["event"], found["summary"]["events"]) == ("retail/sap-car/pos-receipt", 2_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read (No such file or directory); name a JSON file"),
        ('{"a": ', "the text ends too early"),
        ("<a/>", "XML"),
        ("[]", "the batch is empty"),
        ("7", "takes one event as a JSON object"),
    ],
    ids=["missing", "cut", "xml", "empty", "number"],
)
def test_a_file_that_holds_no_event_is_one_line(tmp_path: Path, text: str | None, said: str):
    """Its name and what is wrong; exit 2."""
    file = tmp_path / "bad.json"
    if text is not None:
        file.write_text(text)
    refused = run("pos-receipt", "--events", file)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"mock-cdp: {file}: ")
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_item_that_is_no_object_is_an_event_that_breaks_the_model(tmp_path: Path):
    """As the listener judges it."""
    (tmp_path / "numbers.json").write_text("[1]")
    shown = run("pos-receipt", "--events", tmp_path / "numbers.json")
    assert ["(event)", "type", "object", "0", "1", "never kept"] in rows(shown.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--events", "x.json", "--session", "s"], "give one of them"),
        (["--contracts", "."], "--contracts goes with --events"),
        (["--events", "x.json", "--contracts", "nowhere"], "no such folder: nowhere"),
        (["--events", "x.json", "--contracts", "broken"], "broken"),
    ],
    ids=["session", "contracts", "folder", "broken"],
)
def test_misuse_is_said_and_exit_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str):
    """Before anything is read or asked."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/businessunit.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    refused = run("pos-receipt", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert said in refused.stderr


def test_an_event_unknown_to_the_folder_is_one_line(tmp_path: Path):
    """With the nearest name."""
    refused = run("pos-receit", "--events", tmp_path / "x.json")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "mock-cdp: no event is called pos-receit; did you mean pos-receipt?\n"


def test_no_control_character_of_a_model_reaches_the_terminal(tmp_path: Path):
    """A model is anybody's: it is shown, not obeyed."""
    shutil.copytree(shipped_catalog(), tmp_path / "contracts")
    (model,) = (tmp_path / "contracts").rglob("pos-receipt/model.schema.json")
    schema = json.loads(model.read_text())
    schema["properties"]["\x1b[2J"] = {"enum": ["[red]\x1b[2J"]}
    model.write_text(json.dumps(schema))
    (tmp_path / "event.json").write_text("{}")
    shown = run("pos-receipt", "--contracts", tmp_path / "contracts", "--events", tmp_path / "event.json")
    assert shown.exit_code == 0, shown.stderr
    assert ["/�[2J", "enum"] in [row[:2] for row in rows(shown.stdout)]
    assert "[red]" in shown.stdout
    assert "\x1b" not in shown.stdout
