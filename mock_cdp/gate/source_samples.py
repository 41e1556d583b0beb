"""Samples to a schema of messages like them: what was always there is required, lists have one item or more, values vary."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from mock_cdp.contract.inference import infer
from mock_cdp.contract.sample_texts import InferenceError
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.source_texts import Schema, text_schema
from mock_cdp.gate.source_writing import Layout
from mock_cdp.gate.source_xml import TEXT, Document, Element, Path, element_value, shapes

_KEPT_FORMATS: Final = frozenset({"email", "uri", "uuid"})  # dates are made in the format that was seen


class XmlSamples(msgspec.Struct, frozen=True, kw_only=True):
    """What sample documents with one root element have in common.

    Attributes:
        root: Name of the root element.
        schema: Of what it holds.
        layout: How it is written.
    """

    root: str
    schema: Schema
    layout: Layout


def sample_schema(samples: Sequence[tuple[str, Any]]) -> Schema:
    """Return a schema for values such as *samples*.

    Args:
        samples: `(name, JSON data)` of each; at least one.

    Raises:
        GateError: They are nested too deeply.
    """
    texts = [(name, msgspec.json.encode({"message": value})) for name, value in samples]
    try:
        inferred = infer(texts).schema
    except InferenceError as error:
        raise GateError(f"{error.name}: no structure can be found: {error.found}; {error.do}") from None
    schema = _refined(inferred["properties"]["message"], [value for _, value in samples], "")
    return {"$schema": inferred["$schema"], **schema}


def _refined(schema: Schema, values: list[Any], name: str) -> Schema:
    """Return *schema* with rules for the texts, numbers and arrays among *values*, the values of a member called *name*."""
    refined = dict(schema)
    if "properties" in schema:
        objects = [value for value in values if isinstance(value, dict)]
        refined["properties"] = {
            member: _refined(inner, [value[member] for value in objects if member in value], member)
            for member, inner in schema["properties"].items()
        }
    refined |= _items(schema, [value for value in values if isinstance(value, list)])
    texts = [value for value in values if isinstance(value, str)]
    if texts and "enum" not in schema and schema.get("format") not in _KEPT_FORMATS:
        refined.pop("format", None)
        refined |= _texts(texts, name) | {"type": schema["type"]}
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if numbers and min(numbers) >= 0:
        refined["minimum"] = 0
    if values and all(value is None for value in values):
        refined["enum"] = [None]
    return refined


def _items(schema: Schema, arrays: list[list[Any]]) -> Schema:
    if not any(arrays):
        return {"maxItems": 0} if arrays else {}
    refined: Schema = {"items": _refined(schema["items"], [item for array in arrays for item in array], "")}
    return refined | ({"minItems": 1} if all(arrays) else {})


def _texts(texts: list[str], name: str) -> Schema:
    """Return a schema for *texts*; an attribute that never varies qualifies something and stays as it is."""
    if name.startswith("@") and len(set(texts)) == 1:
        return {"enum": texts[:1]}
    return text_schema(texts)


# -- XML ---------------------------------------------------------------------------------------------------------------


def xml_samples(samples: Sequence[tuple[str, Document]]) -> XmlSamples:
    """Return what sample documents have in common.

    Args:
        samples: `(name, document)` of each; at least one, and all with the same root element.

    Raises:
        GateError: They are nested too deeply.
    """
    documents = [document for _, document in samples]
    root = documents[0].root.name
    known = shapes([document.root for document in documents])
    known.repeated.update(place for one in documents for element, place in _places(one.root) for place in _lists(element, place))
    values = [(name, element_value(document.root, (root,), known)) for name, document in samples]
    learned = _Learned()
    for document in documents:
        learned.take(document)
    schema = _ordered(sample_schema(values), (root,), learned.orders)
    return XmlSamples(root=root, schema=schema, layout=learned.layout(documents[0]))


class _Learned:
    """How documents write their elements, place by place."""

    def __init__(self) -> None:
        self.orders: dict[Path, list[str]] = {}
        self._names: dict[Path, str] = {}
        self._attributes: dict[Path, str] = {}
        self._namespaces: dict[Path, str] = {}

    def take(self, document: Document) -> None:
        """Look at one more document."""
        for element, place in _places(document.root):
            _merge(self.orders.setdefault(place, []), list(dict.fromkeys(child.name for child in element.children)))
            if (written := document.written_name(element)) != element.name:
                self._names.setdefault(place, written)
            for attribute in document.written_attributes(element):
                self._take_attribute(place, attribute.name, document.text[attribute.start : attribute.end].decode().strip())

    def _take_attribute(self, place: Path, name: str, written: str) -> None:
        prefix, colon, local = name.rpartition(":")
        if name == "xmlns" or prefix == "xmlns":
            if written not in self._namespaces.get(place, ""):
                self._namespaces[place] = f"{self._namespaces.get(place, '')} {written}"
        elif colon:
            self._attributes.setdefault((*place, f"@{local}"), name)

    def layout(self, document: Document) -> Layout:
        """Return what was learned, with what stands around the root element of *document*."""
        return Layout(
            before=document.mark.decode(document.encoding) + document.text[: document.root.start].decode(),
            after=document.text[document.root.end :].decode(),
            encoding=document.encoding,
            names=self._names,
            attributes=self._attributes,
            namespaces=self._namespaces,
        )


def _places(root: Element) -> list[tuple[Element, Path]]:
    """Return every element with the names that lead to it, outer ones first, in the order of the document."""
    found: list[tuple[Element, Path]] = []
    waiting: list[tuple[Element, Path]] = [(root, (root.name,))]
    while waiting:
        element, place = waiting.pop()
        found.append((element, place))
        waiting += [(child, (*place, child.name)) for child in reversed(element.children)]
    return found


def _lists(element: Element, place: Path) -> list[Path]:
    """Return the places in *element* that can repeat by their name, though they may not have: `item` alone in `items`."""
    names = {child.name for child in element.children}
    lists = {f"{name}{end}".lower() for name in names for end in ("s", "es", "list")}
    return [(*place, name) for name in names] if len(names) == 1 and element.name.lower() in lists else []


def _merge(order: list[str], names: list[str]) -> None:
    """Put *names* that *order* lacks behind the one they follow."""
    at = 0
    for name in names:
        if name in order:
            at = order.index(name) + 1
        else:
            order.insert(at, name)
            at += 1


def _ordered(schema: Schema, place: Path, orders: dict[Path, list[str]]) -> Schema:
    """Return *schema* with members in the order of the documents: attributes, text, elements."""
    ordered = dict(schema)
    if "items" in schema:
        ordered["items"] = _ordered(schema["items"], place, orders)
    if "properties" in schema:
        members = schema["properties"]
        names = [name for name in members if name.startswith("@") or name == TEXT]
        names += [name for name in orders.get(place, ()) if name in members]
        ordered["properties"] = {name: _ordered(members[name], (*place, name), orders) for name in names}
    return ordered
