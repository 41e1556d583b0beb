"""Slugs: what a contract folder calls an entity, made from its name."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

_LONGEST = 60


def free_slug(name: Any, taken: Collection[str]) -> str:
    """Return *name* in lower-case ASCII letters, digits and hyphens, with a number behind it if that is *taken*."""
    plain = unicodedata.normalize("NFKD", name if isinstance(name, str) else "").encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_LONGEST].strip("-") or "unnamed"
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"
