"""Every setting of a source, once: the table `[gate.source]` of `mock-cdp.toml`."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from mock_cdp.gate.failure import GateError

WHERE: Final = "[gate.source]"
_ORIGINS: Final = ("schema", "samples", "strategy", "messages")


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where source messages come from: exactly one of *schema*, *samples*, *strategy* and *messages*."""

    schema: Annotated[str, Meta(description="File with the JSON Schema of the message; messages are made that keep it.")] = ""
    samples: Annotated[
        tuple[str, ...],
        Meta(
            description="Files with sample messages, JSON or XML, also patterns such as `samples/*.xml`; they are tried first, "
            "then messages of the same structure are made."
        ),
    ] = ()
    strategy: Annotated[
        str,
        Meta(
            description="`module:function` of yours that returns a Hypothesis strategy for messages: bytes, text, or values "
            "that are written as JSON. The module is looked for beside `mock-cdp.toml`, too."
        ),
    ] = ""
    messages: Annotated[
        str, Meta(description="Folder of recorded messages, one a file; each is tried once, by name, and no others are made.")
    ] = ""
    format: Annotated[Literal["json", "xml"], Meta(description="How messages made from *schema* are written.")] = "json"
    root: Annotated[
        str, Meta(description='With `format = "xml"`: the name of the root element; by default the title of the schema.')
    ] = ""
    media_type: Annotated[
        str,
        Meta(
            description="Media type of the messages; by default `application/json` or `application/xml`, for text and bytes of "
            "a strategy `text/plain`, for recorded messages by the end of the file name."
        ),
    ] = ""


def read_source_settings(table: Mapping[str, Any], where: str = WHERE) -> SourceSettings:
    """Return *table* as settings.

    Args:
        table: As TOML has it.
        where: Of the table, for the error.

    Raises:
        GateError: An unknown member (with the nearest known one), an impossible value, or not exactly one origin.
    """
    known = SourceSettings.__struct_fields__
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise GateError(f"{where}: unknown member {name}; {hint}")
    try:
        settings = msgspec.convert(dict(table), SourceSettings)
    except msgspec.ValidationError as error:
        raise GateError(f"{where}: {error}") from None
    require_one_origin(settings, where)
    return settings


def require_one_origin(settings: SourceSettings, where: str = WHERE) -> None:
    """Refuse settings that contradict each other.

    Raises:
        GateError: Not exactly one origin, or a member that means nothing beside it.
    """
    given = [name for name in _ORIGINS if getattr(settings, name)]
    if len(given) != 1:
        found = "none of them is given" if not given else f"{' and '.join(given)} are given"
        raise GateError(f"{where}: needs exactly one of {', '.join(_ORIGINS)}; {found}")
    if settings.format == "xml" and not settings.schema:
        raise GateError(f'{where}: format = "xml" goes with schema; {given[0]} says itself how messages look: remove format')
    if settings.root and settings.format != "xml":
        raise GateError(f'{where}: root = "{settings.root}" goes with format = "xml"; add that, or remove root')
