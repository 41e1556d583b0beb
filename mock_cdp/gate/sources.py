"""Where source messages come from: a schema, samples, a strategy of the user's, or a folder of recorded messages."""

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_message import (
    JSON,
    XML,
    json_message,
    known_endings,
    media_type_of,
    message_of,
)
from mock_cdp.gate.source_samples import sample_schema, xml_samples
from mock_cdp.gate.source_schema import values
from mock_cdp.gate.source_settings import WHERE, SourceSettings, read_source_settings, require_one_origin
from mock_cdp.gate.source_strategy import users_messages
from mock_cdp.gate.source_writing import TEXT_NAMES, is_name, is_writable, written
from mock_cdp.gate.source_xml import Document, XmlError, document, xml_value

__all__ = ["Source", "SourceSettings", "message_of", "open_source", "read_source_settings", "xml_value"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Messages to try.

    Attributes:
        strategy: Makes messages; shrinks to small ones.
        first: Messages to try before.
        endless: Whether there is more than *first*; without it *strategy* makes nothing.
        described: One line for a report.
    """

    strategy: st.SearchStrategy[Message]
    first: tuple[Message, ...] = ()
    endless: bool = True
    described: str


def open_source(settings: SourceSettings, folder: Path) -> Source:
    """Return the source that *settings* describe.

    Args:
        settings: The table `[gate.source]`.
        folder: Of the configuration: names of files start there.

    Raises:
        GateError: Something is missing or cannot be used; says which file or member, and what to do.
    """
    require_one_origin(settings)
    if settings.schema:
        return _from_schema(settings, folder)
    if settings.samples:
        return _from_samples(settings, folder)
    if settings.strategy:
        return Source(strategy=users_messages(settings, folder), described=f"the strategy {settings.strategy}")
    return _recorded(settings, folder)


def _read(path: Path, member: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise GateError(f"{WHERE} {member}: {path}: there is no such file; correct the name") from None
    except OSError as error:
        raise GateError(f"{WHERE} {member}: {path}: cannot be read ({error.strerror})") from None


def _json(path: Path, raw: bytes) -> Any:
    try:
        return json.loads(raw.removeprefix(b"\xef\xbb\xbf").decode())
    except UnicodeDecodeError as error:
        raise GateError(f"{path}: not UTF-8: byte 0x{raw[error.start]:02x} at {error.start}; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        found = f"{error.msg} (line {error.lineno}, column {error.colno})"
        raise GateError(f"{path}: not JSON: {found}; mend the syntax") from None
    except RecursionError:
        raise GateError(f"{path}: nested too deeply; flatten it") from None


# -- a schema ----------------------------------------------------------------------------------------------------------


def _from_schema(settings: SourceSettings, folder: Path) -> Source:
    path = folder / settings.schema
    schema = _json(path, _read(path, "schema"))
    if settings.format == "json":
        media_type = settings.media_type or JSON
        made = values(schema, str(path)).map(lambda value: json_message(value, media_type))
        return Source(strategy=made, described=f"JSON made from the schema {settings.schema}")
    root = _root(settings, schema, path)
    _require_names(schema, path)
    media_type = settings.media_type or XML
    documents = values(schema, str(path), lambda value: not isinstance(value, list) and is_writable(value))
    return Source(
        strategy=documents.map(lambda value: message_of(written(root, value), media_type)),
        described=f"XML <{root}> made from the schema {settings.schema}",
    )


def _root(settings: SourceSettings, schema: Any, path: Path) -> str:
    if isinstance(schema, dict) and schema.get("type") == "array":
        raise GateError(f"{path}: a document has one root element, and this schema is of an array; put it in an object")
    title = schema.get("title", "") if isinstance(schema, dict) else ""
    root = settings.root or title
    if not isinstance(root, str) or not is_name(root):
        found = f"root = {root!r}" if settings.root else f"the title of {settings.schema} is {title!r}"
        raise GateError(f'{WHERE} root: {found}, no name of an element; write the name of the root element: root = "Orders"')
    return root


def _require_names(schema: Any, path: Path) -> None:
    """Refuse members that could not be called so in XML."""
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            members = found.get("properties")
            for name in members if isinstance(members, dict) else ():
                if name not in TEXT_NAMES and not is_name(name.removeprefix("@")):
                    raise GateError(f'{path}: the member {name!r} is no name in XML; rename it, or use format = "json"')
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


# -- samples -----------------------------------------------------------------------------------------------------------


def _from_samples(settings: SourceSettings, folder: Path) -> Source:
    paths = list(dict.fromkeys(path for pattern in settings.samples for path in _matching(folder, pattern)))
    first: list[Message] = []
    values_seen: list[tuple[str, Any]] = []
    documents: dict[str, list[tuple[str, Document]]] = {}
    for path in paths:
        raw = _read(path, "samples")
        name = path.name
        if _is_xml(path, raw):
            found = _document(path, raw)
            documents.setdefault(found.root.name, []).append((name, found))
            first.append(message_of(raw, settings.media_type or XML, name))
        else:
            values_seen.append((name, _json(path, raw)))
            first.append(message_of(raw, settings.media_type or JSON, name))
    made = [_like_documents(group, settings.media_type or XML) for group in documents.values()]
    if values_seen:
        made.insert(0, _like_values(values_seen, settings.media_type or JSON))
    names = ", ".join(path.name for path in paths[:3]) + (", …" if len(paths) > 3 else "")  # noqa: PLR2004  # enough to recognise them
    many = "1 sample" if len(paths) == 1 else f"{len(paths)} samples"
    return Source(strategy=st.one_of(made), first=tuple(first), described=f"{many} ({names}) and messages like them")


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that *pattern* names, by name."""
    path = folder / pattern
    if path.is_dir():
        raise GateError(f'{WHERE} samples: {pattern} is a folder; name the files in it, such as "{pattern.rstrip("/")}/*.json"')
    if not any(sign in pattern for sign in "*?["):
        return [path]
    if Path(pattern).is_absolute():
        raise GateError(
            f"{WHERE} samples: {pattern}: a pattern starts in the folder of the configuration; write it without {folder.anchor}"
        )
    found = sorted(one for one in folder.glob(pattern) if one.is_file())
    if not found:
        raise GateError(f"{WHERE} samples: {pattern} matches no file in {folder}; correct the pattern, or add a sample")
    return found


def _is_xml(path: Path, raw: bytes) -> bool:
    """Return whether a sample is XML: by its name, else by how it begins."""
    named = media_type_of(path)
    if named in {JSON, XML}:
        return named == XML
    start = raw.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]
    if start not in {b"<", b"{", b"["}:
        raise GateError(
            f'{path}: neither JSON nor XML, so there is no structure to make messages of; record it: messages = "folder"'
        )
    return start == b"<"


def _document(path: Path, raw: bytes) -> Document:
    try:
        return document(raw)
    except XmlError as error:
        raise GateError(f"{path}: {error}") from None


def _like_values(samples: list[tuple[str, Any]], media_type: str) -> st.SearchStrategy[Message]:
    return values(sample_schema(samples), samples[0][0]).map(lambda value: json_message(value, media_type))


def _like_documents(samples: list[tuple[str, Document]], media_type: str) -> st.SearchStrategy[Message]:
    found = xml_samples(samples)
    made = values(found.schema, samples[0][0], is_writable)
    return made.map(lambda value: message_of(written(found.root, value, found.layout), media_type))


# -- recorded messages ---------------------------------------------------------------------------------------------------


def _recorded(settings: SourceSettings, folder: Path) -> Source:
    path = folder / settings.messages
    if not path.is_dir():
        raise GateError(f"{WHERE} messages: {path}: there is no such folder; correct the name")
    files = sorted(one for one in path.iterdir() if one.is_file() and media_type_of(one))
    if not files:
        raise GateError(f"{WHERE} messages: {path} holds no message; put files there that end in {known_endings()}")
    first = tuple(message_of(_read(one, "messages"), settings.media_type or media_type_of(one), one.name) for one in files)
    many = "1 recorded message" if len(files) == 1 else f"{len(files)} recorded messages"
    said = f"{many} of {settings.messages}, each tried once; no others are made"
    return Source(strategy=st.nothing(), first=first, endless=False, described=said)
