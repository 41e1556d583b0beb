"""What CPI's XML to JSON Converter makes of a message: the text it would send, duplicate members included.

The rules are SAP's documentation (btp-integration-suite, docs/ci: 778aed7, a5b4641, 4e05044, a60a282, 35e2b13). What it
leaves open is assumed, and said where it is done.
"""

import codecs

from mock_cdp.cpi.conversion import SEPARATORS, ConversionError, ConverterSettings
from mock_cdp.cpi.conversion_grouped import Grouped
from mock_cdp.cpi.conversion_source import parse
from mock_cdp.cpi.conversion_streamed import Streamed

__all__ = ["ConversionError", "ConverterSettings", "convert", "encoded"]


def convert(xml: bytes, settings: ConverterSettings) -> str:
    """Return the JSON text that CPI makes of *xml*.

    Args:
        xml: The message as it reaches the step.
        settings: Of the step.

    Raises:
        ConversionError: The message is not well-formed, or CPI refuses it with these settings, or it is beyond our limits.
    """
    if settings.separator not in SEPARATORS:
        what, allowed = f"{settings.separator!r} is no separator", " ".join(map(repr, SEPARATORS))
        raise ConversionError(where="JSON Prefix Separator", what=what, do=f"choose one of {allowed}")
    sink = Grouped(settings) if settings.streaming == "none" else Streamed(settings)
    parse(xml, sink)
    return sink.json()


def encoded(text: str, encoding: str) -> bytes:
    """Return *text* in the step's *JSON Output Encoding*, as Java writes it.

    A character that the encoding has not becomes `?`, and UTF-16 is big-endian with a mark (both documented of Java's String and
    Charset, assumed of CPI).

    Args:
        text: Of `convert`.
        encoding: Name of a charset; `""` is UTF-8 (documented as the default when no header says otherwise).

    Raises:
        ConversionError: No such encoding.
    """
    try:
        name = codecs.lookup(encoding or "utf-8").name
        if name == "utf-16":
            return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
        return text.encode(name, "replace")
    except (LookupError, UnicodeError) as error:
        raise ConversionError(where="JSON Output Encoding", what=str(error), do="choose UTF-8") from error
