"""The ready suites: as one call with the smallest counterexample, as tests for pytest, and their judgement of single answers."""

import contextlib
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx
import liars
import msgspec
import orjson
import pytest
from liars import lying

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog, Sample
from mock_cdp.contract.folder import load
from mock_cdp.contract.model import Model
from mock_cdp.core.replies import Reply
from mock_cdp.listener import Listener
from mock_cdp.reports.report import Check, Finding
from mock_cdp.testing import conformance_judgements as judgements
from mock_cdp.testing import suites
from mock_cdp.testing.conformance_answers import Answer, Difference, Sent
from mock_cdp.testing.conformance_subject import opened
from mock_cdp.testing.suite_checks import Suite
from running import Running, contract_of

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.fuzz

POS = contract_of(load(shipped_catalog()), "pos-receipt")


def checked(name: str, lie: liars.Lie, listener: Listener, *, examples: int = 30, seed: int = 7) -> Check:
    """Return what one check over pos-receipt says of a liar."""
    with lying(lie, listener) as url, opened(url, credentials=None, send=False, strict=False) as subject:
        return Suite(subject, listener.catalog, examples=examples, seed=seed).check(name, POS)


# -- one call ----------------------------------------------------------------------------------------------------------


def test_the_report_holds_each_check_of_each_event(mock: Running, catalog: Catalog):
    """In the order of the contracts, all kept, with what is needed to repeat it."""
    paths = [contract.path for contract in catalog.contracts][:2]
    report = suites.conformance(mock.url, catalog, examples=3, events=paths)
    assert [(check.event, check.property) for check in report.checks] == [
        (path, name) for path in paths for name in suites.CHECKS
    ]
    assert {check.outcome for check in report.checks} == {"kept"}
    assert all(check.trials for check in report.checks)
    assert (report.kind, report.subject, report.revision) == ("conformance", mock.url, catalog.revision)
    assert isinstance(report.seed, int)


def test_the_smallest_event_is_found(listener: Listener):
    """Nothing in it but what the model demands, and the smallest total above the limit."""
    [finding] = checked("positive-data-accepted", liars.refuses_the_dear, listener).findings
    sent = json.loads(finding.sent)
    assert set(sent) - {"crmId", "email"} == set(POS.model.schema["required"])
    assert liars.DEAR < sent["totalAmount"] <= liars.DEAR + 1
    assert "too dear" in finding.arrived[0]
    assert (finding.ledger, finding.event, finding.sent_type) == ("accepted-202", POS.path, "application/json")
    assert "Ledger accepted-202 (observed)" in finding.message


def test_what_was_taken_although_it_is_broken_comes_with_the_rules_it_breaks(listener: Listener):
    """The smallest such event has exactly the violations that the model finds in it."""
    [finding] = checked("negative-data-refused", liars.accepts_everything, listener, examples=10).findings
    assert list(finding.violations) == POS.model.violations(json.loads(finding.sent))
    assert finding.violations
    assert finding.ledger == "answer-timing"


def test_the_same_seed_sends_the_same(listener: Listener):
    """Every body, in order; another seed sends others."""

    def sent(seed: int) -> list[bytes]:
        seen = []

        def watched(delivery, handle) -> Reply:
            seen.append(delivery.body)
            return liars.honest(delivery, handle)

        checked("negative-data-refused", watched, listener, examples=10, seed=seed)
        return seen

    first, again, other = sent(1), sent(1), sent(2)
    assert first == again
    assert set(first) != set(other)


def test_a_model_that_nothing_breaks_is_skipped(catalog: Catalog, listener: Listener):
    """There is no broken event to send, and batches are held without one."""
    anything = alone(catalog, Model({"type": "object"}))
    with lying(liars.honest, listener) as url, opened(url, credentials=None, send=False, strict=False) as subject:
        suite = Suite(subject, anything, examples=3, seed=1)
        negative, batch = (suite.check(name, anything.contracts[0]) for name in ("negative-data-refused", "batch"))
    assert (negative.outcome, "hardly anything to generate" in negative.reason) == ("skipped", True)
    assert batch.trials


def test_samples_are_sent_where_nothing_can_be_generated(catalog: Catalog, listener: Listener):
    """A rejected sample breaks what generated events hardly ever do; the check says that it had no more."""
    dependent = Model({"type": "object", "dependencies": {"a": ["b"]}})
    changed = alone(catalog, dependent, rejected={"a": 1})
    with lying(liars.accepts_everything, listener) as url, opened(url, credentials=None, send=False, strict=False) as subject:
        done = Suite(subject, changed, examples=3, seed=1).check("negative-data-refused", changed.contracts[0])
    assert (done.outcome, done.trials) == ("broken", 1)
    assert "only the samples were sent" in done.reason
    assert done.findings[0].pointers == ("",)


def test_a_disabled_event_is_sent_nothing(catalog: Catalog, listener: Listener):
    """The reason stands where the result would."""
    disabled = alone(catalog, enabled=False)
    with lying(liars.honest, listener) as url, opened(url, credentials=None, send=True, strict=False) as subject:
        done = Suite(subject, disabled, examples=3, seed=1).check("positive-data-accepted", disabled.contracts[0])
    assert (done.outcome, done.reason) == ("skipped", "the event is disabled")


def test_a_server_that_goes_away_is_an_error_of_the_check(listener: Listener):
    """What was checked before stands; the rest could not be told."""
    with contextlib.ExitStack() as held:
        with lying(liars.honest, listener) as url:
            subject = held.enter_context(opened(url, credentials=None, send=False, strict=False))
            suite = Suite(subject, listener.catalog, examples=3, seed=1)
            before = suite.check("auth-required", POS)
        after = [suite.check(name, POS) for name in ("auth-required", "negative-data-refused")]
    assert before.outcome == "kept"
    assert [(check.outcome, "nobody answers" in check.reason) for check in after] == [("error", True)] * 2


def alone(catalog: Catalog, model: Model | None = None, *, enabled: bool = True, rejected: object = None) -> Catalog:
    """Return a catalog of pos-receipt alone, with another model disabled, or with a rejected sample."""
    unit = next(unit for unit in catalog.units for contract in unit.contracts if contract.path == POS.path)
    event = msgspec.structs.replace(POS.event, enabled=enabled)
    samples = (Sample(name="broken", event=rejected),) if rejected else ()
    parts = {"event": event, "accepted_samples": (), "rejected_samples": samples}
    changed = msgspec.structs.replace(POS, model=model or POS.model, **parts)
    return Catalog(units=(msgspec.structs.replace(unit, contracts=(changed,)),))


# -- as tests ----------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs/conformance.md"
BY_URL, BY_FIXTURE = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("text", [BY_URL, BY_FIXTURE], ids=["by-url", "by-fixture"])
def test_two_lines_are_a_suite(pytester: pytest.Pytester, mock: Running, text: str):
    """As the page shows them: a test for each check and event, named by both; and no session is left."""
    pytester.makepyfile(text.replace("http://127.0.0.1:8080", mock.url))
    ran = pytester.runpytest_inprocess("-v", "-k", "web-order")
    ran.assert_outcomes(passed=7, deselected=21)
    ran.stdout.fnmatch_lines(["*::Test*::test_conforms[[]positive-data-accepted-web-order[]] PASSED*"])
    assert httpx.get(f"{mock.url}/_mock/sessions").json() == []


def test_a_lie_fails_its_test_with_all_there_is_to_know(pytester: pytest.Pytester, listener: Listener):
    """The failure holds what was expected and what came back, without a traceback; what is not sent is skipped."""
    text = """
        from mock_cdp.contract.entities import Credentials
        from mock_cdp.testing import suites

        KEYS = Credentials(user_key="AKEY", user_secret="not-a-real-secret")
        TestMock = suites.for_url("{url}", credentials=KEYS, examples=2)
    """
    with lying(liars.lacks_allow, listener) as url:
        pytester.makepyfile(text.replace("{url}", url))
        ran = pytester.runpytest_inprocess("-rs", "-k", "pos-receipt")
    ran.assert_outcomes(passed=3, failed=1, skipped=3, deselected=21)
    ran.stdout.fnmatch_lines(["*no-allow answers 405 without an Allow that names POST*", "*HTTP itself asks for it*"])
    ran.stdout.fnmatch_lines(["*events are sent only with --send*"])
    ran.stdout.no_fnmatch_line("*Traceback*")


# -- single answers ----------------------------------------------------------------------------------------------------

ENVELOPE = {"callId": "1", "errorCode": 400009, "statusCode": 400}


def answer(status: int, body: object = None, **headers: str) -> Answer:
    """Return an answer; a body that is no bytes is written as JSON, None is no body."""
    raw = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(sent=Sent(what="POST"), status=status, headers=named, body=raw)


@pytest.mark.parametrize(
    ("judge", "given", "code"),
    [
        (judgements.acceptance, answer(202, {}), ""),
        (judgements.acceptance, answer(202, {"errorCode": 0}), ""),
        (judgements.acceptance, answer(202, {"errorCode": "0"}), "error-code-on-success"),
        (judgements.acceptance, answer(200, {}), "other-success"),
        (judgements.acceptance, answer(202), "not-json"),
        (judgements.acceptance, answer(202, "text"), "not-json"),
        (judgements.acceptance, answer(400, ENVELOPE), "refuses-valid"),
        (judgements.acceptance, answer(0, b"closed"), "no-answer"),
        (judgements.invalid_refused, answer(400, ENVELOPE), ""),
        (judgements.invalid_refused, answer(422, ENVELOPE), ""),
        (judgements.invalid_refused, answer(400, {}), "no-error-code"),
        (judgements.invalid_refused, answer(400, {"errorCode": 0}), "no-error-code"),
        (judgements.invalid_refused, answer(400, {"errorCode": True}), "no-error-code"),
        (judgements.invalid_refused, answer(500, ENVELOPE), "other-status"),
        (judgements.invalid_refused, answer(202, {}), "accepts-invalid"),
        (judgements.wrong_method, answer(405, ENVELOPE, allow="GET, post"), ""),
        (judgements.wrong_method, answer(405, ENVELOPE, allow="GET"), "no-allow"),
        (judgements.wrong_method, answer(401, ENVELOPE), "other-status"),
        (judgements.nowhere, answer(404, []), ""),
        (judgements.nowhere, answer(404, b"<html>", content_type="text/html"), "html"),
        (judgements.body_refused, answer(413, {}), ""),
        (judgements.not_json, answer(301, {}, location="https://elsewhere"), "redirect"),
        (judgements.cookie, answer(400, {}, set_cookie="a=b"), "cookie"),
        (judgements.nameless, answer(202, {}, x_callid="1"), ""),
        (judgements.nameless, answer(202, {}), "no-x-callid"),
        (judgements.error_envelope, answer(400, ENVELOPE), ""),
        (judgements.error_envelope, answer(401, ENVELOPE), "envelope"),
        (judgements.success_envelope, answer(202, {"callId": "1"}), "success-body"),
        (lambda given: judgements.partly_refused(given, 1), answer(202, {"outcomes": ["accepted", "rejected"]}), ""),
        (
            lambda given: judgements.partly_refused(given, 1),
            answer(202, {"outcomes": ["accepted", "accepted"]}),
            "accepts-invalid",
        ),
        (lambda given: judgements.partly_refused(given, 1), answer(400, ENVELOPE), "refuses-batch"),
        (lambda given: judgements.unauthorised(given, without_any=True), answer(401, ENVELOPE), ""),
        (lambda given: judgements.unauthorised(given, without_any=True), answer(403, ENVELOPE), "other-status"),
        (lambda given: judgements.unauthorised(given, without_any=False), answer(403, ENVELOPE), ""),
        (lambda given: judgements.unauthorised(given, without_any=False), answer(202, {}), "lets-strangers-in"),
    ],
)
def test_an_answer_is_judged(judge: Callable[[Answer], Iterable[Difference]], given: Answer, code: str):
    """By status, body and headers, each difference with its code."""
    assert [found.code for found in judge(given)] == ([code] if code else [])


def test_an_accepting_verdict_on_a_broken_event_is_no_later_refusal():
    """Our mock says when it fails an event later; what it accepted for good breaks an observed behaviour."""
    later, never = (
        next(judgements.invalid_refused(answer(202, {}, x_contract_verdict=word))) for word in ("rejected", "accepted")
    )
    assert (later.entry, never.entry, never.basis) == ("answer-timing", "model-dialect", "observed")


def test_findings_are_plain_values():
    """What is said of an answer is cut to what fits a report."""
    long = answer(400, b"x" * 5_000, content_type="text/plain")
    assert len(str(long)) < 700
    assert str(long).startswith("HTTP 400 · content-type: text/plain · xxx")
    assert isinstance(Finding(code="a", title="b", message=str(long)), Finding)
