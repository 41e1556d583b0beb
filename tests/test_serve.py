"""`mock-cdp serve` as a process: it starts, keeps what it acknowledged, takes up edits, and says one line when it cannot."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from running import MOCK_CDP, Running, answers, contract_of, free_port, query_of, start_mock, wait_until


def post_receipt(client: httpx.Client, url: str, contract, number: int, **changes) -> httpx.Response:
    """Post the *number*-th pos-receipt."""
    event = contract.accepted_samples[0].event | {"receiptId": f"R101-20241130-3-{number}"} | changes
    return client.post(f"{url}{contract.listener_path}/event?{query_of(contract)}", json=event)


@pytest.fixture
def pos(catalog: Catalog):
    """Return the pos-receipt contract."""
    return contract_of(catalog, "pos-receipt")


def test_it_prints_where_things_are_and_accepts(mock: Running, pos):
    """The banner's listener URL takes an event with the shipped keys."""
    assert f"{mock.url}{pos.listener_path}/event" in mock.output
    assert "keys" in mock.output
    assert pos.credentials.user_secret not in mock.output
    with httpx.Client() as client:
        answer = post_receipt(client, mock.url, pos, 1)
        assert answer.status_code == 202
        assert client.get(f"{mock.url}/_mock/counts").json()["accepted"] == 1


def test_gzip_chunks_and_curls_default_type_are_taken(mock: Running, pos):
    """What real clients send over a real socket: chunked, gzip, and form-encoded by mistake."""
    import gzip

    event = json.dumps(pos.accepted_samples[0].event | {"receiptId": "R1-20241130-3-1"}).encode()
    url = f"{mock.url}{pos.listener_path}/event?{query_of(pos)}"
    with httpx.Client() as client:
        assert client.post(url, content=iter([event[:10], event[10:]])).json()["outcome"] == "accepted"
        packed = gzip.compress(event)
        assert client.post(url, content=packed, headers={"Content-Encoding": "gzip"}).json()["outcome"] == "duplicate"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post(url, content=event, headers=form).json()["outcome"] == "duplicate"


def test_a_long_poll_does_not_hold_up_deliveries(mock: Running, pos):
    """Many waits at once, and the event they wait for still comes in and wakes them all."""
    answers = []

    def wait() -> None:
        answers.append(httpx.get(f"{mock.url}/_mock/await?n=1&timeout_s=20", timeout=30).json()["satisfied"])

    threads = [threading.Thread(target=wait) for _ in range(20)]
    for thread in threads:
        thread.start()
    with httpx.Client() as client:
        assert post_receipt(client, mock.url, pos, 1).status_code == 202
    for thread in threads:
        thread.join(10)
    assert answers == [True] * 20


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path, pos):
    """Under load from four clients, every 202 is in the journal and in the tally after a restart."""
    running = start_mock(cwd=tmp_path)
    acknowledged: list[str] = []
    stop = threading.Event()

    def load(client_number: int) -> None:
        number = client_number * 1_000_000
        with httpx.Client() as client:
            while not stop.is_set():
                number += 1
                try:
                    answer = post_receipt(client, running.url, pos, number)
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    acknowledged.append(answer.json()["callId"])

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 300, "300 acknowledged events", 60)
    os.killpg(running.process.pid, signal.SIGKILL)
    stop.set()
    for thread in threads:
        thread.join()
    running.process.wait()
    running.process.stdout.close()

    again = start_mock(cwd=tmp_path)
    with httpx.Client() as client:
        counts = client.get(f"{again.url}/_mock/counts").json()
        lost = [call for call in acknowledged if client.get(f"{again.url}/_mock/receipts/{call}").status_code != 200]
    again.stop()
    assert lost == []
    # A request in flight when the process died may have been kept without being answered: at most one a client.
    assert len(acknowledged) <= counts["accepted"] <= len(acknowledged) + 4
    assert counts["kept"] == counts["deliveries"]


def test_two_workers_keep_one_tally(tmp_path: Path, pos):
    """Deliveries over many connections to two processes: none lost, each key accepted once, reads see every write."""
    running = start_mock("--workers", "2", cwd=tmp_path)
    outcomes: list[str] = []

    def load() -> None:
        for number in range(40):
            with httpx.Client() as client:  # a connection each, so that both workers take part
                outcomes.append(post_receipt(client, running.url, pos, number).json()["outcome"])

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = httpx.get(f"{running.url}/_mock/counts").json()
    running.stop()
    assert (counts["received"], counts["accepted"], counts["duplicate"]) == (160, 40, 120)
    assert (outcomes.count("accepted"), outcomes.count("duplicate")) == (40, 120)


def test_sessions_are_known_to_every_worker(tmp_path: Path, pos):
    """A session made through one worker authenticates at once through any."""
    running = start_mock("--workers", "2", cwd=tmp_path)
    for number in range(10):
        session = httpx.post(f"{running.url}/_mock/sessions").json()
        query = f"userKey={session['userKey']}&secret={session['secret']}"
        event = pos.accepted_samples[0].event | {"receiptId": f"R1-20241130-3-{number}"}
        assert httpx.post(f"{session['listeners']['pos-receipt']}?{query}", json=event).status_code == 202
        assert httpx.get(f"{running.url}/_mock/counts?session={session['id']}").json()["accepted"] == 1
    running.stop()


def test_an_edited_contract_is_live_within_a_second(tmp_path: Path, pos):
    """A good edit is enforced; a broken one leaves the last good one in force and is said in health and log."""
    folder = tmp_path / "contracts"
    shutil.copytree(shipped_catalog(), folder)
    running = start_mock("--contracts", str(folder), cwd=tmp_path)
    model = folder / "retail/applications/sap-car/dataevents/pos-receipt/model.schema.json"
    schema = json.loads(model.read_text())
    with httpx.Client() as client:
        assert post_receipt(client, running.url, pos, 1).status_code == 202
        schema["required"].append("cashier")
        model.write_text(json.dumps(schema))
        edited = time.monotonic()
        wait_until(lambda: post_receipt(client, running.url, pos, 2).status_code == 400, "the edit to be enforced", 5)
        took = time.monotonic() - edited
        model.write_text('{"type": "object", "properties": {"a": {"type": "nonsense"}}}')
        health = f"{running.url}/_mock/health/ready"
        wait_until(lambda: client.get(health).json()["contracts"]["trouble"], "the broken edit to be said", 5)
        assert client.get(health).status_code == 200
        assert post_receipt(client, running.url, pos, 3).status_code == 400
        schema["required"].remove("cashier")
        model.write_text(json.dumps(schema))
        wait_until(lambda: post_receipt(client, running.url, pos, 4).status_code == 202, "the mended contract", 5)
        assert client.get(health).json()["contracts"]["trouble"] == []
    running.stop()
    assert took < 1.0


def _fails(*arguments: str, cwd: Path, **environ: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_CDP_")}
    done = subprocess.run(
        [MOCK_CDP, "serve", *arguments], cwd=cwd, env=clean | environ, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_is_one_line(tmp_path: Path):
    """Port, address, and what to do."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        said = _fails("--port", str(port), cwd=tmp_path)
    assert said.splitlines() == [f"mock-cdp: 127.0.0.1:{port} is taken; stop what listens there or choose another with --port"]


def test_an_unreadable_store_is_one_line(tmp_path: Path):
    """A file that is no database is named."""
    (tmp_path / "junk.db").write_bytes(b"this is not a database, whatever its name says" * 100)
    said = _fails("--store", "junk.db", cwd=tmp_path)
    assert len(said.splitlines()) == 1
    assert "junk.db" in said


@pytest.mark.parametrize(
    ("store", "says"),
    [
        ("nowhere/mock.db", "store nowhere/mock.db: there is no folder nowhere; make it or choose another file with --store"),
        (
            "postgresql://me:pa55@db/mock",
            "store postgresql://… is not supported; name a SQLite file or sqlite:// for memory",
        ),
    ],
)
def test_a_store_that_cannot_be_is_one_line(tmp_path: Path, store: str, says: str):
    """What is wrong and what to do; nothing is made beside it."""
    assert _fails("--store", store, cwd=tmp_path) == f"mock-cdp: {says}\n"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "junk.db").write_bytes(b"no database" * 1_000)
    _fails("--store", "junk.db", cwd=tmp_path)
    assert not (tmp_path / "junk.db.key").exists()


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"\xff\xfe")])
def test_a_key_that_cannot_be_read_is_one_line(tmp_path: Path, make):
    """The file is named."""
    make(tmp_path / "mock-cdp.db.key")
    said = _fails(cwd=tmp_path)
    assert len(said.splitlines()) == 1
    assert "mock-cdp.db.key" in said


def test_admin_keys_are_told_after_a_start_that_failed(tmp_path: Path):
    """They are told once, so a taken port must not use that up."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        _fails("--port", str(holder.getsockname()[1]), cwd=tmp_path)
    running = start_mock(cwd=tmp_path)
    running.stop()
    assert "  admin     userKey A" in running.output


def test_two_that_start_at_once_do_not_share_a_port(tmp_path: Path):
    """One serves, the other says that the port is taken; deliveries must not go to now one, now the other."""
    port = str(free_port())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOCK_CDP_")}
    both = [
        subprocess.Popen(
            [MOCK_CDP, "serve", "--port", port, "--store", f"{name}.db"],
            cwd=tmp_path, env=clean, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    wait_until(lambda: any(process.poll() is not None for process in both), "one of them to give up")
    loser, winner = sorted(both, key=lambda process: process.poll() is None)
    assert (loser.returncode, winner.poll()) == (2, None)
    assert f"127.0.0.1:{port} is taken" in loser.stderr.read()
    wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "the other to answer")
    winner.send_signal(signal.SIGINT)
    assert winner.wait(20) == 0
    for process in both:
        process.stderr.close()


def test_a_worker_that_dies_is_told(tmp_path: Path):
    """And nothing goes on as if nothing had happened."""
    running = start_mock(cwd=tmp_path)
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    assert running.process.wait(10) == 2
    assert running.process.stdout.read() == (
        "mock-cdp: a worker ended unexpectedly; whatever was acknowledged is kept. Start it again\n"
    )
    running.process.stdout.close()


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path):
    """Nobody is left to keep the port."""
    running = start_mock("--workers", "2", cwd=tmp_path)
    running.process.kill()
    running.process.wait()
    wait_until(lambda: not answers(running.url), "the workers to end")
    running.process.stdout.close()
    again = start_mock("--port", running.url.rsplit(":", 1)[1], cwd=tmp_path)
    again.stop()


def test_a_closed_terminal_ends_it(tmp_path: Path):
    """SIGHUP reaches parent and worker; none stays behind to keep the port."""
    running = start_mock(cwd=tmp_path)
    os.killpg(running.process.pid, signal.SIGHUP)
    running.process.wait(10)
    running.process.stdout.close()
    assert not answers(running.url)


@pytest.mark.parametrize(("host", "url"), [("localhost", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_a_host_is_a_name_or_an_address(tmp_path: Path, host: str, url: str):
    """And every URL printed can be used."""
    running = start_mock("--host", host, cwd=tmp_path)
    running.stop()
    assert running.url.startswith(url)
    assert f"  counts    {url}" in running.output


def test_a_host_that_is_not_ours_is_one_line(tmp_path: Path):
    """With the option that names it."""
    for host in ("nowhere.invalid", "192.0.2.1"):
        said = _fails("--host", host, cwd=tmp_path)
        assert len(said.splitlines()) == 1
        assert "name an address of this machine with --host" in said


@pytest.mark.parametrize("suffix", [".key", ".mark"])
def test_a_file_beside_the_store_that_cannot_be_used_is_one_line(tmp_path: Path, suffix: str):
    """Another user's, for example."""
    (tmp_path / f"mock.db{suffix}").mkdir()
    said = _fails("--store", "mock.db", cwd=tmp_path)
    assert len(said.splitlines()) == 1
    assert f"mock.db{suffix}" in said


def test_the_hint_at_the_keys_names_the_folder_served(tmp_path: Path):
    """Without it the command would look among the contracts that ship; two events of one name are told apart."""
    folder = tmp_path / "my contracts"
    shutil.copytree(shipped_catalog(), folder)
    applications = folder / "retail/applications"
    shutil.copytree(applications / "s4hana/dataevents/business-partner", applications / "sap-car/dataevents/business-partner")
    running = start_mock("--contracts", str(folder), cwd=tmp_path)
    running.stop()
    assert f"mock-cdp contracts show EVENT '{folder}' --keys" in running.output
    assert "  retail/s4hana/business-partner\n" in running.output
    assert "  retail/sap-car/business-partner\n" in running.output


def test_a_broken_folder_names_every_problem(tmp_path: Path):
    """File, pointer and reason of each."""
    folder = tmp_path / "contracts"
    shutil.copytree(shipped_catalog(), folder)
    event = folder / "retail/applications/sap-car/dataevents/pos-receipt"
    (event / "event.json").write_text("{")
    (event.parents[2] / "sap-commerce/dataevents/web-order/model.schema.json").write_text('{"type": "string"}')
    said = _fails("--contracts", str(folder), cwd=tmp_path)
    assert "pos-receipt/event.json" in said
    assert "web-order/model.schema.json" in said


@pytest.mark.parametrize(
    ("toml", "environ", "named"),
    [
        ("prot = 1", {}, "did you mean port?"),
        ("", {"MOCK_CDP_PROT": "1"}, "did you mean port?"),
        ('port = "many"', {}, "port = 'many'"),
        ('answer = "latr"', {}, "answer = 'latr': choose one of: now, later"),
        ("[serve]\nport = 1", {}, "unknown setting serve; settings stand at the top of the file"),
        ('host = "10.255.255.1"', {}, "name an address of this machine with --host"),
        ("port = ", {}, "mock-cdp.toml"),
        ("", {"MOCK_CDP_KEY": "short"}, "MOCK_CDP_KEY"),
    ],
)
def test_a_setting_nobody_knows_is_one_line(tmp_path: Path, toml: str, environ: dict, named: str):
    """Its source, its name, and the nearest known one."""
    (tmp_path / "mock-cdp.toml").write_text(toml)
    said = _fails(cwd=tmp_path, **environ)
    assert len(said.splitlines()) == 1
    assert named in said


def test_the_key_beside_the_store_is_private(tmp_path: Path):
    """Only its owner can read it, and no session secret is in the store."""
    running = start_mock("--store", "shared.db", cwd=tmp_path)
    secret = httpx.post(f"{running.url}/_mock/sessions").json()["secret"]
    running.stop()
    assert (tmp_path / "shared.db.key").stat().st_mode & 0o777 == 0o600
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("shared.db*"))
    assert secret.encode() not in stored


def test_ctrl_c_ends_it_at_once(tmp_path: Path):
    """A terminal sends SIGINT to the parent and its worker together; none hangs, and nothing is left running."""
    for _ in range(5):
        running = start_mock(cwd=tmp_path)
        began = time.monotonic()
        os.killpg(running.process.pid, signal.SIGINT)
        assert running.process.wait(10) == 0
        assert time.monotonic() - began < 1.9  # before a worker would be killed
        running.process.stdout.close()
        with pytest.raises(ProcessLookupError):
            os.killpg(running.process.pid, 0)
