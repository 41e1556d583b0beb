"""Messages changed in one place, and what a message says of how many events it should lead to.

A path is dotted, `[]` may stand behind a name whose value is a list: `receipts[].items`, `Orders.Order[].item`, `[].items` for
a message that is a list. Lists on the way are gone through with or without `[]`; at the end `items` is the list and `items[]`
each of its items. In XML a path leads through element names without prefix, from the root element, and all elements of one
name in one parent are a list, one alone, too; `@name` is an attribute. What a path does not lead to is left alone.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import jmespath  # type: ignore[import-untyped]
import msgspec
from jmespath import functions

from mock_cdp.contract.violation import shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.gate import source_document
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.source_message import is_json, is_xml, json_message

Order = Sequence[int] | Literal["reversed"]

_LISTED: Final = re.compile(r"""([A-Za-z_]\w*|"(?:[^"\\]|\\.)+")\s*\[""")


class _Path(msgspec.Struct, frozen=True):
    """A path, read.

    Attributes:
        names: From the root; lists on the way have none.
        each: Whether it ends in `[]`.
    """

    names: tuple[str, ...]
    each: bool


@lru_cache(maxsize=256)
def _path(path: str) -> _Path:
    names = [re.sub(r"(\[\])+$", "", part) for part in path.split(".")] if path else []
    if path.startswith("[]") and names:
        names = names[1:] if not names[0] else names
    if not all(names):
        raise GateError(f"path {path!r}: a name is missing; write it like receipts[].items")
    return _Path(tuple(names), path.endswith("[]"))


def with_value(message: Message, path: str, value: Any) -> Message:
    """Return *message* with *value* at every place that *path* leads to.

    Args:
        message: JSON or XML.
        path: See above.
        value: JSON data; for XML a text, number, truth value, or null, which empties the element.

    Raises:
        GateError: The message is neither JSON nor XML, or *value* cannot stand in XML.
    """
    read = _path(path)
    if _is_xml(message):
        if isinstance(value, (dict, list)):
            raise GateError(f"path {path}: an element can be given a text or a number, not {json_text(value)}")
        return source_document.with_value(message, read.names, value)
    names, last = (read.names, None) if read.each or not read.names else (read.names[:-1], read.names[-1])
    if last is not None:
        return _changed(message, _at(message.value, names, _on_objects(lambda found: _put(found, last, value))))
    if read.each:
        return _changed(
            message, _at(message.value, names, lambda found: [value] * len(found) if isinstance(found, list) else value)
        )
    return _changed(message, value)


def without(message: Message, path: str) -> Message:
    """Return *message* without what *path* leads to.

    Raises:
        GateError: The message is neither JSON nor XML, or *path* is all of it.
    """
    read = _path(path)
    if _is_xml(message):
        if len(read.names) < 2:  # noqa: PLR2004  # the root element stays
            raise GateError(f"path {path!r}: that is the whole message, which cannot be left out; name a part of it")
        return source_document.without(message, read.names)
    if read.each:
        return _changed(message, _at(message.value, read.names, lambda found: [] if isinstance(found, list) else found))
    if not read.names:
        raise GateError(f"path {path!r}: that is the whole message, which cannot be left out; name a part of it")
    return _changed(message, _at(message.value, read.names[:-1], _on_objects(lambda found: _dropped(found, read.names[-1]))))


def permuted(message: Message, path: str, order: Order) -> Message:
    """Return *message* with the items of every list at *path* in another order.

    Args:
        message: JSON or XML.
        path: Of lists, with or without `[]` at the end.
        order: Positions in the new order, or `reversed`. In a shorter list the positions beyond its end are passed over;
            what is not named follows in its old order.

    Raises:
        GateError: The message is neither JSON nor XML.
    """
    read = _path(path)
    if _is_xml(message):
        return source_document.permuted(message, read.names, lambda count: _positions(order, count))

    def turned(found: Any) -> Any:
        return [found[at] for at in _positions(order, len(found))] if isinstance(found, list) else found

    return _changed(message, _at(message.value, read.names, turned))


def records(message: Message, path: str) -> list[Message]:
    """Return one message for each item of the lists at *path*: the same message with only that item.

    Lists on the way are left with the one item that leads there. None where *path* leads nowhere.

    Raises:
        GateError: The message is neither JSON nor XML.
    """
    read = _path(path)
    if _is_xml(message):
        return source_document.records(message, read.names)
    return [_changed(message, value) for value in _singles(message.value, read.names)]


def _is_xml(message: Message) -> bool:
    if is_xml(message.media_type):
        return True
    if message.value is None and not is_json(message.media_type):
        raise GateError(
            f"the message is {message.media_type}, and paths lead through JSON and XML only; say what it is: media_type"
        )
    return False


def _positions(order: Order, count: int) -> list[int]:
    if order == "reversed":
        return list(range(count))[::-1]
    named = list(dict.fromkeys(int(at) for at in order if 0 <= int(at) < count))
    return named + [at for at in range(count) if at not in named]


# -- JSON --------------------------------------------------------------------------------------------------------------


def _changed(message: Message, value: Any) -> Message:
    """Return *message* with *value*, or as it is when nothing changed: then its text stays, too."""
    if msgspec.json.encode(value) == msgspec.json.encode(message.value):
        return message
    return msgspec.structs.replace(json_message(value, message.media_type), name=message.name)


def _at(value: Any, names: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    """Return *value* with *change* made wherever *names* lead."""
    if not names:
        return change(value)
    if isinstance(value, list):
        return [_at(item, names, change) for item in value]
    if isinstance(value, dict) and names[0] in value:
        return {**value, names[0]: _at(value[names[0]], names[1:], change)}
    return value


def _on_objects(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], Any]:
    """Return what makes *change* to an object, and to each object in a list."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, dict) else value

    return changed


def _put(found: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**found, name: value} if name in found else found


def _dropped(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in found.items() if other != name}


def _singles(value: Any, names: tuple[str, ...]) -> list[Any]:
    """Return *value* once for each item of the lists at *names*."""
    if isinstance(value, list):
        return [[single] for item in value for single in (_singles(item, names) if names else [item])]
    if not names:
        return [value]
    if isinstance(value, dict) and names[0] in value:
        return [{**value, names[0]: single} for single in _singles(value[names[0]], names[1:])]
    return []


# -- counting ----------------------------------------------------------------------------------------------------------


class _Functions(functions.Functions):  # type: ignore[misc]
    """JMESPath's own functions, and `count`."""

    @functions.signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_count(self, value: Any) -> int:
        """Return how many: of null none, of a list its length, of anything else one."""
        return 0 if value is None else len(value) if isinstance(value, list) else 1


_OPTIONS: Final = jmespath.Options(custom_functions=_Functions())


def count(message: Message, expression: int | str) -> int:
    """Return how many events *message* should lead to.

    Args:
        message: JSON or XML.
        expression: The number, or a JMESPath expression over the message's value that gives it, such as `length(receipts)`.
            Besides JMESPath's own functions there is `count(x)`: none for null, one for a single value. In XML a name that is
            followed by `[` is a list, however often the element occurs: `count(Orders.Order[].item[])`.

    Raises:
        GateError: The expression is wrong, or gives no whole number from 0.
    """
    if isinstance(expression, int):
        return expression
    value = _with_lists(message.value, _listed(expression)) if is_xml(message.media_type) else message.value
    try:
        found = jmespath.search(expression, value, _OPTIONS)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        said = " ".join(str(error).split())
        hint = "for what may be missing or occur once there is count(…)" if "null" in said else "correct it, see jmespath.org"
        raise GateError(f"expect = {expression!r}: {shortened(said, 300)}; {hint}") from None
    if isinstance(found, bool) or not isinstance(found, (int, float)) or found < 0 or found != int(found):
        gave = shortened(json_text(found))
        why = " (the message is neither JSON nor XML: say what it is with media_type)" if message.value is None else ""
        raise GateError(f"expect = {expression!r}: gave {gave}, not a number of events{why}; count with length(…) or count(…)")
    return int(found)


@lru_cache(maxsize=64)
def _listed(expression: str) -> frozenset[str]:
    """Return the names in *expression* that are followed by a bracket."""
    return frozenset(name.strip('"') for name in _LISTED.findall(expression))


def _with_lists(value: Any, names: frozenset[str]) -> Any:
    """Return *value* with a list under each of *names*."""
    if not names:
        return value
    if isinstance(value, list):
        return [_with_lists(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _with_lists(inner, names) for name, inner in value.items()}
    return {name: [inner] if name in names and not isinstance(inner, list) else inner for name, inner in changed.items()}
