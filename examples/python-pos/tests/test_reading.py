"""What is read from the till's files."""

from decimal import Decimal
from pathlib import Path

import pytest

from pos_to_cdp.reading import SourceError, from_csv, from_xml, read
from sources import HEADER, as_csv, as_xml, receipt

RECEIPTS = Path(__file__).parents[1] / "receipts"


@pytest.mark.parametrize("read_back", [lambda one: from_csv(as_csv(one)), lambda one: from_xml(as_xml(one))], ids=["csv", "xml"])
def test_a_receipt_is_read_as_it_was_written(read_back):
    """Nothing is lost, and no amount went through a float."""
    assert read_back(receipt()) == [receipt()]


def test_rows_of_one_receipt_belong_together():
    """Three receipts in four rows."""
    found = read(RECEIPTS / "saturday.csv")
    assert [(one.number, len(one.items), one.total) for one in found] == [
        (1287, 1, Decimal("19.90")),
        (1288, 2, Decimal("42.30")),
        (1289, 1, Decimal("0.15")),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (as_csv(receipt()).replace("19,90", "19,9O"), "line 2: '19,9O' is no number"),
        (as_csv(receipt()).replace("+01:00", ""), "line 2: '2024-11-30T17:50:12' has no offset from UTC"),
        (";".join(HEADER) + "\nR101;3", "line 2: sku is missing"),
    ],
    ids=["amount", "time", "short-row"],
)
def test_an_error_says_where(text, said):
    """Line and value, so that somebody in the store can mend the file."""
    with pytest.raises(SourceError) as error:
        from_csv(text)
    assert str(error.value) == said


def test_xml_that_loads_other_files_is_refused():
    """A till has no business with entities."""
    with pytest.raises(SourceError, match="no XML that is taken"):
        from_xml('<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]><receipts>&e;</receipts>')
