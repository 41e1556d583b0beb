"""What an integration said to a message, and what it must not show of it."""

import base64
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from mock_cdp.testing.cdp import Cdp

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


def basic(user: str, password: str) -> str:
    """Return what follows `Basic ` in an Authorization header."""
    return base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def secrets_of(cdp: Cdp) -> tuple[str, ...]:
    """Return the secrets of a session, in the forms that clients send."""
    return cdp.secret, basic(cdp.user_key, cdp.secret)


def likely_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of environment variables whose names say that they are secret."""
    return tuple(value for name, value in environ.items() if _NAMES_SECRET.search(name) and len(value) >= _LIKELY_LENGTH)
