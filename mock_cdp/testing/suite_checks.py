"""The checks that hold a server against one contract: what each sends, and what must come back. Each stands alone."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Final

import msgspec
import orjson
from hypothesis import strategies as st

from mock_cdp.contract.contract import Catalog, Contract, Sample
from mock_cdp.reports.report import Check
from mock_cdp.testing import conformance_judgements as judgements
from mock_cdp.testing.conformance_answers import Answer, Difference
from mock_cdp.testing.conformance_data import Events, Impossible, Probe, Trials, drawn
from mock_cdp.testing.conformance_subject import Subject, UnreachableError
from mock_cdp.testing.suite_findings import findings

_NOTHING: Final = b"{}"  # a delivery that must not be let in carries nothing, should it be let in
_UNREADABLE: Final = (
    ("broken JSON", b'{"', "application/json", "answer-timing"),
    ("an empty body", b"", "application/json", "answer-timing"),
    ("XML", b"<event/>", "application/xml", "xml"),
)
_HARDLY: Final = "the model leaves hardly anything to generate for this check"
_FEWER: Final = 5  # batches with a broken event are that many times fewer than events
_MOST_IN_A_BATCH: Final = 5


class Result(msgspec.Struct):
    """What a check found, while it runs.

    Attributes:
        trials: Requests sent.
        reason: Why nothing, or not all, was sent.
        found: In the order found.
    """

    trials: int = 0
    reason: str = ""
    found: list[Difference] = []

    def note(self, answer: Answer, judged: Iterable[Difference]) -> Answer:
        """Count *answer* and keep what its judgement says."""
        self.trials += 1
        self.found += judged
        return answer


class Suite:
    """All checks over one server.

    Attributes:
        subject: The server.
        examples: Events generated per check.
        seed: Of the generation; the same one sends the same requests.
    """

    def __init__(self, subject: Subject, catalog: Catalog, *, examples: int, seed: int) -> None:
        """Read what can be generated from *catalog*."""
        self.subject = subject
        self.examples = examples
        self.seed = seed
        self._events = Events(catalog)

    def check(self, name: str, contract: Contract) -> Check:
        """Run the check called *name*, a key of `CHECKS`.

        Raises:
            UnreachableError: Nobody has ever answered.
        """
        title, run, needs_sending = CHECKS[name]
        since = time.monotonic()
        if reason := self._reason(contract, needs_sending=needs_sending):
            return Check(property=name, title=title, event=contract.path, outcome="skipped", reason=reason)
        try:
            result = run(self, contract)
        except Impossible:
            return Check(property=name, title=title, event=contract.path, outcome="skipped", reason=_HARDLY)
        except UnreachableError as error:
            if not self.subject.has_answered:
                raise
            return Check(property=name, title=title, event=contract.path, outcome="error", reason=str(error))
        broken = any(not self.subject.excuses(found) for found in result.found)
        return Check(
            property=name,
            title=title,
            event=contract.path,
            outcome="broken" if broken else "kept",
            trials=result.trials,
            reason=result.reason,
            findings=tuple(findings(contract, result.found, self.subject)),
            duration_s=time.monotonic() - since,
        )

    def _reason(self, contract: Contract, *, needs_sending: bool) -> str:
        """Return why a check is left out; `""` if it is not."""
        if not needs_sending:
            return ""
        return self.subject.why_not or ("" if contract.enabled else "the event is disabled")

    # -- generated events ----------------------------------------------------------------------------------------------

    def positive(self, contract: Contract) -> Result:
        """Send events that keep the model: the accepted samples, then what is generated, and one of them again."""
        taken: list[bytes] = []

        def probe(text: bytes) -> Iterable[Difference]:
            taken.append(text)
            return judgements.acceptance(self.subject.deliver(contract, text))

        result = self._search(probe, self._events.valid(contract), self.examples, contract.accepted_samples)
        if not result.found:
            entry = "deduplication-answer" if contract.event.metadata_config.deduplication_field else "accepted-202"
            again = self.subject.deliver(contract, taken[0], what="an event that was sent before")
            result.note(again, judgements.acceptance(again, entry))
        return result

    def negative(self, contract: Contract) -> Result:
        """Send events that break the model: the rejected samples, then what is generated."""

        def probe(text: bytes) -> Iterable[Difference]:
            return judgements.invalid_refused(self.subject.deliver(contract, text))

        return self._search(probe, self._events.invalid(contract), self.examples, contract.rejected_samples)

    def batch(self, contract: Contract) -> Result:
        """Send arrays of events that keep the model, then some with a broken one among them."""

        def all_good(text: bytes) -> Iterable[Difference]:
            answer = self.subject.deliver(contract, text, many=True)
            return judgements.acceptance(answer, "batch-body" if answer.status in judgements.REFUSALS else "accepted-202")

        def one_bad(text: bytes) -> Iterable[Difference]:
            answer = self.subject.deliver(contract, text, many=True, what="one event of the batch breaks its model")
            [bad, *_] = (i for i, event in enumerate(orjson.loads(text)) if not contract.model.accepts(event))
            return judgements.partly_refused(answer, bad)

        good = drawn(self._events.valid(contract), examples=self.examples, seed_value=self.seed + 1)  # not those sent one by one
        result = self._batches(all_good, list(_chunks(good)), [[event] for event in good])
        try:
            bad = drawn(self._events.invalid(contract), examples=max(1, self.examples // _FEWER), seed_value=self.seed)
        except Impossible:  # no event can break this model
            return result
        mixed = [_mixed(events, event) for events, event in zip(cycle(_chunks(good)), bad, strict=False)]
        partly = self._batches(one_bad, mixed, [[min(good, key=len), event] for event in bad])
        return Result(trials=result.trials + partly.trials, found=[*result.found, *partly.found])

    def _batches(self, probe: Probe, batches: Iterable[list[bytes]], smaller: Iterable[list[bytes]]) -> Result:
        """Send *batches*, and when one of them is misjudged *smaller* ones, so that the smallest can be shown."""
        trials = Trials(probe, self.subject.excuses)
        found = trials.known(map(_array, batches))
        found += trials.known(map(_array, smaller)) if found else []
        return Result(trials=trials.sent, found=[*found, *trials.noted.values()])

    def _search(self, probe: Probe, texts: st.SearchStrategy[bytes], examples: int, samples: Iterable[Sample] = ()) -> Result:
        """Send *samples*, then what is generated, and return the misjudged ones; of those generated only the smallest."""
        trials = Trials(probe, self.subject.excuses)
        found = trials.known(msgspec.json.encode(sample.event) for sample in samples)
        smallest, reason = None, ""
        try:
            smallest = trials.search(texts, examples=examples, seed_value=self.seed)
        except Impossible:
            if not trials.sent:
                raise
            reason = f"only the samples were sent: {_HARDLY}"
        return Result(
            trials=trials.sent, reason=reason, found=[*found, *([smallest] if smallest else []), *trials.noted.values()]
        )

    # -- requests that are not let in ----------------------------------------------------------------------------------

    def auth(self, contract: Contract) -> Result:
        """Come without credentials, with an unknown user key and with a wrong secret, to both URLs."""
        result = Result(found=[])
        for many in (False, True):
            for who in ("nobody", "stranger", "impostor"):
                answer = self.subject.deliver(contract, b"[{}]" if many else _NOTHING, many=many, who=who)
                result.note(answer, judgements.unauthorised(answer, without_any=who == "nobody"))
        return result

    def json_on_every_error(self, contract: Contract) -> Result:
        """Make every error that can be made."""
        result = Result(found=[])
        for path, what in _elsewhere(contract):
            answer = self.subject.request("POST", path, f"POST {what} without credentials", _NOTHING)
            result.note(answer, judgements.nowhere(answer))
        answer = self.subject.request("GET", f"{contract.listener_path}/event", "GET …/event without credentials")
        result.note(answer, judgements.not_json(answer))
        if reason := self._reason(contract, needs_sending=True):
            result.reason = f"broken JSON, an empty body and XML were left out: {reason}"
            return result
        for what, body, media_type, entry in _UNREADABLE:
            answer = self.subject.deliver(contract, body, what=what, media_type=media_type)
            result.note(answer, judgements.body_refused(answer, entry))
        return result

    def method(self, contract: Contract) -> Result:
        """Come with other methods, without credentials, and never with DELETE."""
        result = Result(found=[])
        for kind in ("event", "events"):
            for method in ("GET", "PUT", "PATCH"):
                said = f"{method} …/{kind} without credentials"
                answer = self.subject.request(
                    method, f"{contract.listener_path}/{kind}", said, b"" if method == "GET" else _NOTHING
                )
                result.note(answer, judgements.wrong_method(answer))
        return result

    def envelope(self, contract: Contract) -> Result:
        """Look at every kind of answer once."""
        result = Result(found=[])
        refused = [
            self.subject.deliver(contract, _NOTHING, who="nobody"),
            self.subject.deliver(contract, _NOTHING, who="impostor"),
            *(
                self.subject.request("POST", path, f"POST {what} without credentials", _NOTHING)
                for path, what in _elsewhere(contract)
            ),
            self.subject.request("GET", f"{contract.listener_path}/event", "GET …/event without credentials"),
        ]
        if reason := self._reason(contract, needs_sending=True):
            result.reason = f"answers to accepted and broken events were left out: {reason}"
        else:
            refused.append(self.subject.deliver(contract, b'{"', what="broken JSON"))
            for sample in contract.accepted_samples[:1]:
                answer = self.subject.deliver(contract, msgspec.json.encode(sample.event), what=f"the sample {sample.name}")
                result.note(answer, [*judgements.not_json(answer), *judgements.success_envelope(answer), *_always(answer)])
        for answer in refused:
            expected_refusal = answer.status not in judgements.SUCCESSES  # a success here is the matter of another check
            result.note(answer, [*(judgements.error_envelope(answer) if expected_refusal else ()), *_always(answer)])
        return result


def _always(answer: Answer) -> Iterator[Difference]:
    if answer.status:
        yield from judgements.cookie(answer)
        yield from judgements.nameless(answer)


def _elsewhere(contract: Contract) -> Iterator[tuple[str, str]]:
    """Yield paths where no event listens, and how to call them."""
    application, event = contract.listener_path.rsplit("/", 1)
    yield f"{application}/{event[:1]}{'0' * len(event[1:])}/event", "to an unknown event"
    yield f"{contract.listener_path}/nothing", "to an unknown path below the event"


def _array(texts: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(texts) + b"]"


def _chunks(events: list[bytes]) -> Iterator[list[bytes]]:
    """Cut *events* into batches of one, two, three and more."""
    sizes, start = cycle(range(1, _MOST_IN_A_BATCH + 1)), 0
    while start < len(events):
        size = next(sizes)
        yield events[start : start + size]
        start += size


def _mixed(good: list[bytes], bad: bytes) -> list[bytes]:
    """Put *bad* behind the first of *good*."""
    return [good[0], bad, *good[1:]]


CHECKS: Final[dict[str, tuple[str, Callable[[Suite, Contract], Result], bool]]] = {
    "positive-data-accepted": ("Events that keep the model are accepted", Suite.positive, True),
    "negative-data-refused": ("Events that break the model are refused", Suite.negative, True),
    "batch": ("Batches are taken, with a broken event among them too", Suite.batch, True),
    "auth-required": ("Nobody is let in without valid credentials", Suite.auth, False),
    "json-on-every-error": ("Every error is JSON", Suite.json_on_every_error, False),
    "method-not-allowed": ("Other methods are answered 405 with Allow", Suite.method, False),
    "envelope": ("Every answer has the family envelope", Suite.envelope, False),
}
