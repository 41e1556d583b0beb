"""Markdown for a step summary, read back by a Markdown parser."""

import msgspec
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from sample_reports import ARRIVED, BROKEN, COLLAPSED, HOSTILE, KEPT, SENT, SILENT, STOPPED, reports

from mock_cdp.reports.markdown import MOST_BYTES, escaped, fenced, markdown

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def _tokens(text: str) -> list:
    return [inner for token in PARSER.parse(text) for inner in (token, *(token.children or []))]


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (BROKEN, "## ❌ Contract broken: python-pos"),
        (KEPT, "## ✅ Contract kept: python-pos"),
        (SILENT, "## ⚠️ Nothing proven: python-pos"),
        (STOPPED, "## ⚠️ Nothing proven: python-pos"),
    ],
    ids=["broken", "kept", "silent", "stopped"],
)
def test_it_begins_with_the_verdict(report, headline):
    """The first line says it all, and a run that proves nothing says why."""
    text = markdown(report)
    assert text.startswith(f"{headline}\n")
    assert ("**Nothing arrived.**" in text) == (report is SILENT)
    assert ("interrupted after 3" in text) == (report is STOPPED)


def test_the_table_and_each_cause_once():
    """Properties against events, then each cause with its message, what arrived, what is wrong and the fix."""
    text = markdown(BROKEN)
    assert "| Nothing arrives twice | – skipped (no retry was seen) | ✗ **broken** (12) |\n" in text  # noqa: RUF001
    assert text.count("### ❌ T01 A single item collapses · pos-receipt\n") == 1
    assert "Breaks: Everything is accepted, Nothing is lost · seen 14 times" in text
    assert '| /lines | array | {"sku": "A-1", "amount": "12,50"} | /lines must be an array, but is an object. |' in text
    fences = [token.content for token in _tokens(text) if token.type == "fence"]
    assert fences[:2] == [f"{SENT}\n", f"{ARRIVED}\n"]


def test_it_fits_and_says_what_did_not():
    """Hundreds of causes with 200 KB messages end below the limit, with the number of those left out."""
    findings = tuple(msgspec.structs.replace(COLLAPSED, code=f"T{at}", sent="€\n" * 100_000) for at in range(300))
    check = msgspec.structs.replace(BROKEN.checks[0], findings=findings)
    text = markdown(msgspec.structs.replace(BROKEN, checks=(check,)))
    assert MOST_BYTES * 0.9 < len(text.encode()) <= MOST_BYTES
    told = text.count("### ❌")
    assert f"*{300 - told} more causes did not fit here" in text
    assert "more characters; the JSON report has them all]" in text


@pytest.mark.parametrize("text", ["```", "a ````` b", "`" * 5_000, "~~~\n```\n"], ids=["three", "five", "endless", "tilde"])
def test_nothing_ends_a_fence_early(text):
    """The fence is longer than any run of backticks in what it holds."""
    tokens = _tokens(fenced(text) + "\nafter\n")
    assert [token.type for token in tokens if token.type in {"fence", "inline"}] == ["fence", "inline"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{len(text)}-characters")
def test_a_cell_is_one_cell(text):
    """Pipes, tags and markup in a cell mean themselves."""
    tokens = _tokens(f"| a | b |\n| --- | --- |\n| {escaped(text)} | x |\n")
    assert [token.type for token in tokens].count("td_open") == 2
    assert [token.content for token in tokens if token.type == "inline"][-1] == "x"  # what is too much is dropped in silence
    assert {token.type for token in tokens} <= {
        f"{tag}_{end}" for tag in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")
    } | {
        "inline",
        "text",
        "text_special",
    }


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_render_nothing(report):
    """No tag, no link, no picture, no heading of others; every fence is closed where we close it."""
    text = markdown(report)
    tokens = _tokens(text)
    assert not {token.type for token in tokens} & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "hr",
        "code_block",
        "blockquote_open",
    }
    findings = [finding for check in report.checks for finding in check.findings]
    assert sum(token.type == "heading_open" for token in tokens) <= 1 + len(findings)
    assert text.rstrip().count("\n") > sum(token.type == "fence" for token in tokens)
    assert all(len(token.markup) >= 3 and token.map[1] <= text.count("\n") for token in tokens if token.type == "fence")
    assert len(text.encode()) <= MOST_BYTES
