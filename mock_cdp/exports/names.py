"""Names for other tools: plain words made of any text, each used once."""

import re
import unicodedata
from collections.abc import Collection, Iterable


def pascal(text: str) -> str:
    """Return *text* as one capitalised word of ASCII letters and digits (`pos-receipt` → `PosReceipt`); may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", plain))


def distinct(wanted: Iterable[str], taken: Collection[str] = ()) -> list[str]:
    """Return *wanted* in order, with a number behind every name that is *taken* or came before."""
    used, found = set(taken), []
    for name in wanted:
        free, number = name, 2
        while free in used:
            free, number = f"{name}{number}", number + 1
        used.add(free)
        found.append(free)
    return found
