"""Several stores on one file: in one process, in many, and in one that is killed."""

import contextlib
import multiprocessing
import os
import signal

import pytest
import store_workers
from store_drafts import assert_sums_hold, draft, settle

from mock_cdp.core.receipt import Filter, Session
from mock_cdp.store.sql import JournalLimits, open_store

SPAWN = multiprocessing.get_context("spawn")


@contextlib.contextmanager
def started(target, *arguments):
    """Run *target* in a process of its own, given *arguments* and one end of a pipe; yield process and other end."""
    mine, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=target, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield process, mine
    finally:
        process.kill()
        process.join()
        process.close()
        mine.close()


def test_two_workers_see_each_other(two_stores):
    """Receipts, keys, sessions and nonces of one are known to the other on return."""
    one, two = two_stores
    receipt = one.append(draft("k"), settle)
    assert two.receipt(receipt.call_id) == receipt
    assert two.append(draft("k", "l"), settle).outcomes == ["duplicate", "accepted"]
    assert one.append(draft("l", "m"), settle).outcomes == ["duplicate", "accepted"]
    one.add_session(Session(id="s", user_key="AFAKE", created_at=1.0))
    assert two.session("AFAKE").id == "s"
    assert one.claim_nonce("AFAKE", "n", expires_at=9.0, now=1.0)
    assert not two.claim_nonce("AFAKE", "n", expires_at=9.0, now=1.0)
    assert_sums_hold(two)


@pytest.mark.parametrize("forget", ["reset-all", "reset-one", "drop"])
def test_a_reset_reaches_other_workers(two_stores, forget):
    """Keys forgotten by one worker are forgotten by all, and positions go on."""
    one, two = two_stores
    one.add_session(Session(id="s", user_key="AFAKE", created_at=1.0))
    two.append(draft("k", session="s"), settle)
    before = two.append(draft("k", session="s"), settle)
    assert before.outcomes == ["duplicate"]
    {"reset-all": lambda: one.reset(None), "reset-one": lambda: one.reset("s"), "drop": lambda: one.drop_session("s")}[forget]()
    after = two.append(draft("k", session="s"), settle)
    assert after.outcomes == ["accepted"]
    assert after.seq == before.seq + 1


def test_four_processes_lose_nothing(tmp_path):
    """Each key is accepted once, whoever came first; all opened a file that was not there yet."""
    path, deliveries = str(tmp_path / "store.db"), 300
    with contextlib.ExitStack() as stack:
        workers = [
            stack.enter_context(started(store_workers.append_keys, path, first, deliveries))
            for first in range(0, 4 * deliveries, deliveries)
        ]
        call_ids = [call_id for _, pipe in workers for call_id in pipe.recv()]
    store = open_store(path, limits=JournalLimits())
    tally = store.tally(None)
    assert len(set(call_ids)) == tally.deliveries == tally.kept == 4 * deliveries
    assert all(store.receipt(call_id) for call_id in call_ids[::50])
    assert tally.accepted == deliveries + 4 * deliveries  # the shared keys once, each own key once
    assert tally.duplicate == 12 * deliveries - tally.accepted
    assert_sums_hold(store)
    store.close()


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    """Every call id the killed process told us is there, and tally and journal agree."""
    path, call_ids = str(tmp_path / "store.db"), []
    with started(store_workers.append_until_killed, path) as (process, pipe):
        call_ids += [pipe.recv() for _ in range(1500)]
        os.kill(process.pid, signal.SIGKILL)
        with contextlib.suppress(EOFError, OSError):
            while True:
                call_ids.append(pipe.recv())
    store = open_store(path, limits=JournalLimits())
    assert len(set(call_ids)) == len(call_ids)
    assert [call_id for call_id in call_ids if store.receipt(call_id) is None] == []
    assert_sums_hold(store)
    assert store.append(draft("a0", "new"), settle).outcomes == ["duplicate", "accepted"]
    store.close()


def test_wait_wakes_for_another_process(tmp_path):
    """An append elsewhere ends the wait."""
    path = str(tmp_path / "store.db")
    store = open_store(path, limits=JournalLimits())
    with started(store_workers.append_one, path) as (_, pipe):
        pipe.send("go")
        assert store.wait(0, 20) == 1
    assert store.count(Filter()) == 1
    store.close()
