"""Receipts from the till's files: CSV with a row per item, or XML."""

import contextlib
import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pos_to_cdp.receipt import Item, Receipt

Values = Callable[[str], str]  # what a row or an element holds under a name, "" if nothing


class SourceError(Exception):
    """A file that is no file of receipts; the message is one line that says where and what."""


def read(path: Path) -> list[Receipt]:
    """Return the receipts of a `.csv` or `.xml` file in their order.

    Raises:
        SourceError: It is neither, or it cannot be read.
    """
    readers = {".csv": from_csv, ".xml": from_xml}
    if path.suffix.lower() not in readers:
        raise SourceError(f"{path}: neither .csv nor .xml")
    try:
        return readers[path.suffix.lower()](path.read_text(encoding="utf-8-sig"))  # a spreadsheet writes a byte order mark
    except (OSError, UnicodeDecodeError, SourceError) as error:
        raise SourceError(f"{path}: {error}") from None


def from_csv(text: str) -> list[Receipt]:
    """Return the receipts of a CSV text: semicolons, decimal commas, the receipt's values repeated in each row of its items."""
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    return list(_receipts_of(rows))


def _receipts_of(rows: "csv.DictReader[str]") -> Iterator[Receipt]:
    numbered = ((line, row) for line, row in enumerate(rows, 2))
    for _, of_receipt in groupby(numbered, lambda pair: tuple(pair[1].get(name) for name in ("store", "register", "number"))):
        lines = [(f"line {line}", _values_of(row)) for line, row in of_receipt]
        yield _receipt(*lines[0], tuple(_item(place, values) for place, values in lines))


def _values_of(row: dict[str, str]) -> Values:
    return lambda name: (row.get(name) or "").strip()


def from_xml(text: str) -> list[Receipt]:
    """Return the receipts of an XML text: `<receipts><receipt>…<items><item>…`."""
    try:
        root = fromstring(text)
    except (ParseError, DefusedXmlException) as error:
        raise SourceError(f"no XML that is taken: {error}") from None
    return [_receipt_of(number, element) for number, element in enumerate(root.iterfind("receipt"), 1)]


def _receipt_of(number: int, element: Element) -> Receipt:
    place = f"receipt {number}"
    items = enumerate(element.iterfind("items/item"), 1)
    found = tuple(_item(f"{place}, item {position}", _children_of(item)) for position, item in items)
    return _receipt(place, _children_of(element), found)


def _children_of(element: Element) -> Values:
    return lambda name: (element.findtext(name) or "").strip()


def _receipt(place: str, values: Values, items: tuple[Item, ...]) -> Receipt:
    try:
        return Receipt(
            store=_needed(values, "store"),
            register=int(_needed(values, "register")),
            number=int(_needed(values, "number")),
            purchased_at=_time(_needed(values, "time")),
            currency=_needed(values, "currency"),
            customer=values("customer"),
            card=values("card"),
            items=items,
        )
    except ValueError as error:
        raise SourceError(f"{place}: {error}") from None


def _item(place: str, values: Values) -> Item:
    try:
        return Item(
            sku=_needed(values, "sku"),
            quantity=_decimal(_needed(values, "quantity")),
            amount=_decimal(_needed(values, "amount")),
            text=values("text"),
        )
    except ValueError as error:
        raise SourceError(f"{place}: {error}") from None


def _needed(values: Values, name: str) -> str:
    if not (value := values(name)):
        raise ValueError(f"{name} is missing")
    return value


def _decimal(text: str) -> Decimal:
    with contextlib.suppress(InvalidOperation):
        if (number := Decimal(text.replace(",", "."))).is_finite():
            return number
    raise ValueError(f"{text!r} is no number")


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return time
