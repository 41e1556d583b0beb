"""A request as a report shows it, what came back, and how that differs from what is known or assumed of CDP. Only values."""

from functools import cache
from typing import Any, Final, Literal

import msgspec
import orjson

from mock_cdp.contract.fidelity import FidelityEntry, ledger

Basis = Literal["documented", "observed", "assumed", "http"]

SHOWN: Final = 600  # characters of an answer's body that a report shows


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a report shows it: never with credentials.

    Attributes:
        what: In words, such as `POST …/event with a wrong secret`.
        body: As text.
        media_type: Of the body; empty when there is none.
    """

    what: str
    body: str = ""
    media_type: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: HTTP status; 0 when the connection ended without an answer.
        headers: Names in lower case.
        body: Raw bytes, decompressed; without an answer the reason as text.
    """

    sent: Sent
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header's value, or `""`."""
        return next((value for header, value in self.headers if header == name), "")

    @property
    def value(self) -> Any:
        """Return the body as a JSON object or array; None if it is neither, whatever its Content-Type says."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None
        return found if isinstance(found, dict | list) else None

    @property
    def object(self) -> dict[str, Any]:
        """Return the body as a JSON object, empty if it is none."""
        found = self.value
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        """Write it on one line: status, the headers that matter here, and the start of the body."""
        if not self.status:
            return f"no answer: {self.body.decode()}"
        named = [
            f"{name}: {self.header(name)}" for name in ("content-type", "location", "allow", "set-cookie") if self.header(name)
        ]
        text = self.body.decode("utf-8", "replace")
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
        return " · ".join([f"HTTP {self.status}", *named, shown or "(empty body)"])


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that is not as expected.

    Attributes:
        code: What kind, in kebab case.
        title: In a few words.
        expected: What should have come back.
        entry: Id of the ledger's entry that says so; empty if none does.
        basis: How that is known; `http` when it is HTTP itself that asks for it.
        tolerated: Whether the check allows for it, so that it is only worth knowing.
    """

    code: str
    title: str
    expected: str
    entry: str
    basis: Basis
    answer: Answer
    tolerated: bool = False


@cache
def entry_of(id_: str) -> FidelityEntry:
    """Return the ledger's entry *id_*."""
    return next(entry for entry in ledger() if entry.id == id_)


def difference(
    answer: Answer, code: str, title: str, expected: str, entry: str = "", *, basis: Basis = "assumed", tolerated: bool = False
) -> Difference:
    """Return a difference; a ledger entry brings its own basis."""
    known = entry_of(entry).basis if entry else basis
    return Difference(code=code, title=title, expected=expected, entry=entry, basis=known, answer=answer, tolerated=tolerated)
