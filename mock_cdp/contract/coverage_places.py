"""What a model's parts are called: which schema a reference means, and the pointer that violations write for it."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin

from mock_cdp.contract.model import DIALECTS, bare, dialect_of
from mock_cdp.contract.pointers import led_to, pointer

_BASE: Final = "http://model.invalid/"  # never fetched: the model was compiled without any look outside
_DRAFTS: Final = dict(zip(DIALECTS, (4, 6, 7, 2019, 2020), strict=True))
_LAST_THAT_HIDES: Final = 7  # up to draft-07 a reference hides what stands beside it


class At(NamedTuple):
    """Where a schema stands.

    Attributes:
        uri: Of the resource around it, the model itself or a part with an id.
        pointer: From there.
        written: The pointer that violations write: from the model, or from the resource that a reference led into.
    """

    uri: str
    pointer: str = ""
    written: str = ""

    def down(self, *parts: str | int) -> "At":
        """Return the place of what stands below."""
        steps = pointer(parts)
        return At(self.uri, self.pointer + steps, self.written + steps)

    @property
    def reference(self) -> str:
        """Return what a `$ref` to it says."""
        return f"{self.uri}#{quote(self.pointer, safe='/~')}"


class Places:
    """The named parts of one model.

    Attributes:
        dialect: The model's `$schema`.
        draft: 4, 6, 7, 2019 or 2020.
        root: Where the model itself stands.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Note every resource and every anchor of *schema*, which has been compiled before."""
        self.dialect: str = dialect_of(schema)
        self.draft = _DRAFTS[bare(self.dialect)]
        self._resources: dict[str, Any] = {}
        self._anchors: dict[tuple[str, str], tuple[Any, At]] = {}
        self.root = self.enter(schema, At(_BASE))
        self._resources[self.root.uri] = schema
        self._note(schema, At(_BASE))

    @property
    def hides_siblings(self) -> bool:
        """Return whether a `$ref` hides the keywords beside it."""
        return self.draft <= _LAST_THAT_HIDES

    def enter(self, schema: Any, at: At) -> At:
        """Return where *schema*, found at *at*, says it stands: a resource with an id begins anew."""
        name = self._id(schema)
        return at if name is None or name.startswith("#") else At(urldefrag(_join(at.uri, name)).url, "", at.written)

    def resolve(self, reference: str, at: At) -> tuple[Any, At] | None:
        """Return the schema that *reference*, written at *at*, means, and where it stands; None when that is unknown."""
        uri, fragment = urldefrag(_join(at.uri, reference))
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return self._anchors.get((uri, fragment))
        found = led_to(self._resources.get(uri), fragment)
        return None if found is None else (found, At(uri, fragment, fragment))

    def _id(self, schema: Any) -> str | None:
        if not isinstance(schema, dict) or (self.hides_siblings and "$ref" in schema):
            return None
        name = schema.get("id" if "draft-04" in self.dialect else "$id")
        return name if isinstance(name, str) else None

    def _anchors_of(self, schema: dict[str, Any]) -> list[str]:
        """Return the names it may be referred to by within its resource."""
        names = [schema.get("$anchor"), schema.get("$dynamicAnchor")]
        own = self._id(schema) or ""
        return [*(name for name in names if isinstance(name, str)), *([own[1:]] if own.startswith("#") else [])]

    def _note(self, value: Any, at: At) -> None:
        if isinstance(value, dict):
            here = self.enter(value, at)
            if here is not at:
                self._resources[here.uri] = value
            for name in self._anchors_of(value):
                self._anchors[here.uri, name] = (value, At(here.uri, here.pointer, here.pointer))
            for name, inner in value.items():
                self._note(inner, here.down(name))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._note(inner, at.down(index))


def _join(base: str, reference: str) -> str:
    """Resolve *reference*; a bare fragment also against a URN, which `urljoin` would drop."""
    return f"{urldefrag(base).url}{reference}" if reference.startswith("#") else urljoin(base, reference)
