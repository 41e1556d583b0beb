"""Gathering: a lone client never waits, many share transactions, and nobody is forgotten."""

import threading

from mock_cdp.core.receipt import Draft, Receipt
from mock_cdp.store.entries import Entry
from mock_cdp.store.gathering import FULL_GROUPS, LARGEST_GROUP, Gathering
from running import wait_until


def make(written: list[int]) -> Gathering:
    """Return a gathering that notes the size of each group it writes."""
    return Gathering(threading.RLock(), lambda group: written.append(len(group)))


def entry(told: list[int], number: int) -> Entry:
    """Return an entry that notes when it is told."""
    return Entry(Draft(receipt=Receipt(call_id="", seq=number)), lambda _: None, lambda kept: told.append(kept.seq))


def test_a_client_that_waits_for_each_answer_is_told_within_its_call():
    """As long as groups of one have not filled in a row."""
    written, told = [], []
    gathering = make(written)
    for number in range(FULL_GROUPS):
        gathering.add(entry(told, number))
        assert told[-1] == number
    gathering.stop()
    assert written == [1] * FULL_GROUPS


def test_a_lone_client_waits_the_more_seldom_the_longer_it_goes_on():
    """A larger group that does not fill is tried again only after twice as many; while nothing comes, nothing ticks."""
    written, told, late = [], [], []
    gathering = make(written)
    for number in range(FULL_GROUPS * 7 + 3):
        gathering.add(entry(told, number))
        if told[-1:] != [number]:
            late.append(number)
            wait_until(lambda number=number: told[-1:] == [number], "the group of one to be written", 0.4)
            wait_until(lambda: not gathering._watched and not gathering._begun.is_set(), "the late writer to rest")
    gathering.stop()
    assert late == [FULL_GROUPS, FULL_GROUPS * 3 + 1, FULL_GROUPS * 7 + 2]
    assert set(written) == {1}


def test_groups_grow_with_what_comes_and_stop_at_the_largest():
    """Never more than the bound in one transaction; in order; the rest is written at the end."""
    written, told = [], []
    gathering = make(written)
    count = FULL_GROUPS * (LARGEST_GROUP + 2) * LARGEST_GROUP
    with gathering._lock:  # so that the late writer cannot step in
        for number in range(count):
            gathering.add(entry(told, number))
    gathering.stop()
    assert max(written) == LARGEST_GROUP
    assert sum(written) == count
    assert told == list(range(count))


def test_a_group_that_does_not_fill_is_written_in_time():
    """And the next one is small again, so that whoever waited does not wait twice."""
    written, told = [], []
    gathering = make(written)
    for number in range(FULL_GROUPS + 1):  # the last one begins a group of two
        gathering.add(entry(told, number))
    wait_until(lambda: len(told) == FULL_GROUPS + 1, "the group of one to be written", 0.4)
    gathering.add(entry(told, -1))
    assert told[-1] == -1
    gathering.stop()


def test_what_is_gathered_when_it_stops_is_written():
    """Without waiting for the late writer, which may be away."""
    written, told = [], []
    gathering = make(written)
    gathering._late, gathering._watched = threading.Thread(), True  # never comes
    for number in range(FULL_GROUPS + 1):
        gathering.add(entry(told, number))
    assert len(told) == FULL_GROUPS
    gathering._late = None
    gathering.stop()
    assert told == list(range(FULL_GROUPS + 1))


def test_one_that_cannot_be_told_harms_no_other(caplog):
    """Its client may be gone."""
    told = []

    def gone(_):
        raise ConnectionError("gone")

    gathering = make([])
    gathering.add(Entry(Draft(receipt=Receipt(call_id="", seq=7)), lambda _: None, gone))
    gathering.add(entry(told, 8))
    gathering.stop()
    assert told == [8]
    assert "seq 7" in caplog.text
