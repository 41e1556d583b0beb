"""The rounds of a gate: what is done with each message, and which properties that tells of."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from mock_cdp.contract.contract import Contract
from mock_cdp.gate import judging
from mock_cdp.gate.message import Message
from mock_cdp.gate.problem import Problem
from mock_cdp.gate.settings import GateSettings
from mock_cdp.gate.source_value import permuted, records, with_value, without
from mock_cdp.gate.stand import Observed, Stand, Trouble

Look = Callable[[Stand, Message], list[Problem] | None]

_RETRY_FIX: Final = (
    "Retry with the same event, the deduplication value included: CDP takes the first and discards the second. "
    "Build the event before sending, and number it from the source, not at the time of sending."
)
_LOST_FIX: Final = "Retry after this answer, as often as it takes; keep what could not be sent."


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One way to try messages.

    Attributes:
        name: Kebab case.
        properties: What it tells of: each property's name and its title.
        look: A message to what was wrong; None when the message says nothing in this round.
        skipped: Why it cannot be made with these settings; empty when it can.
        slow: Whether each trial waits on purpose, so that few are made.
    """

    name: str
    properties: Mapping[str, str]
    look: Look
    skipped: str = ""
    slow: bool = False


def rounds(settings: GateSettings, contracts: Mapping[str, Contract]) -> list[Round]:
    """Return the rounds that tell of the properties that *settings* select, cheapest first."""
    made = [
        _plain(settings, contracts),
        _resend(),
        _batch(settings),
        _order(settings),
        _blanks(settings),
        *_troubles(settings),
    ]
    chosen = set(settings.properties) or {name for one in made for name in one.properties}
    kept = ((one, {name: title for name, title in one.properties.items() if name in chosen}) for one in made)
    return [msgspec.structs.replace(one, properties=names) for one, names in kept if names]


def _plain(settings: GateSettings, contracts: Mapping[str, Contract]) -> Round:
    def look(stand: Stand, message: Message) -> list[Problem]:
        wanted = stand.wanted(message)
        observed = stand.run([message])
        return [
            *judging.not_accepted(observed),
            *judging.lost(observed, wanted),
            *judging.twice(observed, wanted),
            *judging.leaked(observed, message, settings.personal, contracts),
        ]

    titles = {
        judging.ACCEPTED: "every event is accepted",
        judging.NOTHING_LOST: "nothing is lost",
        judging.NOTHING_TWICE: "nothing is sent twice",
        judging.NO_LEAK: "no secret or personal data outside mapped fields",
    }
    return Round(name="plain", properties=titles, look=look)


def _usual(stand: Stand, message: Message) -> Observed | None:
    """Return what the message leads to without trouble; None when it does not get through even so."""
    observed = stand.run([message])
    return observed if observed.accepted and not observed.refused else None


def _compared(name: str, what: str, fix: str, again: Callable[[Stand, Message], Observed | None]) -> Look:
    def look(stand: Stand, message: Message) -> list[Problem] | None:
        usual = _usual(stand, message)
        other = again(stand, message) if usual is not None else None
        if usual is None or other is None:
            return None
        return list(judging.differing(name, usual, other, what=what, fix=fix))

    return look


# -- the same message again, in other ways -----------------------------------------------------------------------------


def _resend() -> Round:
    name, title = "resend", "sending the same message again changes nothing"
    look = _compared(name, "the same message was handed over twice", _RETRY_FIX, lambda stand, message: stand.run([message] * 2))
    return Round(name=name, properties={name: title}, look=look)


def _batch(settings: GateSettings) -> Round:
    name, title = "singles-are-a-batch", "records sent singly and together give the same events"

    def again(stand: Stand, message: Message) -> Observed | None:
        parts = records(message, settings.records)
        return stand.run(parts) if len(parts) > 1 else None

    fix = "Treat each record alone: nothing of one may depend on which others are in the same message."
    look = _compared(name, "each record was handed over in a message of its own", fix, again)
    skipped = "" if settings.records else 'say where the records of a message are: records = "receipts"'
    return Round(name=name, properties={name: title}, look=look, skipped=skipped)


def _order(settings: GateSettings) -> Round:
    name, title = "line-order", "the order of line items changes nothing else"

    def look(stand: Stand, message: Message) -> list[Problem] | None:
        usual = _usual(stand, message)
        turned = permuted(message, settings.lines, "reversed") if usual else message
        if usual is None or turned.body == message.body:
            return None
        other = stand.run([turned])
        if sorted(map(judging.sorted_lines, _events(usual))) == sorted(map(judging.sorted_lines, _events(other))):
            return []
        fix = "Read each line by its own names, never by its position."
        return list(judging.differing(name, usual, other, what="the line items came in another order", fix=fix))

    skipped = "" if settings.lines else 'say where the line items are: lines = "receipts[].items"'
    return Round(name=name, properties={name: title}, look=look, skipped=skipped)


def _events(observed: Observed) -> list[object]:
    return [one.event for one in observed.accepted]


def _blanks(settings: GateSettings) -> Round:
    name, title = "blanks", "an optional field that is absent, null or empty gives the same event"

    def look(stand: Stand, message: Message) -> list[Problem] | None:
        found = [_blank(stand, message, path) for path in settings.blanks]
        told = [problems for problems in found if problems is not None]
        return [problem for problems in told for problem in problems] if told else None

    skipped = "" if settings.blanks else 'say which fields of the source may be blank: blanks = ["receipts[].customer"]'
    return Round(name=name, properties={name: title}, look=look, skipped=skipped)


def _blank(stand: Stand, message: Message, path: str) -> list[Problem] | None:
    """Return what differs when the field at *path* is null or empty instead of absent; None when the rest is wrong anyway."""
    usual = _usual(stand, without(message, path))
    if usual is None:
        return None
    changed = {what: with_value(message, path, value) for what, value in (("null", None), ("empty", ""))}
    return [
        problem
        for what, other in changed.items()
        if other.body != message.body
        for problem in _differing_blank(path, what, usual, stand.run([other]))
    ]


def _differing_blank(path: str, what: str, usual: Observed, other: Observed) -> Iterator[Problem]:
    fix = f"Decide in the mapping what a blank {path} means, and leave the field out of the event if it means nothing."
    found = judging.differing("blanks", usual, other, what=f"{path} was {what} instead of absent", fix=fix)
    for problem in (*judging.not_accepted(other), *found):
        yield msgspec.structs.replace(problem, breaks="blanks", code=f"{problem.code} ({what} {path})")


# -- trouble -----------------------------------------------------------------------------------------------------------


def _troubles(settings: GateSettings) -> list[Round]:
    def soon() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=2)  # an HTTP date has whole seconds: one to two are left

    kinds: list[tuple[str, str, str, str, Trouble]] = [
        (
            "retry-dropped",
            "an answer that is lost makes nothing happen twice",
            "CDP took the event, and the connection ended before the answer",
            _RETRY_FIX,
            lambda cdp: cdp.fault(drop=True),
        ),
        (
            "retry-unavailable",
            "twice 503, then all is sent once",
            "CDP answered 503 twice",
            _LOST_FIX,
            lambda cdp: cdp.fault(statuses=[503, 503]),
        ),
        (
            "retry-after-seconds",
            "429 with Retry-After in seconds loses nothing",
            "CDP answered 429 with Retry-After: 1",
            _LOST_FIX,
            lambda cdp: cdp.fault(status=429, retry_after=1),
        ),
        (
            "retry-after-date",
            "429 with Retry-After as a date loses nothing",
            "CDP answered 429 with Retry-After as an HTTP date",
            "Read Retry-After as seconds and as an HTTP date: both are allowed.",
            lambda cdp: cdp.fault(status=429, retry_after=soon()),
        ),
        (
            "slow-answer",
            "a slow answer makes nothing happen twice",
            f"CDP answered after {settings.slow_s:g} s",
            _RETRY_FIX,
            lambda cdp: cdp.fault(delay_s=settings.slow_s),
        ),
    ]
    return [_trouble(*kind) for kind in kinds]


def _trouble(name: str, title: str, what: str, fix: str, trouble: Trouble) -> Round:
    look = _compared(name, what, fix, lambda stand, message: stand.run([message], trouble))
    return Round(name=name, properties={name: title}, look=look, slow=True)
