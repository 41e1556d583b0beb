"""What an integration said to a message, without secrets and short enough for a report."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus

import msgspec

from mock_cdp.testing.cdp import Cdp

SAID_LIMIT: Final = 4_000  # characters
_HEAD: Final = 1_500  # of a longer text; the rest is its end, where programs say why they failed
_HIDDEN: Final = "***"
_BEARER: Final = r"(?<=Bearer )[\w.~+/=-]+"
_NAMES_SECRET: Final = re.compile(r"secret|passw|token|api_?key", re.IGNORECASE)
_LIKELY_LENGTH: Final = 8  # shorter values of the environment are words, and hiding them would spoil every text


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What the integration said to one message.

    Attributes:
        ok: It did not complain; says nothing about what arrived.
        said: Its answer, output or exception, of at most `SAID_LIMIT` characters; secrets are replaced.
        status: HTTP status or exit code; None where there is none.
        correlation: The id that was sent along to find the events by; empty if none was.
    """

    ok: bool
    said: str = ""
    status: int | None = None
    correlation: str = ""


class Secrets:
    """Texts that must not be seen in a report."""

    def __init__(self, *values: str) -> None:
        """Know *values*, as they are and as queries, JSON and Python write them; empty ones are none."""
        forms = {form for value in values if value for form in _forms(value)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join([_BEARER, *map(re.escape, longest_first)]), re.IGNORECASE)

    def hidden(self, text: str) -> str:
        """Return *text* without them."""
        return self._pattern.sub(_HIDDEN, text)

    def said(self, *parts: str | bytes) -> str:
        """Return the parts that hold something, one a line, without secrets, of at most `SAID_LIMIT` characters."""
        texts = (part if isinstance(part, str) else part.decode(errors="replace") for part in parts)
        return _shortened(self.hidden("\n".join(text.strip() for text in texts if text.strip())))


def _forms(value: str) -> Iterable[str]:
    return value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]


def _shortened(text: str) -> str:
    if len(text) <= SAID_LIMIT:
        return text
    gap = "\n… {} characters left out …\n"
    tail = SAID_LIMIT - _HEAD - len(gap.format(len(text)))
    return text[:_HEAD] + gap.format(len(text) - _HEAD - tail) + text[-tail:]


def basic(user: str, password: str) -> str:
    """Return what follows `Basic ` in an Authorization header."""
    return base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def secrets_of(cdp: Cdp) -> tuple[str, ...]:
    """Return the secrets of a session, in the forms that clients send."""
    return cdp.secret, basic(cdp.user_key, cdp.secret)


def likely_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of environment variables whose names say that they are secret."""
    return tuple(value for name, value in environ.items() if _NAMES_SECRET.search(name) and len(value) >= _LIKELY_LENGTH)
