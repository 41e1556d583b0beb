"""Drivers: messages reach real programs, functions, endpoints and directories; what those say comes back, without secrets."""

import contextlib
import http.server
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest

from cpi import flows
from mock_cdp.gate import driver_cpi
from mock_cdp.gate.drivers import DriverSettings, Handed, in_process, open_driver
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import basic
from mock_cdp.gate.message import Message
from mock_cdp.testing.hiding import SAID_LIMIT, Secrets
from mock_cdp.testing.routing import router
from mock_cdp.testing.server import MockCDP
from running import serving, wait_until

PROGRAMS = Path(__file__).parent / "programs"
EVENT = "pos-receipt"
RECEIPT = {
    "receiptId": "R101-20241130-3-1287",
    "crmId": "0000123456",
    "purchasedAt": "2024-11-30T17:50:12+01:00",
    "storeId": "R101",
    "currency": "EUR",
    "totalAmount": 19.9,
    "items": [{"sku": "4006381333931", "quantity": 1, "amount": 19.9}],
}


@pytest.fixture(scope="module")
def server():
    """Return a mock on a socket."""
    running = MockCDP().start()
    yield running
    running.stop()


@pytest.fixture
def cdp(server):
    """Return a session of it."""
    with server.session() as opened:
        yield opened


@pytest.fixture
def inside():
    """Return a session of a mock in this process."""
    with router() as opened:
        yield opened


def settings(kind: str, **given) -> DriverSettings:
    return msgspec.convert({"kind": kind, **given}, DriverSettings)


def program(name: str) -> list[str]:
    return [sys.executable, str(PROGRAMS / name)]


def message(body: object = None, media_type: str = "application/json") -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(RECEIPT if body is None else body).encode()
    return Message(body=raw, media_type=media_type)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# -- what was said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["plain", "query", "json", "basic", "bearer"])
def test_secrets_are_hidden_however_they_are_written(form):
    """A secret is replaced as it is, percent-encoded, in JSON, in a header."""
    secret = 'se/cr+et="x'
    text = {
        "plain": f"used {secret}",
        "query": f"?secret={quote(secret, safe='')}&",
        "json": json.dumps({"secret": secret}),
        "basic": f"Authorization: Basic {basic('me', secret)}",
        "bearer": "Authorization: Bearer eyJh.bGci-Oi_x=",
    }[form]
    said = Secrets(secret, basic("me", secret)).said(text)
    assert "[redacted]" in said
    assert "et=" not in said.replace("secret=", "")
    assert "eyJh" not in said


def test_long_texts_keep_beginning_and_end():
    """A text is shortened to the limit, and a secret on the cut is hidden before."""
    said = Secrets("hunter22").said("begin " + "hunter22" * 10_000 + "x" * 100_000 + " end")
    assert len(said) <= SAID_LIMIT
    assert said.startswith("begin [redacted]")
    assert said.endswith(" end")
    assert "hunter" not in said
    assert "characters left out" in said


# -- command -----------------------------------------------------------------------------------------------------------


def test_a_command_gets_the_message_and_where_to_post(cdp, tmp_path):
    """The program reads the message on stdin, posts it with this session's credentials, and its output is kept."""
    with open_driver(settings("command", command=program("post_stdin.py")), tmp_path, cdp, EVENT) as driver:
        assert driver.synchronous
        assert not driver.in_process
        assert driver.hand_over(message()) == Handed(ok=True, said="answered 202", status=0)
    assert [one.event for one in cdp.accepted(EVENT)] == [RECEIPT]


def test_a_refusal_is_the_exit_code(cdp, tmp_path):
    """What CDP would not take is posted all the same, and the program's exit code says so."""
    with open_driver(settings("command", command=program("post_stdin.py")), tmp_path, cdp, EVENT) as driver:
        assert driver.hand_over(message({})) == Handed(ok=False, said="answered 400", status=1)
    assert len(cdp.rejected(EVENT)) == 1


def test_what_a_failing_command_says_holds_no_secret(cdp, tmp_path, monkeypatch):
    """Both streams are kept, the session's secret and passwords of the environment are not."""
    monkeypatch.setenv("CPI_PASSWORD", "correct horse")
    chosen = settings("command", command=[*program("post_stdin.py"), cdp.secret], env={"DO": "fail"})
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        handed = driver.hand_over(message())
    assert (handed.ok, handed.status) == (False, 3)
    assert "mapping failed" in handed.said
    assert "secrets: [redacted] secret=[redacted] [redacted]" in handed.said
    assert cdp.secret not in driver.described
    assert driver.described.startswith("command, per-message: ")


def test_a_hanging_command_is_killed_with_its_children(cdp, tmp_path):
    """When the time is up the whole group ends, and what it wrote before is kept."""
    chosen = settings("command", command=program("post_stdin.py"), env={"DO": "hang"}, timeout_s=1.0)
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        began = time.monotonic()
        handed = driver.hand_over(message())
    assert time.monotonic() - began < 4
    assert (handed.ok, handed.status) == (False, None)
    late, child = handed.said.splitlines()
    assert late == "not done within 1 s, so it was killed"
    wait_until(lambda: is_gone(int(child)), "the child to end")


@pytest.mark.parametrize("do", ["leave-a-child", "flood", "close-stdin"])
def test_nothing_a_command_does_holds_the_gate_up(cdp, tmp_path, do):
    """A child left behind, more output than anybody reads, a closed stdin under a large message."""
    chosen = settings("command", command=program("post_stdin.py"), env={"DO": do}, timeout_s=15)
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        handed = driver.hand_over(message(b" " * 5_000_000))
    assert (handed.ok, handed.status) == (True, 0)
    assert len(handed.said) <= SAID_LIMIT
    assert handed.said.endswith("the end" if do == "flood" else "")


def test_a_command_that_is_not_there_is_an_error_of_the_gate(cdp, tmp_path):
    """Not found, not executable, no such directory: each is one line that names the setting."""
    driver = open_driver(settings("command", command=["no-such-program"]), tmp_path, cdp, EVENT)
    with driver, pytest.raises(GateError, match=r"\[gate.driver\] command: no-such-program cannot be started \(No such file"):
        driver.hand_over(message())
    with pytest.raises(GateError, match=r"\[gate.driver\] cwd: .*elsewhere is no directory"):
        open_driver(settings("command", command=["x"], cwd="elsewhere"), tmp_path, cdp, EVENT)


# -- command, lines ----------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(cdp, tmp_path):
    """Return a driver of a program that stays."""
    chosen = settings("command", command=program("post_lines.py"), mode="lines", timeout_s=5)
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        yield driver


def test_one_process_takes_all_messages(lines, cdp):
    """Each message is answered by the same process, and posted."""
    first, second = lines.hand_over(message(b"pid")), lines.hand_over(message(b"pid"))
    assert first == second
    assert first.said.isdecimal()
    assert lines.hand_over(message()) == Handed(ok=True, said="answered 202")
    assert len(cdp.accepted(EVENT)) == 1
    assert lines.synchronous


def test_a_line_that_nobody_asked_for_is_no_answer(lines):
    """What comes after an answer is forgotten when the next message is written."""
    assert lines.hand_over(message(b"twice")).said == "one"
    wait_until(lambda: lines._child.lines._lines, "the second line")
    assert lines.hand_over(message(b"pid")).said.isdecimal()


def test_a_long_line_is_cut_and_still_one_answer(lines):
    """A megabyte on one line does not come in the way of the next message."""
    assert len(lines.hand_over(message(b"long")).said) <= SAID_LIMIT
    assert lines.hand_over(message(b"pid")).said.isdecimal()


def test_a_process_that_died_is_started_again(lines, cdp):
    """Its last words and its exit code are what it said; the next message finds a new one."""
    said = "it ended without an answer\nno way to go on [redacted]"
    assert lines.hand_over(message(b"die")) == Handed(ok=False, said=said, status=7)
    assert lines.hand_over(message()).ok
    assert len(cdp.accepted(EVENT)) == 1
    assert lines.hand_over(message(b"die")).status == 7


def test_a_process_that_ends_after_its_answer_is_started_again(lines):
    """It was done with its message, so nothing is wrong."""
    assert lines.hand_over(message(b"bye")) == Handed(ok=True, said="bye")
    wait_until(lambda: lines._child.wait(0) is not None, "the process to end")
    assert lines.hand_over(message(b"pid")).ok


def test_a_process_that_hangs_is_killed_and_started_again(cdp, tmp_path):
    """The time is up, and the next message finds a new process."""
    chosen = settings("command", command=program("post_lines.py"), mode="lines", timeout_s=1.5)
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        assert driver.hand_over(message(b"hang")).said == "not done within 1.5 s, so it was killed"
        assert driver.hand_over(message()).ok


def test_the_process_ends_with_the_driver(cdp, tmp_path):
    """Closing its stdin is enough for a program that reads to the end."""
    chosen = settings("command", command=program("post_lines.py"), mode="lines")
    with open_driver(chosen, tmp_path, cdp, EVENT) as driver:
        pid = int(driver.hand_over(message(b"pid")).said)
        assert not is_gone(pid)
    assert is_gone(pid)


@pytest.mark.parametrize("mode", ["per-message", "lines"])
def test_a_process_does_not_outlive_an_interrupted_run(cdp, tmp_path, mode):
    """Ctrl-C reaches the gate alone, which ends what it started."""
    script = "import os, pathlib, time; pathlib.Path('pid').write_text(f'{os.getpid()}.'); time.sleep(600)"
    chosen = settings("command", command=[sys.executable, "-c", script], mode=mode)
    pid = tmp_path / "pid"

    def interrupt(*_):
        if pid.exists() and pid.read_text().endswith("."):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with open_driver(chosen, tmp_path, cdp, EVENT) as driver, pytest.raises(KeyboardInterrupt):
            driver.hand_over(message())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert is_gone(int(pid.read_text().rstrip(".")))


# -- python ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["send", "send_from_environment", "send_later"])
def test_a_function_sends_in_this_process(inside, function, monkeypatch):
    """Sync and async functions are called with the message, and told where to post one way or the other."""
    monkeypatch.setenv("CDP_URL", "https://another.invalid")
    before = dict(os.environ), [*sys.path]
    with open_driver(settings("python", function=f"functions:{function}"), PROGRAMS, inside, EVENT) as driver:
        assert driver.synchronous
        assert driver.in_process
        assert all(driver.hand_over(message(RECEIPT | {"storeId": str(number)})).ok for number in range(2))
    assert [one.event["storeId"] for one in inside.arrived(EVENT)] == ["0", "1"]
    assert (dict(os.environ), sys.path) == before


def test_what_a_function_raises_is_what_it_says(inside):
    """Type, message and the last line of the user's own code; no secret."""
    with open_driver(settings("python", function="functions:fail"), PROGRAMS, inside, EVENT) as driver:
        handed = driver.hand_over(message())
    line = (PROGRAMS / "functions.py").read_text().splitlines().index(
        "    httpx.URL(f\"http://host:{environ['CDP_SECRET']}\")"
    ) + 1
    assert handed.said.startswith("InvalidURL: ")
    assert handed.said.endswith(f"\nat functions.py:{line} in fail")
    assert inside.secret not in handed.said
    assert not handed.ok


@pytest.mark.parametrize(
    ("function", "body", "handed"),
    [
        ("leave", b"0", Handed(ok=True, status=0)),
        ("leave", b"4", Handed(ok=False, status=4)),
        ("leave_saying", b"", Handed(ok=False, status=1, said="no receipts")),
        ("nothing", b"", Handed(ok=True)),
    ],
    ids=["exit-0", "exit-4", "exit-text", "nothing"],
)
def test_a_function_may_end_as_a_command_does(inside, function, body, handed):
    """`sys.exit` is an exit code, a text is a complaint."""
    with open_driver(settings("python", function=f"functions:{function}"), PROGRAMS, inside, EVENT) as driver:
        assert driver.hand_over(message(body)) == handed


@pytest.mark.parametrize(
    ("function", "why"),
    [
        ("functions", "is no function; write module:function"),
        ("no_such_module:send", "no_such_module cannot be imported .ModuleNotFoundError"),
        ("functions:no_such", "functions has no function no_such"),
        ("functions:CONSTANT", "functions has no function CONSTANT"),
        ("functions:needs_more", "cannot be called with a message .missing a required argument: 'connection'"),
    ],
    ids=["no-colon", "no-module", "no-function", "no-callable", "other-parameters"],
)
def test_a_function_that_cannot_be_called_is_an_error_of_the_gate(inside, function, why):
    """Before anything is handed over, in one line; the import path is left as it was."""
    before = [*sys.path]
    with pytest.raises(GateError, match=why), open_driver(settings("python", function=function), PROGRAMS, inside, EVENT):
        pass
    assert sys.path == before


def test_a_function_whose_parameters_are_not_known_is_called_all_the_same(inside):
    """Functions written in C may not tell."""
    with open_driver(settings("python", function="builtins:int"), PROGRAMS, inside, EVENT) as driver:
        assert driver.hand_over(message(b"12")) == Handed(ok=True, said="12")


def test_handing_over_to_a_function_costs_next_to_nothing(inside):
    """A tenth of a millisecond at most, taken over 1,000 messages."""
    one = message()
    with open_driver(settings("python", function="functions:nothing"), PROGRAMS, inside, EVENT) as driver:
        taken_s = []
        for _ in range(1_000):
            began = time.perf_counter()
            driver.hand_over(one)
            taken_s.append(time.perf_counter() - began)
    assert statistics.median(taken_s) < 1e-4


# -- http --------------------------------------------------------------------------------------------------------------


class Endpoint(http.server.BaseHTTPRequestHandler):
    """An iFlow's endpoint: keeps what it is sent, and answers as the path says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, self.headers, body))
        path = urlsplit(self.path).path
        if path == "/slow":
            self.server.released.wait(10)
        if path == "/drop":
            self.close_connection = True
            return
        status, answer = {
            "/token": (200, b'{"access_token": "tok-1234567890", "expires_in": 3600}'),
            "/no-token": (401, b"who are you?"),
            "/moved": (302, b""),
            "/large": (200, b"z" * 1_000_000),
            "/echo": (500, f"failed with {self.headers['Authorization']} {self.path}".encode()),
        }.get(path, (202, b"taken"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A server whose clients may go when they have read enough."""

    def handle_error(self, *_):
        assert isinstance(sys.exception(), ConnectionError)


@pytest.fixture
def endpoint():
    """Return a running endpoint: `url`, `seen` and `released`."""
    running = Server(("127.0.0.1", 0), Endpoint)
    running.seen, running.released = [], threading.Event()
    with serving(running) as running.url:
        yield running
        running.released.set()


def handed_by_http(cdp, tmp_path, url, **given):
    """Hand one message over to *url*; return what was said, and the driver."""
    with open_driver(settings("http", url=url, **given), tmp_path, cdp, EVENT) as driver:
        return driver.hand_over(message(b"<r/>", "application/xml")), driver


def test_a_message_is_posted_as_it_is(cdp, tmp_path, endpoint, monkeypatch):
    """Body, media type, headers, secret headers and a new id arrive; the report shows neither query nor secret."""
    monkeypatch.setenv("API_KEY", "k-123456")
    given = {"headers": {"X-Run": "1"}, "secret_headers": {"X-Api-Key": "API_KEY"}, "correlation_header": "X-Id"}
    handed, driver = handed_by_http(cdp, tmp_path, f"{endpoint.url}/flow?key=abcdefgh", **given)
    assert handed == Handed(ok=True, said="taken", status=202, correlation=handed.correlation)
    [(path, headers, body)] = endpoint.seen
    assert (path, body, headers["Content-Type"]) == ("/flow?key=abcdefgh", b"<r/>", "application/xml")
    assert (headers["X-Run"], headers["X-Api-Key"], headers["X-Id"]) == ("1", "k-123456", handed.correlation)
    assert driver.described == f"http: POST {endpoint.url}/flow"
    assert (driver.synchronous, driver.in_process) == (False, False)


def test_basic_credentials_come_from_the_environment(cdp, tmp_path, endpoint, monkeypatch):
    """They are sent, and hidden where the answer repeats them."""
    monkeypatch.setenv("CPI_PASSWORD", "correct horse")
    given = {"user": "cpi", "password_env": "CPI_PASSWORD"}
    handed, _ = handed_by_http(cdp, tmp_path, f"{endpoint.url}/echo?key=abcdefgh", **given)
    assert endpoint.seen[0][1]["Authorization"] == f"Basic {basic('cpi', 'correct horse')}"
    assert (handed.ok, handed.status, handed.said) == (False, 500, "failed with Basic [redacted] /echo?key=[redacted]")


def test_a_token_is_asked_for_once(cdp, tmp_path, endpoint, monkeypatch):
    """Client credentials give a bearer token, which serves for all messages until it is about to end."""
    monkeypatch.setenv("CPI_SECRET", "s3cr3t!")
    given = {"token_url": f"{endpoint.url}/token", "client_id": "me", "client_secret_env": "CPI_SECRET"}
    with open_driver(settings("http", url=f"{endpoint.url}/echo", **given), tmp_path, cdp, EVENT) as driver:
        said = [driver.hand_over(message()).said for _ in range(2)]
    assert [path for path, *_ in endpoint.seen] == ["/token", "/echo", "/echo"]
    assert parse_qs(endpoint.seen[0][2].decode()) == {"grant_type": ["client_credentials"]}
    assert endpoint.seen[0][1]["Authorization"] == f"Basic {basic('me', 's3cr3t!')}"
    assert endpoint.seen[1][1]["Authorization"] == "Bearer tok-1234567890"
    assert said == ["failed with Bearer [redacted] /echo"] * 2


@pytest.mark.parametrize(
    ("path", "given", "ok", "status"),
    [
        ("/moved", {}, False, 302),
        ("/moved", {"accepted": [302]}, True, 302),
        ("/flow", {"accepted": [200]}, False, 202),
        ("/slow", {"timeout_s": 0.3}, False, None),
        ("/drop", {}, False, None),
        ("/large", {}, True, 200),
    ],
    ids=["redirect", "redirect-accepted", "not-accepted", "slow", "dropped", "large"],
)
def test_an_answer_that_is_none_is_said(cdp, tmp_path, endpoint, path, given, ok, status):
    """Redirects are not followed, silence ends in time, and each is what the integration said."""
    handed, _ = handed_by_http(cdp, tmp_path, f"{endpoint.url}{path}", **given)
    assert (handed.ok, handed.status) == (ok, status)
    assert handed.said.startswith({"/slow": "no answer within 0.3 s", "/drop": "RemoteProtocolError"}.get(path, ""))
    assert len(endpoint.seen) == 1


def test_tls_is_checked_against_the_given_certificates(cdp, tmp_path):
    """With the authority's file the endpoint is trusted, without it there is no connection."""
    with MockCDP(tls=True) as other:
        target = other.listener(EVENT)
        url = f"{target.url}?userKey={quote(target.user_key, safe='')}&secret={quote(target.secret, safe='')}"
        shutil.copy(other.environ()["SSL_CERT_FILE"], tmp_path / "ca.pem")
        with open_driver(settings("http", url=url, ca_file="ca.pem"), tmp_path, cdp, EVENT) as driver:
            assert driver.hand_over(message()).status == 202
        with pytest.raises(GateError, match=r"cannot be reached .*certificate verify failed"):
            handed_by_http(cdp, tmp_path, url)
        assert target.secret not in driver.described
        assert len(other.accepted(EVENT)) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "http://127.0.0.1:1/"}, r"url: cannot be reached .*is the integration running"),
        ({"url": "ftp://host/"}, "url: no http or https URL"),
        ({"url": "https://me:pw@host/"}, "url: holds a user or a password; give user and password_env"),
        ({"url": "https://host:port/"}, "url: no URL"),
        ({"user": "me"}, "password_env: goes with user"),
        ({"client_id": "me"}, "client_id: goes with token_url"),
        ({"user": "me", "password_env": "NOT_SET_X"}, "password_env: the environment variable NOT_SET_X is not set"),
        ({"user": "me", "token_url": "https://host/"}, "user and token_url: an endpoint takes one kind"),
        ({"ca_file": "none.pem"}, "ca_file: none.pem cannot be read"),
        ({"ca_file": "bad.pem"}, "ca_file: bad.pem cannot be read"),
        (
            {"token_url": "{url}/no-token", "client_id": "me", "client_secret_env": "HAS"},
            "token_url: answered 401 without an access",
        ),
        ({"token_url": "http://127.0.0.1:1/", "client_id": "me", "client_secret_env": "HAS"}, "token_url: cannot be reached"),
    ],
    ids=str,
)
def test_an_endpoint_that_cannot_be_reached_is_an_error_of_the_gate(cdp, tmp_path, endpoint, monkeypatch, given, why):
    """One line names the setting, what was found, and what to do."""
    monkeypatch.setenv("HAS", "a secret")
    (tmp_path / "bad.pem").write_text("no certificate")
    chosen = {name: value.replace("{url}", endpoint.url) for name, value in ({"url": endpoint.url} | given).items()}
    with pytest.raises(GateError, match=rf"^\[gate.driver\] {why}") as raised:
        handed_by_http(cdp, tmp_path, **chosen)
    assert "\n" not in str(raised.value)
    assert "pw@" not in str(raised.value)


# -- files -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def watching(cdp, directory: Path, then: str):
    """Have a program watch *directory* while the block runs."""
    directory.mkdir()
    for name in (".done", "error"):
        (directory / name).mkdir()
    process = subprocess.Popen(
        [*program("watcher.py"), str(directory), then], env=os.environ | cdp.environ(EVENT), stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"watching\n"
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize(
    ("consumed", "then"),
    [("deleted", "delete"), ("moved", "move"), ("moved", "mark"), ("kept", "keep")],
    ids=["deleted", "moved", "marked", "kept"],
)
def test_a_file_is_handed_over_when_the_integration_is_done(cdp, tmp_path, consumed, then):
    """Each way of a watcher to show that it is done is understood; the next message has the next number, no file is left."""
    with watching(cdp, tmp_path / "in", then):
        (tmp_path / "in" / ".done" / "message-4.json").touch()
        with open_driver(settings("files", directory="in", consumed=consumed), tmp_path, cdp, EVENT) as driver:
            said = [driver.hand_over(message(RECEIPT | {"receiptId": f"R1-20241130-1-{number}"})) for number in range(2)]
        assert [one.said for one in said] == ["message-5.json: done", "message-6.json: done"]
        assert all(one.ok for one in said)
    assert len(cdp.accepted(EVENT)) == 2
    assert {path.name for path in (tmp_path / "in").glob("message-*.json")} == set()
    assert not driver.synchronous


def test_a_file_that_is_put_aside_was_refused(cdp, tmp_path):
    """An `error` folder is the integration's no."""
    with (
        watching(cdp, tmp_path / "in", "refuse"),
        open_driver(settings("files", directory="in", consumed="moved"), tmp_path, cdp, EVENT) as driver,
    ):
        handed = driver.hand_over(message())
    assert handed == Handed(ok=False, said="the integration put it aside as error/message-1.json")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (message(b"a", "text/csv; charset=utf-8"), "message-1.csv"),
        (Message(body=b"", media_type="", name="x/WPUBON.idoc"), "message-1.idoc"),
    ],
    ids=["by-type", "by-name"],
)
def test_a_file_that_nobody_takes_is_taken_back(cdp, tmp_path, given, name):
    """The wait ends, says so, and leaves nothing behind."""
    with open_driver(settings("files", directory=".", timeout_s=0.2), tmp_path, cdp, EVENT) as driver:
        assert driver.hand_over(given) == Handed(ok=False, said=f"{name}: not deleted within 0.2 s")
    assert [*tmp_path.iterdir()] == []


def test_a_directory_that_is_not_there_is_an_error_of_the_gate(cdp, tmp_path):
    """Nor one that goes away."""
    with pytest.raises(GateError, match=r"directory: .*nowhere is no directory"):
        open_driver(settings("files", directory="nowhere"), tmp_path, cdp, EVENT).__enter__()
    (tmp_path / "in").mkdir()
    with open_driver(settings("files", directory="in"), tmp_path, cdp, EVENT) as driver:
        (tmp_path / "in").rmdir()
        with pytest.raises(GateError, match=r"message-1.json cannot be written \(No such file"):
            driver.hand_over(message())


# -- cpi ---------------------------------------------------------------------------------------------------------------

XML = b"<Receipt><items><sku>1</sku></items></Receipt>"
SENT = {"items": [{"sku": "1"}]}
OWN = "https://cdp.eu5-prod.gigya.com/api/businessunits/4_U/applications/A/dataevents/E/event"
AS_OURS = {"authenticationMethod": "None", "httpAddressQuery": "userKey=U&secret=theirs&v=1"}


@pytest.fixture
def flow(tmp_path):
    """Return what writes an export and gives settings for it."""

    def written(*nodes, channels=None, routes=None, parameters=None, lone=False, **given):
        raw = flows.iflw(*nodes, channels=channels or {"Call": flows.RECEIVER | AS_OURS}, routes=routes)
        name = "flow.iflw" if lone else "flow.zip"
        (tmp_path / name).write_bytes(raw if lone else flows.artefact(raw, parameters=parameters))
        return settings("cpi", iflow=name, **given)

    return written


def through(chosen, tmp_path, inside, body=XML):
    """Hand one message over; return what was said, and the driver."""
    with open_driver(chosen, tmp_path, inside, EVENT) as driver:
        return driver.hand_over(message(body, "application/xml")), driver


def headers_of(inside) -> dict[str, str]:
    return dict(inside.receipts()[0].headers)


def channel(**changes):
    return {"Call": flows.RECEIVER | AS_OURS | changes}


def test_a_flow_is_imitated_as_its_export_says(inside, tmp_path, flow):
    """Converted, posted in chunks with the framework's headers and no other but those that the flow sets."""
    handed, driver = through(flow(flows.converter(), flows.modifier(), flows.call()), tmp_path, inside)
    assert [one.event for one in inside.arrived(EVENT)] == [SENT]
    headers = headers_of(inside)
    ids = {headers.pop("sap-mplcorrelationid"), headers.pop("sap-messageprocessinglogid")}
    assert headers == {
        "host": urlsplit(inside.url).hostname,
        "transfer-encoding": "chunked",
        "content-type": "application/json",
    }
    assert len(ids) == 2
    assert handed.correlation in ids
    assert (handed.ok, handed.status) == (False, 400)
    assert handed.said.startswith(f"HTTP operation failed invoking {inside.url}/api/")
    assert "with statusCode: 400\n{" in handed.said
    assert driver.described == "cpi: imitates Receipts (flow.zip)"
    assert len(driver.notes) == 1
    assert driver.notes[0].startswith("The channel's address ends in /api/businessunits/4_U/")
    assert (driver.synchronous, driver.in_process) == (True, True)
    assert inside.secret not in repr((handed, driver.notes, driver.described))


def test_a_message_that_is_accepted_is_no_complaint(inside, tmp_path, flow):
    """A flow without a converter sends what it gets, and the answer is kept."""
    handed, driver = through(flow(flows.call()), tmp_path, inside, json.dumps(RECEIPT).encode())
    assert (handed.ok, handed.status) == (True, 202)
    assert "content-type" not in headers_of(inside)
    assert "The flow has no XML to JSON converter before the call: the message is sent as it is." in driver.notes
    assert len(inside.accepted(EVENT)) == 1


def test_xml_that_cannot_be_converted_fails_before_anything_is_sent(inside, tmp_path, flow):
    """The converter's words are what the flow says."""
    handed, _ = through(flow(flows.converter(), flows.call()), tmp_path, inside, b"<a>")
    assert handed.said.startswith("XML to JSON converter: ")
    assert not handed.ok
    assert inside.receipts() == []


def test_a_failure_may_be_hidden(inside, tmp_path, flow):
    """With Throw Exception on Failure off the flow goes on, and only the mock knows."""
    handed, _ = through(flow(flows.call(), channels=channel(throwExceptionOnFailure="false")), tmp_path, inside, b"{}")
    assert (handed.ok, handed.status) == (True, 400)
    assert "Throw Exception on Failure is off, so the flow went on" in handed.said


@pytest.mark.parametrize(
    ("listed", "sent"),
    [("", []), ("X-One|Via", ["x-one"]), ("*", ["x-one", "x-two"])],
    ids=["none", "listed", "all"],
)
def test_only_listed_headers_are_sent(inside, tmp_path, flow, listed, sent):
    """Camel's own and those of the connection never are; a value that is known only later is named."""
    names = ["X-One", "X-Two", "Via", "CamelHttpQuery"]
    rows = [*(("header", name, "1") for name in names), ("header", "X-Later", "${property.x}"), ("property", "X-Three", "1")]
    chosen = flow(flows.modifier(rows), flows.call(), channels=channel(allowedRequestHeaders=listed))
    _, driver = through(chosen, tmp_path, inside)
    assert [name for name in headers_of(inside) if name.startswith(("x-", "via", "camel"))] == sent
    assert any("header X-Later is left out" in note for note in driver.notes) is (listed == "*")


def test_the_framework_headers_can_be_off(inside, tmp_path, flow):
    """The property SAP_DisableMonitoringHeaders is obeyed; a Content-Type of the settings wins over the flow's."""
    rows = [("property", "SAP_DisableMonitoringHeaders", "true"), ("header", "content-type", "text/xml")]
    through(flow(flows.modifier(rows), flows.call(), content_type="application/json; charset=utf-8"), tmp_path, inside)
    assert [name for name in headers_of(inside) if name.startswith("sap")] == []
    assert headers_of(inside)["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("ending", ["event", "events"])
def test_a_batch_goes_where_batches_go(inside, tmp_path, flow, ending):
    """The channel's address says which of the two; its credentials give way, its other parameters stay."""
    chosen = flow(flows.call(), parameters={"CDP_Address": OWN.removesuffix("event") + ending})
    through(chosen, tmp_path, inside, json.dumps([RECEIPT]).encode())
    [receipt] = inside.receipts()
    assert receipt.path.endswith(f"/{ending}")
    assert receipt.query.endswith("&v=1")
    assert "theirs" not in receipt.query


@pytest.mark.parametrize(
    ("faults", "changes", "statuses"),
    [
        ({"statuses": [503, 429]}, {"retryIteration": "3", "httpErrorResponseCodes": "429,503"}, [202]),
        ({"status": 503, "times": 9}, {"retryIteration": "7", "httpErrorResponseCodes": "503"}, [503]),
        ({"status": 503}, {"retryIteration": "3", "httpErrorResponseCodes": "429"}, [503]),
        ({"status": 503}, {"httpErrorResponseCodes": "503"}, [503]),
        ({"close": True}, {"retryIteration": "3", "httpErrorResponseCodes": "503", "retryOnConnectionFailure": "true"}, [None]),
    ],
    ids=["until-taken", "three-at-most", "not-listed", "no-number", "no-answer"],
)
def test_the_adapter_retries_as_it_is_told(inside, tmp_path, flow, faults, changes, statuses):
    """Listed statuses, three times at most; the ids stay the same; a lost answer is not retried."""
    trouble = inside.fault(**faults)
    handed, driver = through(flow(flows.call(), channels=channel(**changes)), tmp_path, inside, json.dumps(RECEIPT).encode())
    assert [handed.status] == statuses
    assert handed.ok is (statuses == [202])
    assert trouble.used == {"statuses": 2, "times": 4}.get(next(iter({"statuses", "times"} & set(faults)), ""), 1)
    assert any("has no number of retries" in note for note in driver.notes) is ("retryIteration" not in changes)


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [
        (0.0, False),
        (30.0, True),
        (datetime(2100, 1, 1, tzinfo=UTC), True),
        (datetime(2020, 1, 1, tzinfo=UTC), False),
        (None, True),
    ],
    ids=["0", "30", "later", "past", "interval"],
)
def test_retry_after_wins_over_the_interval(inside, tmp_path, flow, retry_after, waits):
    """It waits as the answer says, else as the channel says, and never longer than the settings allow."""
    inside.fault(status=429, retry_after=retry_after)
    changes = {"retryIteration": "1", "retryInterval": "50", "httpErrorResponseCodes": "429"}
    chosen = flow(flows.call(), channels=channel(**changes), pause_at_most_s=0.4)
    began = time.monotonic()
    handed, _ = through(chosen, tmp_path, inside, json.dumps(RECEIPT).encode())
    assert handed.ok
    assert (time.monotonic() - began >= 0.4) is waits


def test_a_retry_after_that_says_nothing_is_ignored():
    """Neither seconds nor a date."""
    assert driver_cpi._seconds("soon") is None


def test_an_unreachable_cdp_fails_the_message(tmp_path, flow, server):
    """No connection is retried where the channel says so, and is then the flow's failure."""
    with server.session() as cdp:
        cdp.url = "http://127.0.0.1:1"
        changes = {"retryIteration": "2", "retryInterval": "0", "retryOnConnectionFailure": "true"}
        handed, _ = through(flow(flows.call(), channels=channel(**changes)), tmp_path, cdp)
    assert not handed.ok
    assert handed.said.startswith("ConnectError")


def test_what_is_not_imitated_is_named(inside, tmp_path, flow):
    """Scripts, mappings, bodies that are set, authentication, other calls and values known only later: a note for each."""
    nodes = (
        flows.converter(xmlJsonSuppressRootElement="perhaps"),
        flows.script(),
        flows.modifier([], named="Wrap", body='{"a": ${body}}'),
        flows.Node("Odd", "callActivity", {"activityType": "Enricher", "headerTable": "no table"}),
        flows.call(),
        flows.call("Other"),
    )
    changed = {
        "authenticationMethod": "OAuth2 Client Credentials",
        "httpAddressWithoutQuery": "${header.a}",
        "httpAddressQuery": "x=${header.b}",
        "httpMethod": "Dynamic",
        "httpRequestTimeout": "soon",
        "retryIteration": "often",
    }
    chosen = flow(*nodes, channels=channel(**changed) | {"Other": flows.RECEIVER}, channel="MessageFlow_Call")
    handed, driver = through(chosen, tmp_path, inside)
    said = "\n".join(driver.notes)
    for part in (
        "Convert step (Convert): xmlJsonSuppressRootElement has no known form",
        "Run step (Run): Script is not imitated; the message passes it unchanged.",
        "Wrap step (Wrap): the body that it sets is not imitated",
        "Odd step (Odd): headerTable has no known form and is left out.",
        "OAuth2 Client Credentials is not imitated",
        "the address is known only when the flow runs",
        "the query parameter x is left out",
        "the method is known only when the flow runs",
        "httpRequestTimeout has no known form",
        "retryIteration is no number",
        "(MessageFlow_Other): is not called.",
    ):
        assert part in said
    assert len(driver.notes) == 11
    assert handed.status == 400


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"channels": {"Call": {"ComponentType": "SFTP"}}}, "has no HTTP receiver channel"),
        ({"channels": {"Call": flows.RECEIVER, "Other": flows.RECEIVER}}, "channel: 2 HTTP receiver channels it could be"),
        ({"channel": "No"}, "channel: no HTTP receiver channel is called No"),
        ({"step": "No"}, "step: .* has no converter No before the call"),
        ({"channel": "MessageFlow_Call"}, "step: 2 converters it could be; .*: Convert step .Convert., Again step .Again."),
    ],
    ids=["no-channel", "two-channels", "no-such-channel", "no-such-step", "two-converters"],
)
def test_a_flow_that_is_not_clear_is_an_error_of_the_gate(inside, tmp_path, flow, given, why):
    """One line says what to choose."""
    again = msgspec.structs.replace(flows.converter(), id="Again")
    chosen = flow(flows.converter(), again, flows.call(), flows.call("Other"), **given)
    with pytest.raises(GateError, match=why):
        open_driver(chosen, tmp_path, inside, EVENT)


def test_an_export_that_cannot_be_read_is_an_error_of_the_gate(inside, tmp_path):
    """Missing, or something else."""
    (tmp_path / "flow.zip").write_bytes(b"no zip")
    for name, why in (("none.zip", "none.zip cannot be read"), ("flow.zip", "iflow: .*flow.zip")):
        with pytest.raises(GateError, match=why):
            open_driver(settings("cpi", iflow=name), tmp_path, inside, EVENT)


# -- settings ----------------------------------------------------------------------------------------------------------


def test_the_kind_of_driver_says_whether_a_socket_is_needed():
    """Known before a driver, and the mock that it needs, is opened."""
    assert in_process(settings("python", function="a:b"))
    assert in_process(settings("cpi", iflow="a.zip"))
    assert not in_process(settings("http", url="https://host"))


def test_every_setting_is_described():
    """The reference of the settings is made of these."""
    for kind in DriverSettings.__args__:
        for field in msgspec.inspect.type_info(kind).fields:
            hint = kind.__annotations__[field.name]
            assert hint.__metadata__[0].description.endswith("."), (kind, field.name)


def test_an_unknown_setting_is_refused():
    """A typing mistake is not ignored."""
    with pytest.raises(msgspec.ValidationError, match="unknown field `comand`"):
        settings("command", command=["x"], comand=[])
