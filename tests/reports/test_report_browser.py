"""The HTML report in Chromium: it asks for nothing but itself, and fits a narrow window."""

from pathlib import Path

import msgspec
import pytest
from sample_reports import BROKEN, HOSTILE, KEPT, SILENT, STOPPED

from chromium import chromium
from mock_cdp.reports.html import html

pytestmark = pytest.mark.browser

HOSTILE_ONE = msgspec.structs.replace(
    KEPT,
    subject=" ".join(HOSTILE[:2] + HOSTILE[8:]) + '<img src="http://127.0.0.1:9/a.png">',
    checks=tuple(
        msgspec.structs.replace(
            check,
            outcome="broken",
            findings=tuple(
                msgspec.structs.replace(
                    BROKEN.checks[0].findings[0],
                    title="".join(HOSTILE),
                    message='<link rel="stylesheet" href="http://127.0.0.1:9/a.css">' + "x" * 500,
                    fix='url(http://127.0.0.1:9/b.png) <script src="http://127.0.0.1:9/c.js"></script>',
                    sent=sent,
                )
                for sent in HOSTILE
            ),
        )
        for check in KEPT.checks
    ),
)
REPORTS = {"kept": KEPT, "broken": BROKEN, "silent": SILENT, "stopped": STOPPED, "hostile": HOSTILE_ONE}


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_is_fetched_and_nothing_sticks_out(name: str, tmp_path: Path):
    """Every fold open, 400 pixels wide."""
    file = tmp_path / "report.html"
    file.write_bytes(html(REPORTS[name]).encode())
    with chromium() as page:
        page.open(file.as_uri(), width=400)
        page.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.ask("document.querySelector('h1').textContent")
        assert page.requests == [file.as_uri()]
        assert page.ask("document.documentElement.scrollWidth") == 400


def test_a_request_would_be_seen(tmp_path: Path):
    """A page that fetches a picture is told from one that does not, and a page too wide from one that fits."""
    file = tmp_path / "page.html"
    file.write_text('<div style="width: 900px">wide</div><img src="http://127.0.0.1:9/picture.png">')
    with chromium() as page:
        page.open(file.as_uri(), width=400)
        assert page.requests == [file.as_uri(), "http://127.0.0.1:9/picture.png"]
        assert page.ask("document.documentElement.scrollWidth") > 800


def test_it_is_dark_where_the_reader_wants_it_dark(tmp_path: Path):
    """Light text on a dark ground, and the other way round."""
    file = tmp_path / "report.html"
    file.write_bytes(html(BROKEN).encode())
    grounds = []
    for dark in (False, True):
        with chromium() as page:
            page.open(file.as_uri(), width=800, dark=dark)
            grounds.append(page.ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 23, 28)"]
