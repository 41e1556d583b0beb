"""One XML-to-JSON conversion as values: the step's settings, and why a message cannot be converted."""

from typing import Final, Literal

import msgspec

Streaming = Literal["none", "all", "specific"]

SEPARATORS: Final = (":", ",", ".", "|", ";", " ")  # those that SAP documents (define-xml-to-json-converter-a60a282)
# Ours, all of them: CPI documents no limit of the step. They bound memory and time, far beyond what a message needs.
MAX_BYTES: Final = 64_000_000
MAX_DEPTH: Final = 500  # elements within each other
MAX_NAMES: Final = 100_000  # different names of elements, and of attributes
MAX_TAG_BYTES: Final = 4_000_000  # of one tag with its attributes, or of one comment; about, it is looked at now and then


class ConverterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of an XML to JSON Converter step, named as in the editor.

    Attributes:
        suppress_root: *Suppress JSON Root Element*.
        streaming: *Streaming*: off, all elements as arrays, or specific ones.
        paths: Of the elements that are arrays when streaming is specific: `/Orders/Order`; the first slash may be missing.
        namespaces: *Use Namespace Mapping*.
        namespace_map: JSON prefix by namespace URI.
        separator: *JSON Prefix Separator*, one of `SEPARATORS`.
        encoding: *JSON Output Encoding*; `""` is what the header `CamelCharsetName` would say, and UTF-8 without it.
    """

    suppress_root: bool = False
    streaming: Streaming = "none"
    paths: tuple[str, ...] = ()
    namespaces: bool = False
    namespace_map: dict[str, str] = {}
    separator: str = ":"
    encoding: str = "UTF-8"


class ConversionError(Exception):
    """A message that the converter, or this imitation of it, refuses.

    Attributes:
        where: Line and column of the XML, or the setting; `""` until the reader adds it.
        what: What is wrong, in the converter's words where they are known.
        do: What to do about it.
    """

    def __init__(self, *, where: str, what: str, do: str) -> None:
        """Keep the three; the message is one line of them."""
        super().__init__(f"{where}: {what}; {do}")
        self.where = where
        self.what = what
        self.do = do


def too_deep() -> ConversionError:
    """Return the refusal of an element below `MAX_DEPTH` others."""
    return ConversionError(where="", what=f"more than {MAX_DEPTH} elements within each other", do="send a flatter message")


def too_many_names() -> ConversionError:
    """Return the refusal of a name beyond `MAX_NAMES` others."""
    what = f"more than {MAX_NAMES} different names"
    return ConversionError(where="", what=what, do="send data as values; as names they have no place in a model either")
