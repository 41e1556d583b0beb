"""What every store promises: one suite for memory and file."""

import random
import resource
import sqlite3
import threading
import time

import pytest
from store_drafts import EVENT, assert_sums_hold, draft, everything, settle

from mock_cdp.core.receipt import Filter, Session
from mock_cdp.store.base import StoreError
from mock_cdp.store.sql import JournalLimits, open_store
from running import wait_until

OTHER = "retail/web-shop/web-order"


def session(name):
    return Session(id=f"session-{name}", user_key=f"AFAKE{name}", created_at=float(len(name)), public_key="PEM", label=name)


def in_one_group(store, deliveries):
    """Append from a thread each, in order, so that one transaction takes them all; return receipts or errors."""
    results = [None] * len(deliveries)

    def append(place, wanted, settle):
        try:
            results[place] = store.append(wanted, settle)
        except Exception as error:  # noqa: BLE001  # the test looks at it
            results[place] = error

    threads = []
    with store._journal.lock:  # nobody can lead before all are queued
        for place, (wanted, settling) in enumerate(deliveries):
            threads.append(threading.Thread(target=append, args=(place, wanted, settling)))
            threads[-1].start()
            wait_until(lambda: len(store._journal._queue) == len(threads), "all to queue")
    for thread in threads:
        thread.join()
    return results


# -- appending and reading ---------------------------------------------------------------------------------------------


def test_what_was_appended_is_read_at_once(store):
    """A receipt is found by its call id, in pages and in the tally as soon as append returns."""
    receipt = store.append(draft("k1", body=b'{"a":1}'), settle)
    assert receipt.status == 202
    assert len(receipt.call_id) == 32
    assert store.receipt(receipt.call_id) == receipt
    assert store.receipts(Filter(), limit=10).receipts == [receipt]
    assert store.tally("default").accepted == store.count(Filter()) == 1


def test_submitted_is_kept_before_the_caller_hears(store):
    """When *kept* is called, the receipt can be read."""
    heard, found = threading.Event(), []

    def kept(receipt):
        found.append(store.receipt(receipt.call_id))
        heard.set()

    store.submit(draft("k1"), settle, kept)
    assert heard.wait(5)
    assert found[0].outcomes == ["accepted"]


def test_a_caller_that_fails_stops_nobody(store, caplog):
    """A callback that raises is logged; deliveries after it are kept and answered."""
    heard = threading.Event()

    def gone(_):
        raise OSError("client gone")

    store.submit(draft("k1"), settle, gone)
    store.submit(draft("k2"), settle, lambda _: heard.set())
    assert heard.wait(5)
    assert store.tally(None).accepted == 2
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize("call_id", ["", "x", "0" * 32, "f" * 32, "g" * 32, "0" * 16 + "1", "é" * 32, "0" * 16 + "+" + "1" * 15])
def test_unknown_call_ids_find_nothing(store, call_id):
    """Whatever is asked for, the answer is a receipt or None."""
    store.append(draft("k1"), settle)
    assert store.receipt(call_id) is None


def test_a_call_id_needs_its_random_part(store):
    """The position alone finds no receipt."""
    call_id = store.append(draft("k1"), settle).call_id
    assert store.receipt("0" * 16 + call_id[16:]) is None


def test_tally_counts_by_application_event_and_code(store):
    """Outcomes are counted where they happened; a code counts events, not violations."""
    store.append(draft("a", "b"), settle)
    codes = [("type", 0), ("type", 0), ("type", 1), ("required", 1)]
    store.append(draft(None, None, outcomes=["rejected", "rejected"], codes=codes), settle)
    store.append(draft(event=OTHER, outcomes=["discarded"]), settle)
    tally = store.tally("default")
    assert (tally.deliveries, tally.received, tally.accepted, tally.rejected, tally.discarded) == (3, 5, 2, 2, 1)
    assert tally.events[EVENT].accepted == tally.applications["retail/sap-car"].rejected == 2
    assert tally.events[OTHER].discarded == 1
    assert tally.codes == {"required": 1, "type": 2}
    assert_sums_hold(store)


def test_filters(store):
    """Each part of a filter narrows, and parts combine."""
    store.append(draft("a", received_at=10.0), settle)
    store.append(draft(None, received_at=20.0, outcomes=["rejected"], codes=[("type", 0)]), settle)
    last = store.append(draft("b", "b", received_at=30.0, event=OTHER, session="s"), settle)
    counts = {
        Filter(): 3,
        Filter(session="s"): 1,
        Filter(event="web-order"): 1,
        Filter(event=EVENT): 2,
        Filter(event="receipt"): 0,
        Filter(event="%"): 0,
        Filter(outcome="duplicate"): 1,
        Filter(outcome="accepted"): 2,
        Filter(outcome="rejected", event=OTHER): 0,
        Filter(code="type"): 1,
        Filter(code="type", outcome="accepted"): 0,
        Filter(since=20.0): 2,
        Filter(until=20.0): 1,
        Filter(since=20.0, until=30.0): 1,
        Filter(after=last.seq - 1): 1,
        Filter(after=last.seq): 0,
    }
    for wanted, expected in counts.items():
        assert store.count(wanted) == expected, wanted
        page = store.receipts(wanted, limit=10)
        assert (len(page.receipts), page.total, page.complete) == (expected, expected, True), wanted


def test_pages_hold_each_receipt_once_while_more_arrive(store):
    """Walking back page by page skips and repeats nothing, whatever is appended meanwhile."""
    wanted = [store.append(draft(f"k{n}"), settle).seq for n in range(7)][::-1]
    seen, before = [], None
    while True:
        page = store.receipts(Filter(), limit=3, before=before)
        seen += [receipt.seq for receipt in page.receipts]
        store.append(draft(), settle)
        before = page.next_before
        if before is None:
            break
    assert seen == wanted


# -- duplicates --------------------------------------------------------------------------------------------------------


def test_first_key_wins(store):
    """Keys taken before, or earlier in the same delivery, make duplicates; others stay accepted."""
    assert store.append(draft("a", "b", "a"), settle).outcomes == ["accepted", "accepted", "duplicate"]
    assert store.append(draft("c", None, "b"), settle).outcomes == ["accepted", "accepted", "duplicate"]
    assert store.append(draft("a"), settle).outcomes == ["duplicate"]


def test_settle_sees_the_duplicates(store):
    """The answer is made from the outcomes as they will be kept."""
    store.append(draft("a"), settle)
    assert store.append(draft("a"), settle).status == 400


def test_keys_belong_to_one_session_and_one_event(store):
    """The same key elsewhere is a first one."""
    for where in ({}, {"session": "s"}, {"event": OTHER}):
        assert store.append(draft("a", **where), settle).outcomes == ["accepted"]


def test_rejected_events_claim_nothing(store):
    """A corrected event may use the key of its rejected forerunner."""
    store.append(draft(None, outcomes=["rejected"]), settle)
    assert store.append(draft("a"), settle).outcomes == ["accepted"]


def test_window_is_remembered_and_bounded(open_one, url):
    """The newest half window of keys is always known; the log in the store does not grow for ever."""
    store = open_one(dedup_window=20)
    for n in range(200):
        store.append(draft(f"k{n}"), settle)
    assert store.append(draft(*[f"k{n}" for n in range(190, 200)]), settle).outcomes == ["duplicate"] * 10
    assert store.append(draft("k0"), settle).outcomes == ["accepted"]
    if url != "sqlite://":
        with sqlite3.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM claims").fetchone()[0] <= 21
        connection.close()


def test_many_sessions_in_one_group(store, monkeypatch):
    """Keys taken earlier in a group stay taken, however many other sessions the group touches."""
    monkeypatch.setattr("mock_cdp.store.journal.SCOPES_REMEMBERED", 2)
    names = [f"s{n}" for n in range(6)]
    results = in_one_group(store, [(draft("a", session=name), settle) for name in [*names, *names]])
    assert [receipt.outcomes for receipt in results] == [["accepted"]] * 6 + [["duplicate"]] * 6
    assert_sums_hold(store)


# -- bounds ------------------------------------------------------------------------------------------------------------


def test_oldest_are_evicted_and_the_tally_stays(open_one):
    """A small bound is exact: never more than ten are kept; counts never shrink."""
    store = open_one(max_receipts=10)
    for n in range(35):
        store.append(draft(f"k{n}", codes=[("type", 0)]), settle)
        assert store.count(Filter()) <= 10
    tally = store.tally(None)
    assert (tally.accepted, tally.kept, tally.evicted, tally.codes) == (35, 10, 25, {"type": 35})
    assert store.count(Filter(code="type")) == 10


def test_bytes_are_bounded(open_one):
    """Large receipts make room for each other."""
    store = open_one(max_receipts=1000, max_bytes=20_000)
    for n in range(100):
        store.append(draft(f"k{n}", body=random.Random(n).randbytes(900)), settle)  # does not compress
    assert 0 < store.tally(None).kept < 40


def test_a_page_says_whether_evicted_receipts_might_match(open_one):
    """Complete is false when something relevant was evicted, and true when the filter asks only for later ones."""
    store = open_one(max_receipts=10)
    marks = [store.append(draft(f"k{n}", received_at=float(n)), settle).seq for n in range(30)]
    store.append(draft("other", session="s", received_at=99.0), settle)
    page = store.receipts(Filter(), limit=50)
    assert (page.complete, page.evicted) == (False, 21)
    assert store.receipts(Filter(session="s"), limit=5).complete
    assert store.receipts(Filter(after=marks[25]), limit=5).complete
    assert store.receipts(Filter(since=25.0), limit=5).complete
    assert not store.receipts(Filter(since=5.0), limit=5).complete


def test_a_position_is_never_given_twice(open_one, url):
    """Not after everything was evicted, reset or dropped, nor in a store opened again."""
    seen = []
    for step in range(4):
        store = open_one(max_receipts=10, max_bytes=10 if step % 2 else 10_000)  # 10 bytes: all is evicted at once
        seen += [store.append(draft(f"k{step}"), settle).seq, store.append(draft(f"l{step}"), settle).seq]
        if step < 2:
            store.reset("default" if step else None)
        seen.append(store.append(draft(f"m{step}"), settle).seq)
        if url == "sqlite://":
            break
        store.close()
    assert seen == list(range(1, len(seen) + 1))


# -- reset and sessions ------------------------------------------------------------------------------------------------


def test_reset_forgets_one_session_only(store):
    """Receipts, tally and keys of that session go; another's stay."""
    for name in ("a", "b"):
        store.append(draft("k", session=name, codes=[("type", 0)]), settle)
    store.reset("a")
    assert store.tally("a").received == store.count(Filter(session="a")) == 0
    assert store.tally("a").codes == {}
    assert store.append(draft("k", session="a"), settle).outcomes == ["accepted"]
    assert store.append(draft("k", session="b"), settle).outcomes == ["duplicate"]


def test_reset_is_atomic_under_load(store):
    """While some append and some reset, tally and journal never disagree, and no append fails or is a false duplicate."""
    stop, failures = threading.Event(), []

    def append(worker):
        for n in range(300):
            try:
                if store.append(draft(f"{worker}-{n}", f"{worker}-{n}+"), settle).outcomes != ["accepted"] * 2:
                    failures.append("duplicate")
            except Exception as error:  # noqa: BLE001  # the test looks at it
                failures.append(error)

    def reset():
        while not stop.is_set():
            store.reset(None)
            page = store.receipts(Filter(), limit=1)
            assert page.total >= len(page.receipts)

    appenders = [threading.Thread(target=append, args=(worker,)) for worker in range(3)]
    resetter = threading.Thread(target=reset)
    for thread in (*appenders, resetter):
        thread.start()
    for thread in appenders:
        thread.join()
    stop.set()
    resetter.join()
    assert failures == []
    assert_sums_hold(store)


def test_sessions_are_found_by_id_and_user_key(store):
    """Every part of a session comes back; listing is oldest first."""
    first, second = session("a"), session("bb")
    store.add_session(second)
    store.add_session(first)
    assert store.session(first.id) == store.session(first.user_key) == first
    assert store.session("nobody") is None
    assert store.sessions() == [first, second]


def test_a_dropped_session_leaves_nothing(store):
    """Its receipts, counts and keys go with it; dropping it again says there was none."""
    store.add_session(session("a"))
    store.append(draft("k", session="session-a"), settle)
    assert store.drop_session("session-a")
    assert not store.drop_session("session-a")
    assert store.sessions() == []
    assert store.tally(None).received == store.count(Filter()) == 0


def test_a_nonce_is_used_once(store):
    """Per user key, until it has expired."""
    assert store.claim_nonce("AFAKE1", "n", expires_at=100.0, now=50.0)
    assert not store.claim_nonce("AFAKE1", "n", expires_at=200.0, now=60.0)
    assert store.claim_nonce("AFAKE2", "n", expires_at=100.0, now=60.0)
    assert store.claim_nonce("AFAKE1", "n", expires_at=300.0, now=101.0)


# -- waiting -----------------------------------------------------------------------------------------------------------


def test_wait_wakes_for_an_append(store):
    """It returns as soon as the journal grows, with a mark to go on from."""
    mark = store.wait(-1, 0)
    thread = threading.Thread(target=lambda: store.append(draft("k"), settle))
    thread.start()
    grown = store.wait(mark, 5)
    thread.join()
    assert grown == mark + 1


def test_wait_gives_up_in_time(store):
    """Nothing happens: the mark is the old one, about when the time is up."""
    began = time.monotonic()
    assert store.wait(0, 0.1) == 0
    assert 0.08 < time.monotonic() - began < 1


def test_wait_is_not_confused_by_a_reset(store):
    """A mark stays good after everything was forgotten: only growth ends the wait."""
    mark = store.append(draft("k"), settle).seq
    store.reset(None)
    assert store.wait(mark, 0.05) == mark
    store.append(draft("k"), settle)
    assert store.wait(mark, 5) == mark + 1


# -- trouble -----------------------------------------------------------------------------------------------------------


def test_one_bad_delivery_harms_no_other(store):
    """Those in the same group are kept, the bad one's caller gets the error, and its keys stay free."""

    def bug(_):
        raise ZeroDivisionError

    results = in_one_group(store, [(draft(f"k{n}"), bug if n == 2 else settle) for n in range(5)])
    assert [isinstance(result, ZeroDivisionError) for result in results] == [False, False, True, False, False]
    assert store.append(draft("k2", "k1"), settle).outcomes == ["accepted", "duplicate"]
    assert_sums_hold(store)


def test_an_interrupted_leader_leaves_nothing_half_written(store):
    """Ctrl-C inside an append keeps nothing, and the store goes on."""

    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.append(draft("k"), interrupted)
    assert store.tally(None).received == 0
    assert store.append(draft("k"), settle).outcomes == ["accepted"]


def test_a_locked_store_fails_the_whole_group_at_once(tmp_path):
    """Each caller gets one line after one wait, nothing is half-written, and later all is well."""
    path = tmp_path / "locked.db"
    store = open_store(str(path), limits=JournalLimits(), busy_timeout_s=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    results = in_one_group(store, [(draft(f"k{n}"), settle) for n in range(10)])
    assert time.monotonic() - began < 1.5  # one wait, not eleven
    submitted = []
    store.submit(draft("k"), settle, submitted.append)
    wait_until(lambda: submitted, "the delivery to be kept")
    assert {str(result) for result in [*results, *submitted]} == {"the store cannot be written: database is locked"}
    assert {type(result) for result in [*results, *submitted]} == {StoreError}
    for use in (store.check, lambda: store.reset(None), lambda: store.append(draft("k"), settle)):
        with pytest.raises(StoreError, match="cannot be written: database is locked"):
            use()
    other.execute("ROLLBACK")
    other.close()
    assert store.append(draft("k0"), settle).outcomes == ["accepted"]
    assert_sums_hold(store)
    store.close()


def test_a_full_disk_keeps_nothing_of_the_delivery(tmp_path):
    """SQLite's own page limit stands for a full disk: the caller hears it, and tally and journal agree."""
    store = open_store(str(tmp_path / "full.db"), limits=JournalLimits())
    store._journal._execute("PRAGMA max_page_count = 50")
    with pytest.raises(StoreError, match="cannot be written: database or disk is full"):  # noqa: PT012  # it fills up
        for n in range(1000):
            store.append(draft(f"k{n}", body=bytes(range(256)) * 4), settle)
    assert_sums_hold(store)
    store._journal._execute("PRAGMA max_page_count = 100000")
    assert store.append(draft("late"), settle).outcomes == ["accepted"]
    assert_sums_hold(store)
    store.close()


def test_a_check_finds_a_full_disk(tmp_path):
    """A limit on files stands for it; what keeps nothing must not call itself ready."""
    store = open_store(str(tmp_path / "full.db"), limits=JournalLimits())
    store.append(draft("k"), settle)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            store.check()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.check()
    assert_sums_hold(store)
    store.close()


@pytest.mark.parametrize("trouble", ["removed", "replaced"])
def test_a_store_whose_file_went_away_keeps_nothing_silently(tmp_path, trouble):
    """Whoever removes the file to begin anew hears that the mock must be started again; nothing is acknowledged and lost."""
    path = tmp_path / "gone.db"
    store = open_store(str(path), limits=JournalLimits())
    store.append(draft("k"), settle)
    path.unlink()
    if trouble == "replaced":
        path.write_bytes(b"")
    with pytest.raises(StoreError, match="removed or replaced while it was in use; start the mock again"):
        store.check()
    with pytest.raises(StoreError, match="removed or replaced"):
        store.append(draft("lost"), settle)
    store.close()


def test_a_file_that_went_away_is_noticed_without_being_asked(tmp_path):
    """By the thread that looks after the log."""
    path = tmp_path / "gone.db"
    store = open_store(str(path), limits=JournalLimits())
    path.unlink()

    def refused() -> bool:
        try:
            store.append(draft(str(time.monotonic())), settle)
        except StoreError:
            return True
        return False

    wait_until(refused, "the store to refuse", 3)
    store.close()


# -- opening -----------------------------------------------------------------------------------------------------------


def test_a_store_opened_again_goes_on(tmp_path):
    """Receipts, counts and keys are there, and a close may be repeated."""
    url = f"sqlite:///{tmp_path}/again.db"
    store = open_store(url, limits=JournalLimits())
    receipt = store.append(draft("k"), settle)
    store.close()
    store.close()
    store = open_store(url, limits=JournalLimits())
    assert store.receipt(receipt.call_id) == receipt
    assert store.append(draft("k"), settle).outcomes == ["duplicate"]
    store.close()


def test_paths_are_taken_literally(tmp_path):
    """A question mark or a percent sign in a path is part of the name."""
    path = tmp_path / "what?x=1 %41#.db"
    store = open_store(str(path), limits=JournalLimits())
    store.append(draft("k"), settle)
    store.close()
    assert {file.name for file in tmp_path.iterdir()} == {path.name, path.name + ".mark"}


def _not_a_database(folder):
    (folder / "x.db").write_bytes(b"this is no database, it is a text" * 100)
    return "x.db"


def _newer(folder):
    open_store(str(folder / "x.db"), limits=JournalLimits()).close()
    with sqlite3.connect(folder / "x.db") as connection:
        connection.execute("UPDATE meta SET value = 99 WHERE name = 'schema'")
    connection.close()
    return "x.db"


def _another_programs(folder):
    with sqlite3.connect(folder / "x.db") as connection:
        connection.execute("CREATE TABLE customers (id)")
    connection.close()
    return "x.db"


def _a_folder(folder):
    (folder / "x.db").mkdir()
    return "x.db"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_not_a_database, "file is not a database"),
        (_newer, "schema 99"),
        (_another_programs, r"another program's tables \(customers\)"),
        (_a_folder, "unable to open database file"),
        (lambda _: "nowhere/x.db", "there is no folder"),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, make, says):
    """Each says which store, what is wrong and what to do."""
    with pytest.raises(StoreError, match=says) as caught:
        open_store(str(tmp_path / make(tmp_path)), limits=JournalLimits())
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "choose another file" in str(caught.value)


def test_another_programs_database_is_left_alone(tmp_path):
    """Refusing it adds no table to it."""
    path = tmp_path / _another_programs(tmp_path)
    with pytest.raises(StoreError):
        open_store(str(path), limits=JournalLimits())
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]
    connection.close()


def test_a_password_is_not_repeated():
    """A URL we cannot use is named by its scheme only."""
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://user:FAKE-password@host/db", limits=JournalLimits())
    assert "FAKE-password" not in str(caught.value)


def test_everything_in_the_store_is_receipts(store):
    """A new store is empty and writable."""
    store.check()
    assert everything(store) == []
    assert_sums_hold(store)
