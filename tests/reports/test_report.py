"""The report as a value: what a run says of its subject, each cause once, properties against events."""

import msgspec
import pytest
from sample_reports import ARRIVED, BROKEN, COLLAPSED, COMMA, KEPT, ORDER, POS, SENT, SILENT, STOPPED, TWICE

from mock_cdp.core.receipt import Counts
from mock_cdp.reports.causes import causes
from mock_cdp.reports.charts import WIDTH, stacked
from mock_cdp.reports.comparison import compared, laid_out
from mock_cdp.reports.matrix import MOST_COLUMNS, matrix
from mock_cdp.reports.report import Check, Report, doubt, outcome
from mock_cdp.reports.texts import excerpt, relative, visible


def _report(*outcomes: str, **fields) -> Report:
    checks = tuple(Check(property=f"p{at}", title=f"P{at}", event=POS, outcome=one) for at, one in enumerate(outcomes))
    return msgspec.structs.replace(KEPT, **({"checks": checks} | fields))


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (BROKEN, "broken"),
        (KEPT, "kept"),
        (SILENT, "error"),
        (STOPPED, "error"),
        (_report(), "error"),
        (_report("skipped"), "error"),
        (_report("kept", "skipped"), "kept"),
        (_report("kept", "error"), "error"),
        (_report("broken", "error"), "broken"),
        (_report("broken", counts=Counts()), "broken"),
        (_report("broken", stopped="interrupted"), "broken"),
        (_report("kept", counts=None), "kept"),
    ],
    ids=["broken", "kept", "silent", "stopped", "empty", "skipped", "partly", "error", "both", "lost", "cut", "uncounted"],
)
def test_a_run_proves_what_it_saw_and_never_more(report, said):
    """Nothing arrived, nothing checked, ended early: none of it is a kept contract; a broken check stays broken."""
    assert outcome(report) == said
    assert bool(doubt(report)) == (said == "error") or said == "broken"


def test_a_cause_is_told_once_with_all_it_breaks():
    """The same code at the same place in two checks is one cause; the flaky one comes after the sure ones."""
    found = causes(BROKEN)
    assert [(one.finding.code, one.level, one.seen) for one in found] == [
        ("T01", "error", 14),
        ("twice", "error", 1),
        ("T06", "warning", 1),
    ]
    assert found[0].properties == ("Everything is accepted", "Nothing is lost")


def test_the_smallest_message_of_a_cause_is_shown():
    """Of two findings of one cause the shorter message is the better one, but any is better than none."""
    small, none = (msgspec.structs.replace(COLLAPSED, sent=sent) for sent in ("{}", ""))
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(none, COLLAPSED, small))
    assert causes(msgspec.structs.replace(BROKEN, checks=(check,)))[0].finding.sent == "{}"


def test_a_finding_of_a_kept_check_is_a_note():
    """What is only worth knowing breaks nothing."""
    check = Check(property="p", title="P", event=POS, outcome="kept", findings=(COMMA,))
    assert [one.level for one in causes(msgspec.structs.replace(KEPT, checks=(check,)))] == ["note"]


def test_the_matrix_turns_when_events_are_many():
    """Few events are columns, many are rows; a hole in it is no outcome."""
    few = matrix(BROKEN)
    assert (few.corner, few.columns) == ("Property", ("pos-receipt", "web-order"))
    assert [[cell.outcome for cell in cells] for _, cells in few.rows] == [
        ["broken", "kept"],
        ["broken", "kept"],
        ["skipped", "broken"],
        ["error", None],
    ]
    events = [f"shop/app/event-{at}" for at in range(MOST_COLUMNS + 1)]
    checks = tuple(Check(property="p", title="P", event=event, outcome="kept") for event in events)
    many = matrix(msgspec.structs.replace(KEPT, checks=checks))
    assert (many.corner, many.columns, len(many.rows)) == ("Event", ("P",), MOST_COLUMNS + 1)


def test_two_events_of_one_name_are_told_apart():
    """Where the short name says too little the path is shown."""
    checks = tuple(Check(property="p", title="P", event=event, outcome="kept") for event in (POS, "other/till/pos-receipt", ""))
    assert matrix(msgspec.structs.replace(KEPT, checks=checks)).columns == (POS, "other/till/pos-receipt", "all events")


def test_what_differs_and_what_is_broken_is_marked():
    """The lost array is marked as a difference, the object in its place as broken; the item itself did not change."""
    both = compared(SENT, (ARRIVED,), COLLAPSED.violations)
    assert [line.text.strip() for line in both.sent if line.changed] == ['"lines": [', "{", "]"]
    assert [(line.text.strip(), line.broken) for line in both.arrived[0] if line.broken] == [
        ('"lines": {', "/lines must be an array, but is an object.")
    ]


def test_the_order_of_members_is_no_difference():
    """JSON gives members no order, and an integration may write them as it likes."""
    both = compared('{"a":1,"b":2}', ('{"b":2,"a":1}',), ())
    assert not any(line.changed for line in (*both.sent, *both.arrived[0]))


def test_messages_of_different_kinds_are_not_compared():
    """Every line of XML differs from every line of JSON; saying so helps nobody. What is broken is still marked."""
    both = compared("<r>\n<a>1</a>\n</r>", ('{"lines":{}}',), COLLAPSED.violations)
    assert not any(line.changed for line in (*both.sent, *both.arrived[0]))
    assert [line.text for line in both.arrived[0] if line.broken] == ['  "lines": {}']


@pytest.mark.parametrize("body", ['[{"a":0},{"lines":{}}]', '{"events":[{"a":0},{"lines":{}}]}'], ids=["array", "events"])
def test_the_broken_event_of_a_batch_is_marked(body):
    """A violation's pointer begins at its event, whichever way events are wrapped."""
    violation = msgspec.structs.replace(COLLAPSED.violations[0], index=1)
    (arrived,) = compared("", (body,), (violation,)).arrived
    assert [line.text.strip() for line in arrived if line.broken] == ['"lines": {}']


@pytest.mark.parametrize("number", ["1.50", "12345678901234567890123", "1E400", "-0"])
def test_numbers_and_repeated_names_are_shown_as_they_were_sent(number):
    """The report must not repair what it reports."""
    assert [line.text for line in laid_out(f'{{"a":{number},"a":"\\u202e"}}')] == [
        "{",
        f'  "a": {number},',
        '  "a": "\\u202e"',
        "}",
    ]


def test_endless_messages_are_cut_and_the_cut_is_told():
    """200 KB, in one line or in many or nested deep, end on a page with a note."""
    for text in ("x" * 200_000, "x\n" * 100_000, "[" * 100_000, f"[{'1,' * 9_000}1]", '["' + "y" * 15_000 + '"]'):
        lines = laid_out(text)
        assert len(lines) <= 402
        assert sum(len(line.text) for line in lines) < 30_000
        assert any("more characters" in line.text or "more lines" in line.text for line in lines)


def test_a_bar_is_whole_and_shows_the_smallest_part():
    """Parts fill the bar without overlap, and one of a million is still seen."""
    bar = stacked("Events", [("accepted", 1_000_000), ("rejected", 1), ("duplicate", 0)])
    first, second, none = bar.parts
    assert first.width < second.x
    assert second.width > 5
    assert second.x + second.width == pytest.approx(WIDTH, abs=0.1)
    assert (none.width, bar.said) == (0, "Events: 1,000,000 accepted, 1 rejected")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("contracts/a/model.schema.json", "contracts/a/model.schema.json"),
        ("./cases/a.json", "cases/a.json"),
        ("cases\\a.json", "cases/a.json"),
        ("/home/me/repo/a.json", "a.json"),
        ("C:\\Users\\me\\a.json", "a.json"),
        ("\\\\server\\share\\a.json", "a.json"),
        ("../secret/a.json", "a.json"),
        ("~/a.json", "a.json"),
        ("", ""),
    ],
)
def test_a_path_never_names_the_machine(path, shown):
    """Relative, with forward slashes; of a path that leads elsewhere only the name."""
    assert relative(path) == shown


def test_what_cannot_be_shown_is_written_out():
    """Control characters, direction overrides and halves of characters in JSON's notation; tab and newline stay."""
    assert visible("a\x00\x1b\u202e\ud800\t\r\n\rb") == "a\\u0000\\u001b\\u202e\\ud800\t\n\\u000db"
    assert excerpt("abc\ndef", characters=5, lines=9) == "abc\nd\n[… 2 more characters; the JSON report has them all]"


def test_findings_that_differ_in_place_are_two_causes():
    """One code at two places is to be fixed in two places."""
    elsewhere = msgspec.structs.replace(COMMA, pointers=("/total",))
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(COMMA, elsewhere, TWICE))
    assert len(causes(msgspec.structs.replace(BROKEN, checks=(check,)))) == 3
    assert TWICE.event == ORDER
