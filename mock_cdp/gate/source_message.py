"""A message from its bytes: what it holds as JSON data."""

from pathlib import Path
from typing import Any, Final

import msgspec

from mock_cdp.core.json_reading import NOT_PARSED, parse
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_xml import xml_value

JSON: Final = "application/json"
XML: Final = "application/xml"
TEXT: Final = "text/plain"

_BY_ENDING: Final = {".json": JSON, ".xml": XML, ".csv": "text/csv", ".txt": TEXT}


def message_of(body: bytes, media_type: str, name: str = "") -> Message:
    """Return the message that *body* is; without a value when it is not what its media type says.

    Args:
        body: As it is handed over.
        media_type: What it is said to be; parameters such as a charset may follow.
        name: The file it was read from.
    """
    return Message(body=body, media_type=media_type, value=_value(body, media_type), name=name)


def json_message(value: Any, media_type: str = JSON) -> Message:
    """Return the message that is *value* as JSON."""
    return Message(body=msgspec.json.encode(value), media_type=media_type, value=value)


def media_type_of(path: Path) -> str:
    """Return the media type of a file by the end of its name."""
    return _BY_ENDING.get(path.suffix.lower(), "")


def known_endings() -> str:
    """Return the ends of file names that have a media type, for a sentence."""
    return ", ".join(_BY_ENDING)


def is_json(media_type: str) -> bool:
    """Return whether *media_type* is one of JSON."""
    kind = _bare(media_type)
    return kind in {JSON, "text/json"} or kind.endswith("+json")


def is_xml(media_type: str) -> bool:
    """Return whether *media_type* is one of XML."""
    kind = _bare(media_type)
    return kind in {XML, "text/xml"} or kind.endswith("+xml")


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _value(body: bytes, media_type: str) -> Any:
    if is_json(media_type):
        try:
            return parse(body.removeprefix(b"\xef\xbb\xbf"))
        except NOT_PARSED:
            return None
    if is_xml(media_type):
        try:
            return xml_value(body)
        except GateError:
            return None
    return None
