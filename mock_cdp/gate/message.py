"""A source message: what the integration under test receives."""

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One source message.

    Attributes:
        body: As it is handed over.
        media_type: `application/json`, `application/xml`, `text/csv`, …
        value: The message as JSON data; None when it is neither JSON nor XML.
        name: The file it was read from, or empty.
    """

    body: bytes
    media_type: str
    value: Any = None
    name: str = ""
