"""`mock-cdp conformance`: green on a mock that keeps the contracts, and every lie is named by check and event."""

import html
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import liars
import pytest
from click.testing import CliRunner, Result
from liars import lying

from mock_cdp.cli.conformance import conformance
from mock_cdp.contract.contract import Catalog
from mock_cdp.listener import Listener
from mock_cdp.reports.matrix import SIGNS
from mock_cdp.testing.hiding import Secrets
from running import Running, contract_of, start_mock

TENANT = "127.0.0.2"  # on loopback, and yet no name of this machine that the command knows
KEYS = {"CDP_USER_KEY": "", "CDP_SECRET": ""}
ACCEPTED = "Events that keep the model are accepted"
REFUSED = "Events that break the model are refused"
BATCHES = "Batches are taken, with a broken event among them too"
STRANGERS = "Nobody is let in without valid credentials"
ERRORS = "Every error is JSON"
METHODS = "Other methods are answered 405 with Allow"
ENVELOPE = "Every answer has the family envelope"


@pytest.fixture
def run() -> Callable[..., Result]:
    """Return how to run the command for one event, quickly and always alike."""

    def run(url: str, *arguments: str, environ: dict[str, str] | None = None) -> Result:
        short = ("--url", url, "--event", "pos-receipt", "--examples", "3", "--seed", "7")
        return CliRunner().invoke(conformance, [*short, *arguments], env=KEYS | (environ or {}), catch_exceptions=False)

    return run


def keys_of(catalog: Catalog) -> dict[str, str]:
    """Return the environment that holds the credentials of pos-receipt's application."""
    keys = contract_of(catalog, "pos-receipt").credentials
    return {"CDP_USER_KEY": keys.user_key, "CDP_SECRET": keys.user_secret}


def signs(output: str) -> dict[str, str]:
    """Return the sign of each check by its title."""
    return {title: sign for sign, title in re.findall(r"^(\S) (.+?)  pos-receipt", output, re.MULTILINE)}


def broken(output: str) -> set[str]:
    """Return the titles of the broken checks."""
    return {title for title, sign in signs(output).items() if sign == "✗"}


def test_a_mock_is_green_and_left_as_it_was(tmp_path: Path):
    """Exit 0 for all four events with the defaults; no session is left, and the events are gone with it."""
    mock = start_mock("--store", "sqlite://", cwd=tmp_path)
    done = CliRunner().invoke(conformance, ["--url", mock.url, "--examples", "1", "--seed", "1"], env=KEYS)
    sessions = httpx.get(f"{mock.url}/_mock/sessions").json()
    counts = httpx.get(f"{mock.url}/_mock/counts").json()
    mock.stop()
    assert done.exit_code == 0, done.output
    assert "Contract kept: 28 kept" in done.output
    assert sessions == []
    assert (counts["accepted"], counts["rejected"]) == (0, 40)  # the strangers; they have no session


@pytest.mark.parametrize(
    ("lie", "named"),
    [
        (liars.honest, {}),
        (
            liars.accepts_everything,
            {
                REFUSED: "accepts an event that breaks its model",
                STRANGERS: "accepts without valid credentials",
                ERRORS: "accepts where no event listens",
                METHODS: "accepts a method other than POST",
            },
        ),
        (liars.answers_html_errors, dict.fromkeys((REFUSED, STRANGERS, ERRORS, METHODS, ENVELOPE), "answers HTML")),
        (liars.redirects, dict.fromkeys((REFUSED, STRANGERS, ERRORS, METHODS, ENVELOPE), "redirects")),
        (
            liars.writes_error_codes_as_text,
            dict.fromkeys((REFUSED, STRANGERS, METHODS, ENVELOPE), "writes errorCode as the text '0'"),
        ),
        (liars.lacks_allow, {METHODS: "answers 405 without an Allow that names POST"}),
        (liars.refuses_the_valid, dict.fromkeys((ACCEPTED, BATCHES), "refuses what keeps the contract")),
        (liars.needs_no_credentials, {STRANGERS: "answers HTTP 400 to a stranger"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_lie_is_named_by_check_and_event(lie: liars.Lie, named: dict[str, str], listener: Listener, run):
    """Exactly the checks it breaks have a cross, and under each stands what was done; exit 1, and 0 for the truth."""
    with lying(lie, listener) as url:
        done = run(url)
    assert broken(done.output) == set(named), done.output
    assert len(signs(done.output)) == 7
    for title, said in named.items():
        section = done.output.split(f"✗ {title}  pos-receipt", 1)[1]
        assert said in re.split(r"^\S ", section, maxsplit=1, flags=re.MULTILINE)[0]
    assert done.exit_code == (1 if named else 0)


# -- what is not on this machine ---------------------------------------------------------------------------------------


def test_no_event_is_sent_to_a_tenant_unasked(catalog: Catalog, listener: Listener, run):
    """Without --send nothing comes with valid credentials, and nothing but POST, GET, PUT and PATCH comes at all."""
    seen = []

    def watched(delivery, handle):
        seen.append(delivery)
        return liars.honest(delivery, handle)

    keys = keys_of(catalog)
    with lying(watched, listener, TENANT) as url:
        done = run(url, environ=keys)
    assert done.exit_code == 0, done.output
    assert [title for title, sign in signs(done.output).items() if sign == SIGNS["skipped"]] == [ACCEPTED, REFUSED, BATCHES]
    assert "events are sent only with --send" in done.output
    assert {delivery.method for delivery in seen} == {"POST", "GET", "PUT", "PATCH"}
    assert all(delivery.path.startswith("/api/") for delivery in seen)
    assert all("userKey" not in delivery.query for delivery in seen if delivery.method != "POST")
    secret = quote(keys["CDP_SECRET"], safe="")
    assert all(secret not in delivery.query for delivery in seen)
    assert listener.store.tally("").accepted == 0


def test_a_tenant_is_sent_events_when_asked(catalog: Catalog, listener: Listener, run):
    """With --send all seven checks run, signed with the credentials of the environment."""
    with lying(liars.honest, listener, TENANT) as url:
        done = run(url, "--send", environ=keys_of(catalog))
    assert done.exit_code == 0, done.output
    assert set(signs(done.output).values()) == {"✓"}
    assert "the credentials went over plain http" in done.output


def test_what_differs_from_an_assumption_is_news_of_a_tenant(catalog: Catalog, listener: Listener, run):
    """A tenant that fails broken events later conforms, the report says so, and --strict calls it broken."""
    with lying(liars.fails_later, listener, TENANT) as url:
        done, strict = (run(url, "--send", *more, environ=keys_of(catalog)) for more in ([], ["--strict"]))
    assert (done.exit_code, strict.exit_code) == (0, 1), done.output
    assert "accepts an event that breaks its model" in done.output
    assert "For information: nothing is broken by it." in done.output
    assert "differs from what is assumed: answer-timing" in done.output
    assert broken(strict.output) >= {REFUSED}


def test_a_mock_with_another_switch_is_told_from_a_liar(tmp_path: Path, run):
    """`answer = later` is a switch of the ledger: worth a note on a mock of ours, broken only with --strict."""
    mock = start_mock("--store", "sqlite://", "--answer", "later", "--batch", "all-or-nothing", cwd=tmp_path)
    done, strict = run(mock.url), run(mock.url, "--strict")
    mock.stop()
    assert (done.exit_code, strict.exit_code) == (0, 1), done.output
    assert "differs from what is assumed: answer-timing" in done.output


# -- one clear line each -----------------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "ftp://127.0.0.1"], "a base URL starts with http:// or https://"),
        (["--url", "http://127.0.0.1:{port}"], "nobody answers at http://127.0.0.1"),
        (["--url", "http://127.0.0.2:{port}"], "set CDP_USER_KEY and CDP_SECRET"),
        (["--contract", "{folder}/nothing"], "no such folder"),
        (["--contracts", "{folder}"], "retail"),
        (["--event", "pos-recipt"], "did you mean"),
    ],
)
def test_what_cannot_be_told_is_one_line_and_exit_2(arguments: list[str], said: str, tmp_path: Path):
    """A wrong URL, nobody there, no credentials, a folder that is none or broken, an unknown event."""
    (tmp_path / "retail").mkdir()
    (tmp_path / "retail/businessunit.json").write_text("{")
    filled = [argument.format(port=free_port(), folder=tmp_path) for argument in arguments]
    done = CliRunner().invoke(conformance, filled, env=KEYS)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_tenant_that_is_not_there_is_one_line(tmp_path: Path):
    """The first request tells."""
    environ = {"CDP_USER_KEY": "AKEY", "CDP_SECRET": "not-a-real-secret"}
    done = CliRunner().invoke(conformance, ["--url", f"http://{TENANT}:{free_port()}"], env=environ)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "nobody answers at" in done.output


def test_half_of_the_credentials_are_refused():
    """A forgotten secret is told apart from a server on this machine."""
    done = CliRunner().invoke(conformance, [], env=KEYS | {"CDP_USER_KEY": "AKEY"})
    assert (done.exit_code, "set both CDP_USER_KEY and CDP_SECRET" in done.output) == (2, True)


def test_no_report_holds_a_secret(catalog: Catalog, listener: Listener, run, tmp_path: Path):
    """A server that echoes the query is quoted without user key and secret, in the terminal and in every file."""
    keys = keys_of(catalog)
    with lying(liars.echoes_the_secret, listener) as url:
        done = run(url, "--send", "--report", str(tmp_path / "report"), environ=keys)
    written = [path.read_text() for path in (tmp_path / "report").iterdir()]
    assert done.exit_code == 1
    assert len(written) == 5
    assert "[redacted]" in done.output
    for text in (done.output, *written):
        assert keys["CDP_SECRET"] not in text
        assert keys["CDP_USER_KEY"] not in text


def test_a_server_that_hangs_up_is_named(listener: Listener, run):
    """No answer at all is a finding, not an error of the tool."""
    with lying(liars.hangs_up, listener) as url:
        done = run(url)
    assert done.exit_code == 1
    assert METHODS in broken(done.output), done.output


def test_a_session_of_its_own_is_used(mock: Running, run):
    """Also with credentials in the environment: a mock on this machine is left as it was."""
    done = run(mock.url, environ={"CDP_USER_KEY": "AKEY", "CDP_SECRET": "not-a-real-secret"})
    assert done.exit_code == 0, done.output
    assert "signed with a session of its own" in done.output


@pytest.mark.parametrize("secret", ["QmX7+aB/9kLpZ2==", 'q"uo\\te<ä>'])
@pytest.mark.parametrize(
    "spelt",
    [str, quote_plus, lambda text: quote(text, safe=""), lambda text: quote(text, safe="").lower(), json.dumps, html.escape],
    ids=["plain", "plus", "percent", "lower", "json", "html"],
)
def test_a_secret_is_hidden_however_it_is_echoed(secret: str, spelt):
    """Keys hold + / =, and servers echo URLs."""
    shown = Secrets(secret).hidden(f"before {spelt(secret)} after")
    assert shown.replace('"', "") == "before [redacted] after"
