"""What happens when CDP is busy, slow or gone: `cdp.fault` makes that trouble for the next deliveries of this test."""

from datetime import UTC, datetime, timedelta

import pytest

from pos_to_cdp.sending import ATTEMPTS
from sources import receipt


def assert_booked_once(cdp):
    """Check that CDP ingested the receipt once, however often it was sent."""
    cdp.assert_all_accepted()
    booked = [arrived.event["receiptId"] for arrived in cdp.accepted("pos-receipt")]
    assert len(booked) == 1, (
        f"one receipt was booked {len(booked)} times, as {' and '.join(booked)}. CDP ingests only the first event with the same "
        "receiptId (the event's deduplication field), so a retry must send the receiptId of the first attempt: "
        "take it from the till's own number, not from a counter of the sender"
    )


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_cdp_is_asked_again(cdp, sender, waits, status):
    """Twice busy, then taken; without Retry-After the waits grow."""
    busy = cdp.fault(statuses=[status, status])
    sent = sender.send(receipt())
    assert_booked_once(cdp)
    assert (busy.used, sent.outcome, sent.attempts) == (2, "taken", 3)
    assert waits == [0.5, 1.0]


def test_it_waits_as_long_as_cdp_asks(cdp, sender, waits):
    """Retry-After in seconds, and as a date."""
    cdp.fault(status=429, retry_after=7)
    cdp.fault(status=503, retry_after=datetime.now(UTC) + timedelta(seconds=20))
    sender.send(receipt())
    assert_booked_once(cdp)
    assert waits[0] == 7
    assert waits[1] == pytest.approx(20, abs=2)


def test_an_answer_that_got_lost_does_not_book_twice(cdp, sender):
    """CDP kept the event, the connection broke before the answer: the second attempt is a duplicate, and that is well."""
    lost = cdp.fault(drop=True)
    sent = sender.send(receipt())
    assert_booked_once(cdp)
    assert (lost.used, sent.outcome, sent.attempts) == (1, "taken", 2)
    assert cdp.tally().duplicate == 1


@pytest.mark.parametrize("trouble", [{"close": True}, {"garbage": True}], ids=["closed", "no-http"])
def test_a_broken_connection_is_tried_again(cdp, sender, trouble):
    """Nothing was kept the first time."""
    cdp.fault(**trouble)
    sent = sender.send(receipt())
    assert_booked_once(cdp)
    assert sent.attempts == 2


def test_it_gives_up_and_says_why(cdp, sender):
    """No endless loop: the receipt stays unanswered, and nothing is booked."""
    cdp.fault(status=503, times=ATTEMPTS)
    sent = sender.send(receipt())
    assert (sent.outcome, sent.reasons, sent.attempts) == ("unanswered", ("HTTP 503",), ATTEMPTS)
    assert cdp.tally().accepted == 0


def test_a_refusal_is_not_repeated(cdp, sender):
    """What is wrong stays wrong."""
    cdp.fault(status=400)
    assert sender.send(receipt()).attempts == 1
