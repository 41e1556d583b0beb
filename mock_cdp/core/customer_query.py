"""The small SQL-like query over customers, `select * from profile where attributes.primaryEmail='x' limit 10`, as a value.

That SAP takes such a query was seen in client code; its language is not public, so what each word means here is assumed.
A value in a query is only ever compared: no text is built from it, so there is nothing to inject into.
"""

from typing import Final

import msgspec

LIMIT_CAP: Final = 1_000  # documents in one answer, whatever the query says

Value = str | int | float | bool | None


class Comparison(msgspec.Struct, frozen=True):
    """A field against a value; `operator` is one of `= != < <= > >=`."""

    field: str
    operator: str
    value: Value


class Membership(msgspec.Struct, frozen=True):
    """A field against several values."""

    field: str
    values: tuple[Value, ...]


class Likeness(msgspec.Struct, frozen=True):
    """A field against a pattern in which `%` stands for any text, also none. Every other character, `_` too, is itself."""

    field: str
    pattern: str


class Absence(msgspec.Struct, frozen=True):
    """A field that is not there, is null, or is an empty list."""

    field: str


class Negation(msgspec.Struct, frozen=True):
    """What must not hold."""

    part: "Condition"


class Both(msgspec.Struct, frozen=True):
    """All of several conditions."""

    parts: tuple["Condition", ...]


class Either(msgspec.Struct, frozen=True):
    """At least one of several conditions."""

    parts: tuple["Condition", ...]


Condition = Comparison | Membership | Likeness | Absence | Negation | Both | Either


class Sorting(msgspec.Struct, frozen=True):
    """What to order by."""

    field: str
    descending: bool = False


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """A query as read.

    Attributes:
        fields: Dotted paths to answer with; empty for all (`*`).
        source: What it selects from, as written: `profile` or the name of an activity schema.
        condition: None when every document matches.
        order: The most important first.
        limit: Documents wanted, at most `LIMIT_CAP`.
    """

    source: str
    fields: tuple[str, ...] = ()
    condition: Condition | None = None
    order: tuple[Sorting, ...] = ()
    limit: int = LIMIT_CAP
