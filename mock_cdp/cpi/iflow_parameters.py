r"""Externalised parameters: `{{Name}}` in a flow, with its value in `parameters.prop`, a Java properties file."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{\{([^{}]+)\}\}")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_KEY: Final = re.compile(r"(?:\\.|[^\\=: \t\f])*", re.DOTALL)
_SEPARATOR: Final = re.compile(r"[ \t\f]*[=:]?[ \t\f]*")


def read_parameters(raw: bytes) -> dict[str, str]:
    r"""Return names and values of a Java properties file; the last of a name counts.

    Java writes Latin-1 with `\u` escapes. A file edited by hand is often UTF-8, so that is tried first (assumed).
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return dict(_entry(line) for line in _logical_lines(text))


def _logical_lines(text: str) -> Iterator[str]:
    """Yield the lines that say something; one that ends in an odd number of backslashes goes on in the next."""
    waiting = ""
    for line in re.split(r"\r\n|\r|\n", text):
        bare = line.lstrip(" \t\f")
        if not waiting and (not bare or bare[0] in "#!"):
            continue
        whole = waiting + bare
        if (len(whole) - len(whole.rstrip("\\"))) % 2:
            waiting = whole[:-1]
            continue
        waiting = ""
        yield whole
    if waiting:
        yield waiting


def _entry(line: str) -> tuple[str, str]:
    key = _KEY.match(line)
    end = key.end() if key else 0
    separator = _SEPARATOR.match(line, end)
    return _unescaped(line[:end]), _unescaped(line[separator.end() if separator else end :])


def _unescaped(text: str) -> str:
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _LETTERS.get(found[2], found[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # Java writes an emoji as two escapes


def placeholders(text: str) -> tuple[str, ...]:
    """Return the names of the parameters that *text* refers to."""
    return tuple(name.strip() for name in _PLACEHOLDER.findall(text))


def resolved(text: str, parameters: Mapping[str, str]) -> str:
    """Return *text* with the value of each parameter that has one; the others stay as they are written."""
    return _PLACEHOLDER.sub(lambda found: parameters.get(found[1].strip(), found[0]), text)
