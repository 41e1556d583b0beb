"""What one run of one message says of the integration: pure, from what was wanted and what arrived."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.pointers import pointer
from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.cpi.diagnosed import Diagnosis
from mock_cdp.gate.expectation import values_at
from mock_cdp.gate.message import Message
from mock_cdp.gate.problem import Problem
from mock_cdp.gate.stand import Observed
from mock_cdp.testing.arrived import Arrived

ACCEPTED: Final = "accepted"
NOTHING_LOST: Final = "nothing-lost"
NOTHING_TWICE: Final = "nothing-twice"
NO_LEAK: Final = "no-leak"

_SHORTEST: Final = 4  # characters of a personal value that is looked for: shorter ones stand everywhere by chance
_SAID: Final = 300  # characters of what the integration said that a sentence shows


def not_accepted(observed: Observed) -> Iterator[Problem]:
    """Yield each distinct cause why events were refused: by diagnosis, else by the rule that was broken."""
    causes: dict[str, list[tuple[Arrived, Diagnosis]]] = {}
    rules: dict[str, list[Arrived]] = {}
    for one in observed.refused:
        for cause in one.diagnoses:
            causes.setdefault(cause.code, []).append((one, cause))
        if not one.diagnoses:
            first = one.violations[0] if one.violations else None
            rules.setdefault(f"{first.code} {_starred(first.pointer)}".strip() if first else one.outcome, []).append(one)
    for code, seen in causes.items():
        yield _of_cause(code, [one for one, _ in seen], [cause for _, cause in seen])
    for code, shown in rules.items():
        yield _of_rule(code, shown)


def _of_cause(code: str, shown: Sequence[Arrived], causes: Sequence[Diagnosis]) -> Problem:
    first = causes[0]
    return Problem(
        breaks=ACCEPTED,
        code=code,
        title=first.title,
        message=f"CDP would refuse this: {first.seen}. {first.did}",
        fix="\n".join([first.change, *first.fix]),
        pointers=tuple(dict.fromkeys(path for cause in causes for path in cause.paths)),
        violations=tuple(violation for one in shown for violation in one.violations),
        arrived=tuple(shown),
    )


def _of_rule(code: str, shown: Sequence[Arrived]) -> Problem:
    violations = tuple(violation for one in shown for violation in one.violations)
    said = violations[0].message if violations else f"the event was {shown[0].outcome}"
    return Problem(
        breaks=ACCEPTED,
        code=code,
        title=violations[0].code.replace("-", " ") if violations else shown[0].outcome,
        message=f"CDP would refuse this: {said}",
        fix=f"Change the mapping so that {violations[0].expected} is what is sent."
        if violations and violations[0].expected
        else "",
        pointers=tuple(dict.fromkeys(_starred(violation.pointer) for violation in violations)),
        violations=violations,
        arrived=tuple(shown),
    )


def _starred(pointer: str) -> str:
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


def lost(observed: Observed, wanted: Mapping[str, int]) -> Iterator[Problem]:
    """Yield what should have arrived and did not, and what arrived at another event than it should.

    A message of which something was refused, and which the integration reports as failed, is not lost: its sender knows.
    """
    failed = bool(observed.refused) and not all(one.ok for one in observed.handed)
    came = Counter(one.contract for one in observed.arrived)
    for path, number in wanted.items():
        if came[path] < number and not failed:
            yield Problem(
                breaks=NOTHING_LOST,
                code="lost",
                title="an event did not arrive",
                message=f"{number} {_events(number)} of {path} should have arrived, {came[path]} did. {_said(observed)}",
                fix="Look where the integration leaves a record out: a filter, an empty optional field, an error it swallows.",
                arrived=observed.arrived,
            )
    strays = tuple(one for one in observed.arrived if one.contract not in wanted and one.contract)
    if strays:
        where = ", ".join(sorted({one.contract for one in strays}))
        yield Problem(
            breaks=NOTHING_LOST,
            code="elsewhere",
            title="an event arrived at another listener",
            message=f"events arrived at {where}; wanted were {', '.join(wanted)}",
            fix="Check the listener URL that the integration posts to.",
            arrived=strays,
        )


def _events(number: int) -> str:
    return "event" if number == 1 else "events"


def _said(observed: Observed) -> str:
    """Say what the integration said of it, or that it was sent with keys that are not this run's."""
    if observed.strays:
        return (
            "But deliveries came with other credentials than this run's. The integration gets those in CDP_USER_KEY and "
            'CDP_SECRET; if its keys are fixed, set credentials = "contract" in [gate].'
        )
    failed = next((one for one in observed.handed if not one.ok), None)
    if failed is None:
        return "The integration reported success."
    return f"The integration said: {shortened(failed.said.strip() or f'status {failed.status}', _SAID)}"


def twice(observed: Observed, wanted: Mapping[str, int]) -> Iterator[Problem]:
    """Yield what arrived more often than it should, be it caught by deduplication or not."""
    came = Counter(one.contract for one in observed.arrived)
    for path, number in wanted.items():
        if came[path] > number:
            of_it = tuple(one for one in observed.arrived if one.contract == path)
            caught = sum(one.outcome == "duplicate" for one in of_it)
            yield Problem(
                breaks=NOTHING_TWICE,
                code="twice",
                title="an event was sent twice",
                message=f"{number} {_events(number)} of {path} should have arrived, {came[path]} did"
                f"{f'; CDP would have discarded {caught} as duplicates' if caught else ''}.",
                fix="Send each record once; where that cannot be promised, give it the same deduplication value each time.",
                arrived=of_it,
            )


def leaked(observed: Observed, message: Message, personal: Iterable[str], contracts: Mapping[str, Contract]) -> Iterator[Problem]:
    """Yield where the secret, or a personal value of the source, stands outside the fields that the contract maps."""
    for one in observed.arrived:
        if any(warning.code == "secret-in-body" for warning in one.receipt.warnings):
            yield Problem(
                breaks=NO_LEAK,
                code="secret-in-body",
                title="the secret is in the event",
                message="the event holds the secret it was sent with; CDP would keep it",
                fix="Take the secret out of the mapping or the script that builds the event.",
                arrived=(one,),
            )
    values = {path: set(_texts(values_at(message.value, path))) for path in personal}
    for one in observed.arrived:
        mapped = {mapping.source_field for mapping in contracts[one.contract].mappings} if one.contract in contracts else set()
        for path, texts in values.items():
            places = [place for place in _places_of(texts, one.event) if ".".join(_names(place)) not in mapped]
            where = [*places, *(f"header {name}" for name, value in one.receipt.headers if value in texts)]
            if where:
                yield Problem(
                    breaks=NO_LEAK,
                    code=f"personal {path}",
                    title=f"{path} of the source leaks",
                    message=f"the value of {path} stands at {', '.join(where)}, which the contract maps nowhere",
                    fix="Leave it out of the event, or map it in the contract.",
                    pointers=tuple(places),
                    arrived=(one,),
                )


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str) and len(value) >= _SHORTEST)


def _places_of(texts: set[str], event: Any) -> list[str]:
    return list(dict.fromkeys(place for place, value in _leaves(event, "") if isinstance(value, str) and value in texts))


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, f"{place}{pointer([name])}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, f"{place}/*")
    else:
        yield place, value


def _names(place: str) -> list[str]:
    return [part for part in place.split("/") if part not in {"", "*"}]


# -- two runs of the same message --------------------------------------------------------------------------------------


def differing(name: str, usual: Observed, other: Observed, *, what: str, fix: str) -> Iterator[Problem]:
    """Yield what CDP would have booked in one of two runs and not in the other, where both should be the same.

    Args:
        name: The property.
        usual: Without trouble.
        other: With it.
        what: What was different, as the beginning of a sentence.
        fix: What to change if they differ.
    """
    before, after = usual.booked(), other.booked()
    more, fewer = after - before, before - after
    number, usually = after.total(), before.total()
    counts = f"{number} events were booked instead of {usually}"
    if number > usually:
        code, title, said = "twice", "an event is booked twice", f"{counts}. {_shown('In addition', more)}"
    elif number < usually:
        code, title, said = "lost", "an event is lost", f"{counts}. {_shown('Missing', fewer)} {_said(other)}"
    elif more:
        code, title = "different", "an event is booked differently"
        said = f"the events were booked differently. {_shown('Now', more)} {_shown('Before', fewer)}"
    else:
        return
    yield Problem(breaks=name, code=code, title=title, message=f"{what}: {said}", fix=fix, arrived=other.arrived)


def _shown(label: str, events: "Counter[tuple[str, str]]") -> str:
    first = next(iter(events), None)
    return f"{label}: {shortened(first[1], _SAID)}" if first else ""


def sorted_lines(event: Any) -> str:
    """Write an event with every array in one order, so that two that differ in the order of lines alone are equal."""
    if isinstance(event, dict):
        return json_text({name: sorted_lines(event[name]) for name in sorted(event)})
    return json_text(sorted(sorted_lines(item) for item in event)) if isinstance(event, list) else json_text(event)
