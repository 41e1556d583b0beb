"""Reports on disk: all of them or the chosen ones, each whole."""

import msgspec
import pytest
from sample_reports import BROKEN, COLLAPSED, HOSTILE, KEPT

from mock_cdp.reports.writing import ALL, ReportError, write_reports

NAMES = ["TEST-cdp-contract.xml", "cdp-contract.sarif", "cdp-contract.md", "cdp-contract.json", "cdp-contract.html"]


def test_all_are_written_into_a_folder_that_is_made(tmp_path):
    """Five files, nothing beside them, in UTF-8; a second run replaces them."""
    folder = tmp_path / "build" / "reports"
    for report in (BROKEN, KEPT):
        paths = write_reports(report, folder)
        assert [path.name for path in paths] == NAMES
        assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert "Contract kept" in (folder / "cdp-contract.md").read_text(encoding="utf-8")


def test_only_what_is_asked_for_is_written(tmp_path):
    """In the order asked for."""
    assert [path.name for path in write_reports(KEPT, tmp_path, formats=("json", "junit"))] == [NAMES[3], NAMES[0]]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("taken", ["folder", "file"])
def test_what_cannot_be_written_is_said(tmp_path, taken):
    """The message names the file and the reason, and no half of a file is left."""
    (tmp_path / "out").write_text("a file") if taken == "folder" else (tmp_path / "out" / NAMES[0]).mkdir(parents=True)
    with pytest.raises(ReportError, match=r"cannot write the report .*TEST-cdp-contract\.xml: .*; choose a folder"):
        write_reports(BROKEN, tmp_path / "out")
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize("form", ALL)
def test_any_text_can_be_written(tmp_path, form):
    """Halves of characters, control characters and 200 KB break no format."""
    texts = (*HOSTILE, "x" * 200_000)
    findings = tuple(
        msgspec.structs.replace(COLLAPSED, title=text, sent=text, arrived=(text,), model_file=text) for text in texts
    )
    check = msgspec.structs.replace(BROKEN.checks[0], findings=findings)
    (path,) = write_reports(msgspec.structs.replace(BROKEN, checks=(check,)), tmp_path, formats=(form,))
    assert path.read_text(encoding="utf-8")
