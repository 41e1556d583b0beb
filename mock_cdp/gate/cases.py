"""Case files: a message that broke the contract, with all that is needed to hand it over again."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from mock_cdp.contract.writing import write_file
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.sources import message_of

VERSION: Final = 1


class Case(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """One message that broke one property.

    Attributes:
        version: Of this format.
        round: How the message was tried.
        property: What it broke.
        code: How.
        title: The code in a few words.
        message: The source message as text, or `messageBase64` when it is not UTF-8.
        media_type: Its media type.
        event: The event that the integration should have sent.
        why: What happened.
        arrived: What reached the mock, as text.
        seed: Of the run that found it.
        tool: Name and version of what found it.
        revision: Of the contracts it broke.
    """

    version: int = VERSION
    round: str
    property: str
    code: str
    title: str
    message: str = ""
    message_base64: str = ""
    media_type: str
    event: str
    why: str
    arrived: tuple[str, ...] = ()
    seed: int | None = None
    tool: str
    revision: str


def source_of(case: Case) -> Message:
    """Return the message of *case*."""
    body = base64.b64decode(case.message_base64) if case.message_base64 else case.message.encode()
    return message_of(body, case.media_type)


def text_of(body: bytes) -> str:
    """Return *body* as text; empty when it is not UTF-8, so that a case file holds it as base64."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return ""


def write_case(folder: Path, case: Case) -> Path:
    """Write *case* into *folder* under a name that the same message and cause always get; return its path.

    Raises:
        GateError: It cannot be written.
    """
    digest = hashlib.sha256(f"{case.message}{case.message_base64}".encode()).hexdigest()[:8]
    name = "".join(sign if sign.isalnum() else "-" for sign in f"{case.property}-{case.code}").strip("-").lower()
    path = folder / f"{name}-{digest}.json"
    try:
        write_file(path, msgspec.json.format(msgspec.json.encode(case), indent=2) + b"\n")
    except OSError as error:
        raise GateError(f"{path}: the case cannot be written ({error.strerror}); name another folder with --cases") from None
    return path


def read_case(path: Path) -> Case:
    """Read one case.

    Raises:
        GateError: It is none, or of a version nobody knows here.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise GateError(f"{path}: the case cannot be read ({error.strerror})") from None
    try:
        case = msgspec.json.decode(raw, type=Case)
    except msgspec.DecodeError as error:
        raise GateError(f"{path}: no case file: {error}") from None
    if case.version != VERSION:
        raise GateError(f"{path}: version {case.version} of case files is not known here, only {VERSION}")
    return case


def known_cases(folder: Path) -> Iterator[tuple[Path, Case]]:
    """Yield the cases in *folder*, by name; none if there is no such folder.

    Raises:
        GateError: One of them cannot be read.
    """
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        yield path, read_case(path)


def as_text(body: bytes) -> str:
    """Return a body for a report; what is not UTF-8 is marked."""
    return body.decode(errors="replace")
