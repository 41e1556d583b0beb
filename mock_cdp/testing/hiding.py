"""Texts for people without the secrets that programs and servers put into them, however those are spelt."""

import html
import json
import re
from typing import Final
from urllib.parse import quote_plus

from mock_cdp.core.credentials import REDACTED

SAID_LIMIT: Final = 4_000  # characters
_HEAD: Final = 1_500  # of a longer text; the rest is its end, where programs say why they failed
_BEARER: Final = re.compile(r"(?<=Bearer )[\w.~+/=-]+", re.IGNORECASE)


class Secrets:
    """Texts that must not be seen in a report."""

    def __init__(self, *values: str) -> None:
        """Know *values*, as they are and as URLs, JSON, HTML and Python write them; empty ones are none."""
        longest_first = sorted({value for value in values if value}, key=lambda value: (-len(value), value))
        self._patterns = [_BEARER, *map(_any_spelling, longest_first)]

    def hidden(self, text: str) -> str:
        """Return *text* without them."""
        for pattern in self._patterns:
            text = pattern.sub(REDACTED, text)
        return text

    def said(self, *parts: str | bytes) -> str:
        """Return the parts that hold something, one a line, without secrets, of at most `SAID_LIMIT` characters."""
        texts = (part if isinstance(part, str) else part.decode(errors="replace") for part in parts)
        return _shortened(self.hidden("\n".join(text.strip() for text in texts if text.strip())))


def _any_spelling(value: str) -> re.Pattern[str]:
    return re.compile("".join(f"(?:{'|'.join(map(re.escape, _spellings(sign)))})" for sign in value), re.IGNORECASE)


def _spellings(sign: str) -> list[str]:
    """Return how one character of a secret may be written; the longest first."""
    encoded = "".join(f"%{byte:02X}" for byte in sign.encode())
    found = {sign, encoded, quote_plus(sign), json.dumps(sign)[1:-1], repr(sign)[1:-1], html.escape(sign), f"\\{sign}"}
    found |= {f"&#{ord(sign)};", f"&#x{ord(sign):x};", f"\\u{ord(sign):04x}"}
    if sign == "+":
        found.add(" ")  # what a server makes of it that was not encoded
    return sorted(found, key=len, reverse=True)


def _shortened(text: str) -> str:
    if len(text) <= SAID_LIMIT:
        return text
    gap = "\n… {} characters left out …\n"
    tail = SAID_LIMIT - _HEAD - len(gap.format(len(text)))
    return text[:_HEAD] + gap.format(len(text) - _HEAD - tail) + text[-tail:]
