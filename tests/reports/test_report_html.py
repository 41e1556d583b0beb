"""The HTML page: well-formed, self-contained, accessible, and nothing of others in it but text."""

import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from sample_reports import BROKEN, COLLAPSED, HOSTILE, KEPT, SILENT, STOPPED, reports

from mock_cdp.reports.html import html
from mock_cdp.reports.texts import visible

VOID = {"meta", "link"}
TAGS = {
    *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "footer", "section", "article", "div", "p"),
    *("h1", "h2", "h3", "h4", "span", "bdi", "time", "b", "small", "em", "ins", "del", "code", "pre", "svg", "rect", "figure"),
    *("figcaption", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "a", "details", "summary"),
}
CSS = files("mock_cdp.reports").joinpath("templates", "report.css").read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Reads a page and keeps what it is made of; a tag that closes another than the last opened fails."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names))
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all_of(self, attribute: str) -> list[str]:
        """Return every value of *attribute*."""
        return [value for _, name, value in self.attributes if name == attribute]


@pytest.mark.parametrize("report", [BROKEN, KEPT, SILENT, STOPPED], ids=["broken", "kept", "silent", "stopped"])
def test_the_page_stands_alone_and_can_be_walked(report):
    """Nothing is fetched, nothing runs; landmarks, headings in order, ids once, every reference leads somewhere."""
    page = Reader(html(report))
    assert {tag for tag in page.tags if tag in {"header", "main", "footer"}} == {"header", "main", "footer"}
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = page.all_of("id")
    assert len(ids) == len(set(ids))
    assert set(page.all_of("aria-labelledby")) <= set(ids)
    assert {href.removeprefix("#") for href in page.all_of("href")} <= {"data:,", *ids}
    assert page.all_of("src") == []
    assert page.tags.count("th") == sum(1 for tag, name, _ in page.attributes if (tag, name) == ("th", "scope"))
    assert page.tags.count("svg") == sum(
        1 for tag, name, _ in page.attributes if tag == "svg" and name in {"role", "aria-hidden"}
    )
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_the_page_tells_all_of_a_finding():
    """What was sent beside what arrived, the violation against the model, the fix, how to replay, where it broke."""
    page = html(BROKEN)
    text = "".join(Reader(page).texts)
    for told in (
        "Contract broken",
        COLLAPSED.message,
        COLLAPSED.fix,
        "mock-cdp gate replay cases/T01-1f3a.json",
        COLLAPSED.model_file,
    ):
        assert told in text
    assert '<span class="line changed">  &#34;lines&#34;: [\n</span>' in page
    assert '<span class="line wrong">  &#34;lines&#34;: {<em> ← /lines must be an array, but is an object.</em>\n</span>' in page
    assert "<td><ins>array</ins></td>" in page
    assert 'aria-label="Checks: 2 kept, 3 broken, 1 skipped, 1 error"' in page
    assert 'aria-label="Events received: 447 accepted, 33 rejected, 11 duplicate, 1 discarded"' in page
    assert 'aria-label="Rules: 1 both, 1 kept, 1 never"' in page
    facts = {
        "Contracts": "9f2c4e",
        "Tool": "mock-cdp 0.1.0",
        "Seed": "42",
        "Profile": "ci",
        "Trials": "492",
        "Duration": "12.3 s",
    }
    for name, fact in facts.items():
        assert f"<dt>{name}</dt><dd>{fact}</dd>" in page


@pytest.mark.parametrize("report", [SILENT, STOPPED], ids=["silent", "stopped"])
def test_a_run_that_proves_nothing_says_why(report):
    """Under the verdict, before anything else."""
    page = html(report)
    assert "<h1>Nothing proven</h1>" in page
    assert '<p class="doubt">' in page
    assert '<p class="doubt">' not in html(KEPT)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text], ids=lambda text: f"{len(text)}-characters")
def test_a_hostile_text_is_shown_as_itself(text):
    """It arrives at the reader as text, with what cannot be shown written out, wherever it stands."""
    finding = msgspec.structs.replace(COLLAPSED, sent=text, arrived=(text,), fix=text, message=text, title=text)
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    page = Reader(html(msgspec.structs.replace(BROKEN, checks=(check,))))
    assert set(page.tags) <= TAGS
    assert "".join(page.texts).count(visible(text).strip("\n").split("\n")[0]) >= 5


def test_200_kb_are_shortened_with_a_note():
    """A page stays a page."""
    finding = msgspec.structs.replace(COLLAPSED, sent="x" * 200_000, arrived=("<a>\n" * 50_000,))
    check = msgspec.structs.replace(BROKEN.checks[0], findings=(finding,))
    page = html(msgspec.structs.replace(BROKEN, checks=(check,)))
    assert len(page) < 100_000
    assert page.count("more characters") >= 2


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(scheme):
    """Contrast of at least 4.5 to 1 (WCAG AA), in both schemes."""
    block = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    pairs = [(ink, ground) for ink in ("ink", "quiet", "kept", "broken", "skipped", "error") for ground in ("paper", "panel")]
    for ink, ground in [*pairs, ("ink", "wrong"), ("ink", "changed"), ("broken", "wrong")]:
        light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_hostile_texts_are_never_markup(report):
    """The page stays well-formed and is made of our tags and attributes alone."""
    page = Reader(html(report))
    assert set(page.tags) <= TAGS
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in {"src", "style", "srcdoc"}]
    assert all(href == "data:," or re.fullmatch(r"#cause-\d+", href) for href in page.all_of("href"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", "".join(page.texts))
