"""Reports for tests: one of a gate that found something, one of each other kind, and Hypothesis-made ones of hostile texts."""

import msgspec
from hypothesis import strategies as st

from mock_cdp.contract.violation import Violation
from mock_cdp.core.receipt import Counts
from mock_cdp.reports.report import CHECK_OUTCOMES, Check, CoveredRule, Finding, Report

POS = "retail/sap-car/pos-receipt"
ORDER = "retail/web-shop/web-order"

SENT = """{
  "receipt": "4711",
  "lines": [
    {"sku": "A-1", "amount": "12,50"}
  ]
}"""
ARRIVED = '{"receipt":"4711","lines":{"sku":"A-1","amount":"12,50"}}'

COLLAPSED = Finding(
    code="T01",
    title="A single item collapses",
    message="One line item arrived as an object where the model wants an array.",
    fix="Set the JSON conversion to keep /lines an array: list it under 'Convert XML elements to JSON array'.",
    event=POS,
    pointers=("/lines",),
    sent=SENT,
    sent_type="application/json",
    arrived=(ARRIVED,),
    violations=(
        Violation(
            code="type",
            pointer="/lines",
            message="/lines must be an array, but is an object.",
            keyword="type",
            schema_pointer="/properties/lines/type",
            expected="array",
            found='{"sku": "A-1", "amount": "12,50"}',
        ),
    ),
    case_file="cases/T01-1f3a.json",
    model_file="contracts/retail/applications/sap-car/dataevents/pos-receipt/model.schema.json",
    seen=7,
)
COMMA = Finding(
    code="T06",
    title="A decimal comma",
    message="12,50 is no number.",
    fix="amount = value.replace(',', '.')\nreturn float(amount)",
    event=POS,
    pointers=("/lines/*/amount",),
    sent=SENT,
    arrived=('{"receipt":"4711","lines":[{"sku":"A-1","amount":"12,50"}]}',),
    violations=(
        Violation(
            code="type",
            pointer="/lines/0/amount",
            message="/lines/0/amount must be a number, but is a string.",
            keyword="type",
            expected="number",
            found='"12,50"',
        ),
    ),
    flaky=True,
)
TWICE = Finding(
    code="twice",
    title="Sent twice",
    message="One order reached the listener twice: the answer to the first was lost, the second had another id.",
    fix="Send the id of the first try with each retry.",
    event=ORDER,
    sent='{"order":"1"}',
    arrived=('{"id":"a","order":"1"}', '{"id":"b","order":"1"}'),
    case_file="cases/twice.json",
)

BROKEN = Report(
    kind="gate",
    subject="python-pos",
    started_at=1_772_352_000.0,
    duration_s=12.3,
    tool="mock-cdp 0.1.0",
    revision="9f2c4e",
    seed=42,
    profile="ci",
    checks=(
        Check(
            property="accepted",
            title="Everything is accepted",
            event=POS,
            outcome="broken",
            trials=200,
            findings=(COLLAPSED, COMMA),
        ),
        Check(property="accepted", title="Everything is accepted", event=ORDER, outcome="kept", trials=200, duration_s=1.25),
        Check(property="nothing-lost", title="Nothing is lost", event=POS, outcome="broken", trials=40, findings=(COLLAPSED,)),
        Check(property="nothing-lost", title="Nothing is lost", event=ORDER, outcome="kept", trials=40),
        Check(property="nothing-twice", title="Nothing arrives twice", event=POS, outcome="skipped", reason="no retry was seen"),
        Check(
            property="nothing-twice", title="Nothing arrives twice", event=ORDER, outcome="broken", trials=12, findings=(TWICE,)
        ),
        Check(
            property="order",
            title="The order of items is irrelevant",
            event=POS,
            outcome="error",
            reason="the driver exited with 3",
        ),
    ),
    counts=Counts(received=492, accepted=447, rejected=33, duplicate=11, discarded=1),
    coverage=(
        CoveredRule(event=POS, place="/receipt", keyword="type", expected="string", kept=452, broken=0),
        CoveredRule(event=POS, place="/lines", keyword="type", expected="array", kept=419, broken=33),
        CoveredRule(event=POS, place="/lines", keyword="minItems", expected="1", kept=0, broken=0),
        CoveredRule(event=ORDER, place="/order", keyword="pattern", expected="^[0-9]+$", kept=40, broken=2),
    ),
    notes=("The known cases ran first.",),
)
KEPT = msgspec.structs.replace(
    BROKEN, checks=tuple(msgspec.structs.replace(check, findings=()) for check in BROKEN.checks if check.outcome == "kept")
)
SILENT = msgspec.structs.replace(KEPT, counts=Counts())
STOPPED = msgspec.structs.replace(KEPT, stopped="interrupted after 3 of 200 trials")

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\x00\x01\x1b[31m\x9b31m\x7f\ufffe\ud800",
    "\u202etxet tfel ot thgir\u202c \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f469\u200d\U0001f467 e\u0301 \U0001f1e9\U0001f1ea",
    "```\n````` a | b \\| c ` d",
    "]]> & <![CDATA[ <!-- -->",
    "{{ 7 * 7 }} {% raw %}",
    "\n::error::no\r\n##vso[task.complete result=Succeeded;]\n##[section]",
    '"><img src=x onerror=alert(1)>',
    "",
)


def texts() -> st.SearchStrategy[str]:
    """Return hostile texts, known and new, alone and joined."""
    characters = st.characters() | st.characters(categories=["Cs", "Cc", "Cf"])
    return st.lists(st.sampled_from(HOSTILE) | st.text(characters, max_size=12), max_size=3).map(" ".join)


def _findings() -> st.SearchStrategy[Finding]:
    some = st.lists(texts(), max_size=2).map(tuple)
    violation = st.builds(
        Violation, code=texts(), pointer=texts(), message=texts(), keyword=texts(), expected=texts(), found=texts()
    )
    return st.builds(
        Finding,
        **dict.fromkeys(
            ("code", "title", "message", "fix", "event", "sent", "sent_type", "case_file", "model_file", "ledger"), texts()
        ),
        pointers=some,
        arrived=some,
        violations=st.lists(violation, max_size=2).map(tuple),
        flaky=st.booleans(),
    )


def reports() -> st.SearchStrategy[Report]:
    """Return reports in which every text is hostile."""
    checks = st.builds(
        Check,
        **dict.fromkeys(("property", "title", "event", "reason"), texts()),
        outcome=st.sampled_from(CHECK_OUTCOMES),
        trials=st.integers(0, 10**9),
        findings=st.lists(_findings(), max_size=2).map(tuple),
        duration_s=st.floats(0, 1e6),
    )
    rule = st.builds(
        CoveredRule,
        **dict.fromkeys(("event", "place", "keyword", "expected"), texts()),
        kept=st.integers(0, 9),
        broken=st.integers(0, 9),
    )
    return st.builds(
        Report,
        **dict.fromkeys(("subject", "tool", "revision", "profile", "stopped"), texts()),
        kind=st.sampled_from(("gate", "conformance")),
        started_at=st.floats(0, 4e9),
        duration_s=st.floats(0, 1e6),
        seed=st.none() | st.integers(0, 2**128),
        checks=st.lists(checks, max_size=2).map(tuple),
        counts=st.none() | st.builds(Counts, received=st.integers(0, 99), accepted=st.integers(0, 99)),
        coverage=st.lists(rule, max_size=2).map(tuple),
        notes=st.lists(texts(), max_size=2).map(tuple),
    )
