"""What was found, as an answer: causes grouped over a delivery, in words, with the lines to paste."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.contract.wording import json_text
from mock_cdp.cpi.advice import Found, fix_lines
from mock_cdp.cpi.causes import DIAGNOSABLE
from mock_cdp.cpi.causes_values import dot_is_decimal
from mock_cdp.cpi.diagnosed import Diagnosed, Diagnosis
from mock_cdp.cpi.diagnosis_nodes import Node, Nodes
from mock_cdp.cpi.diagnosis_undo import Edit

MESSAGE_LIMIT: Final = 300  # characters: CPI's log shows the beginning of an answer
MAX_PATHS: Final = 50  # distinct places named for one cause
MAX_INDEXES: Final = 100
_SEEN: Final = 40  # characters of a value or a path that a sentence shows
_WANTED: Final = 30  # characters
_STREAMING_ALL: Final = 3  # arrays around single values, before it is the setting and not the script
_KINDS: Final = {"number": "decimal", "integer": "integer", "boolean": "boolean", "string": "string"}


class Seen(msgspec.Struct, frozen=True):
    """An edit in a delivery: which event, and whether that event is valid once all is undone."""

    index: int
    edit: Edit
    valid: bool


def grouped(nodes: Nodes, seen: list[Seen], unexplained: list[Violation]) -> Diagnosed:
    """Return each cause once: a diagnosis if the model refused something because of it, else a warning."""
    groups: dict[str, list[Seen]] = {}
    for row in seen:
        groups.setdefault(row.edit.code, []).append(row)
    above = max((row.edit.names for row in groups.get("S01", ())), key=len, default=())
    points = any(isinstance(row.edit.found, str) and dot_is_decimal(row.edit.found) for row in seen)
    made = [(rows, _diagnosis(nodes, code, rows, above=above, points=points)) for code, rows in groups.items()]
    order = {code: at for at, code in enumerate(DIAGNOSABLE)}
    made.sort(key=lambda pair: (-pair[1].count, order[pair[1].code]))
    needed = [one for rows, one in made if any(row.edit.needed for row in rows)]
    warned = [one for rows, one in made if not any(row.edit.needed for row in rows)]
    return Diagnosed(diagnoses=tuple(needed), unexplained=tuple(unexplained), warnings=tuple(warned))


def _diagnosis(nodes: Nodes, code: str, rows: list[Seen], *, above: tuple[str, ...], points: bool) -> Diagnosis:
    info = DIAGNOSABLE[code]
    doubts = [row.edit.doubt for row in rows if row.edit.doubt]
    if points and code in {"T01", "T06"}:  # the sender shows elsewhere that it writes decimals after a point
        doubts = []
    paths = tuple(dict.fromkeys(row.edit.place for row in rows))
    seen = _sentence(rows, paths, doubts)
    title = f"{info.title} (Streaming All)" if code == "S03" and len(rows) >= _STREAMING_ALL else info.title
    return Diagnosis(
        code=code,
        title=title,
        message=shortened(f"{code} {title}: {seen}. {info.did} {info.change}", MESSAGE_LIMIT),
        seen=seen,
        did=info.did,
        change=info.change,
        paths=paths[:MAX_PATHS],
        count=len(rows),
        certain=all(row.valid for row in rows) and not doubts,
        indexes=tuple(sorted({row.index for row in rows}))[:MAX_INDEXES],
        doubt=doubts[0] if doubts else "",
        fix=fix_lines(code, [_found(nodes, row.edit) for row in rows], nodes.arrays(), above),
    )


def _sentence(rows: list[Seen], paths: Sequence[str], doubts: Sequence[str]) -> str:
    """Say what was seen: the first value and its place, and how many more."""
    edit = rows[0].edit
    value = "" if edit.found is None and edit.code in {"N01", "S10", "S06"} else f"{_brief(edit.found)} at "
    place = shortened(paths[0] or "the event", _SEEN)
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    wanted = f", wanted {shortened(edit.wanted, 30)}" if edit.wanted and edit.code != "N01" else ""
    return f"{value}{place}{more}{wanted}{' (not certain)' if doubts else ''}"


def _brief(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return f"an array of {len(value)}"
        case _:
            return shortened(json_text(value), _SEEN)


def _found(nodes: Nodes, edit: Edit) -> Found:
    """Look up what the model wants at the place of *edit*, for the lines to paste."""
    node: Node | None = nodes.root
    arrays = []
    for at, name in enumerate(edit.model):
        if node and node.items and node.wants("array"):
            arrays.append(at)
            node = node.items
        node = node.member(name) if node else None
    items = node.items if node and edit.was and isinstance(edit.was[-1], int) and node.wants("array") else None
    node = items or node
    kinds = ((name, word) for name, word in _KINDS.items() if node and node.wants(name))
    return Found(
        edit.model,
        kind=next(kinds, ("", ""))[1],
        format=node.format if node else "",
        arrays=frozenset(arrays),
        listed=items is not None,
        text=edit.found[:_SEEN] if isinstance(edit.found, str) else _brief(edit.found),
        was=tuple("*" if isinstance(part, int) else part for part in edit.was),
        name=edit.name,
    )
