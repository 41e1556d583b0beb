"""Lines for GitHub, Azure and the terminal: nothing in a text becomes a command."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from sample_reports import BROKEN, COLLAPSED, KEPT, SILENT, STOPPED, reports

from mock_cdp.reports.annotations import azure, github
from mock_cdp.reports.terminal import text


def test_github_pins_each_cause_to_its_file():
    """One command for each cause; a flaky one is a warning."""
    lines = github(BROKEN)
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::warning"]
    assert lines[0].startswith(
        f"::error file={COLLAPSED.model_file},line=1,title=T01 A single item collapses (pos-receipt)"
        "::One line item arrived as an object where the model wants an array.%0ASent: {%0A"
    )


def test_azure_pins_each_cause_to_its_file():
    """One issue for each cause."""
    lines = azure(BROKEN)
    assert len(lines) == 3
    assert lines[1].startswith(
        "##vso[task.logissue type=error;sourcepath=cases/twice.json;linenumber=1;code=twice]twice Sent twice (web-order): "
    )


def test_what_has_a_meaning_to_them_is_escaped():
    """Percent signs, line ends, and in properties what separates them."""
    finding = msgspec.structs.replace(COLLAPSED, code="T;1]", title="a:b,c", message="100%\nof", sent="", model_file="a;b,c.json")
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    report = msgspec.structs.replace(BROKEN, checks=(check,))
    assert github(report)[0].startswith("::error file=a;b%2Cc.json,line=1,title=T;1] a%3Ab%2Cc (pos-receipt)::100%25%0Aof%0A")
    assert azure(report)[0].startswith("##vso[task.logissue type=error;sourcepath=a%3Bb,c.json;linenumber=1;code=T%3B1%5D]")
    assert ": 100%AZP25%0Aof%0A" in azure(report)[0]


@pytest.mark.parametrize("report", [SILENT, STOPPED], ids=["silent", "stopped"])
def test_a_run_that_proves_nothing_is_pinned_too(report):
    """A green log must not hide that nothing was proven; a kept contract needs no line."""
    assert len(github(report)) == len(azure(report)) == 1
    assert github(KEPT) == azure(KEPT) == []


def test_the_terminal_shows_a_line_for_each_check_and_what_broke_it():
    """The cause is told where it is met first, and referred to afterwards."""
    shown = text(BROKEN, color=False)
    assert "✗ Everything is accepted  pos-receipt · 200 trials\n\n    T01 A single item collapses\n" in shown
    assert '    smallest message:\n      │ {\n      │   "receipt": "4711",\n' in shown
    assert "      ✗ /lines: /lines must be an array, but is an object.\n    fix:\n      │ Set the JSON conversion" in shown
    assert "✓ Everything is accepted  web-order · 200 trials\n" in shown
    assert "✗ Nothing is lost  pos-receipt · 40 trials\n\n    T01 A single item collapses (as above)\n" in shown
    assert "– Nothing arrives twice  pos-receipt · no retry was seen\n" in shown  # noqa: RUF001
    assert "! The order of items is irrelevant  pos-receipt · the driver exited with 3\n" in shown
    assert "\nContract broken: 2 kept, 3 broken, 1 skipped, 1 error in 12.3 s\n" in shown
    assert "\x1b" not in shown


def test_colour_only_where_it_is_wanted():
    """The painted text is the plain one with sequences around it."""
    painted = text(BROKEN, color=True)
    assert "\x1b[31m✗ Everything is accepted\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == text(BROKEN, color=False)


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_are_no_commands(report):
    """Each annotation is one line with one command; what is printed holds none, and nothing a terminal obeys."""
    for line in github(report):
        assert re.fullmatch(r"::(error|warning|notice) (file=[^\n:,]*,line=1,)?title=[^\n:,]*::[^\n]*", line)
    for line in azure(report):
        assert re.fullmatch(r"##vso\[task\.logissue type=(error|warning)(;[a-z]+=[^\n;\]]*)*\][^\n]*", line)
    shown = text(report, color=False)
    assert not re.search(r"##(vso)?\[|^\s*::", shown, re.MULTILINE)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
