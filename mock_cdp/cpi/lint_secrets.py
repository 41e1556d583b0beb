"""Secrets written in a flow, its parameters or its scripts: where they are, never what they are.

A value counts as written when it is known before the flow runs: not `${…}`, and not a parameter without a value. Aliases of
security artefacts are no secrets.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mock_cdp.cpi.iflow_parameters import placeholders
from mock_cdp.cpi.iflow_parts import Flow
from mock_cdp.cpi.lint_codes import Finding, found

_WORD: Final = r"[\w.-]{0,40}?(?:user_?key|secret(?:_?key)?|password|passwd|pwd)"
_NAME: Final = re.compile(rf"{_WORD}", re.IGNORECASE)
_AUTHORIZATION: Final = re.compile(r"(?:basic|bearer)\s+\S{6,}", re.IGNORECASE)
_EXPRESSION: Final = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|\$\w+")
_NO_SECRETS: Final = frozenset({"", "true", "false", "none", "null", "*"})

# What is no script: a query, a body, an address.
_PAIR: Final = re.compile(rf"(?<![\w.-])({_WORD})\s*=(?!=)\s*([^&\s;,<>\"']+)", re.IGNORECASE)
_JSON: Final = re.compile(rf'"({_WORD})"\s*:\s*"([^"]*)"', re.IGNORECASE)
_XML: Final = re.compile(rf"<({_WORD})>([^<]*)</", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"\b\w+://[^/\s:@]+:([^/\s@]+)@")
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")

# A script: its quoted texts are taken out first, each leaves its number. Then a name (or a text that is one) before a text.
_QUOTED: Final = re.compile(r"\\.|([\"'])((?:\\.|(?!\1)[^\\\n]){0,1000})\1")  # an escape outside a text begins none
_ASSIGNED: Final = re.compile(
    rf"(?:(?<![\w.-])(?P<name>{_WORD})(?!\w)\s*\]?\s*[=:]|\x01(?P<quoted>\d+)\x02\s*[\])]?\s*[=:,])\s*(?=\x01(?P<value>\d+)\x02)",
    re.IGNORECASE,
)
_READS: Final = re.compile(r"\bget\w*\(\s*$", re.IGNORECASE)  # getParameter("secret", "partner"): the second text is none
_QUERY: Final = re.compile(rf"(?:^|[?&])({_WORD})=([^&]*)", re.IGNORECASE)


def secret_findings(flow: Flow) -> Iterator[Finding]:
    """Yield a finding for each place that holds a secret, in the order of flow, channels, parameters and scripts."""
    for place, names in _places(flow).items():
        yield found("secret-written", place, because=f"here {', '.join(names)}")


def _places(flow: Flow) -> dict[str, list[str]]:
    """Return the names of the secrets in each place, each name once."""
    places: dict[str, dict[str, None]] = {}
    for place, name in (*_in_flow(flow), *_in_parameters(flow), *_in_scripts(flow)):
        places.setdefault(place, {})[name] = None
    return {place: list(names) for place, names in places.items()}


def _in_flow(flow: Flow) -> Iterator[tuple[str, str]]:
    for step in flow.steps:
        for one in step.assignments:
            yield from _named(flow, f"{step.label}: {one.table} {one.name}", one.name, one.written)
        tables = {"headerTable", "propertyTable"} - set(step.unread)
        yield from _in_properties(flow, step.label, {key: text for key, text in step.written.items() if key not in tables})
    for label, written in flow.channels:
        yield from _in_properties(flow, label, written)
    yield from _in_properties(flow, f"integration flow {flow.name}", flow.settings)


def _in_properties(flow: Flow, label: str, written: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, text in written.items():
        yield from _named(flow, f"{label}: {key}", key, text)


def _named(flow: Flow, place: str, name: str, written: str) -> Iterator[tuple[str, str]]:
    """Yield place and name of each secret in *written*, the value of what is called *name*.

    Where a parameter gives the value, the place is the parameter's.
    """
    pairs = [(name, written)] if _NAME.fullmatch(name) else []
    pairs += _pairs(written)
    for inner, value in pairs:
        if _is_written(value):
            yield place, inner
        for parameter in placeholders(value):
            if _is_written(flow.parameters.get(parameter, "")):
                yield _parameter(parameter), inner
    yield from ((place, kind) for kind in _unnamed(name, written))


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(one[1], one[2]) for kind in (_PAIR, _JSON, _XML) for one in kind.finditer(text)]


def _unnamed(name: str, text: str) -> Iterator[str]:
    """Yield what kind of secret *text* is or holds whatever it is called."""
    if name.casefold().endswith("authorization") and _AUTHORIZATION.search(_EXPRESSION.sub("", text)):
        yield "credentials"
    if any(_is_written(one[1]) for one in _USER_INFO.finditer(text)):
        yield "password in a URL"
    if _PRIVATE_KEY.search(text):
        yield "private key"


def _in_parameters(flow: Flow) -> Iterator[tuple[str, str]]:
    aliases = _aliases(flow)
    for name, value in flow.parameters.items():
        if name not in aliases:
            yield from _named(flow, _parameter(name), name.replace(" ", "_"), value)


def _aliases(flow: Flow) -> set[str]:
    """Return the parameters that name a security artefact wherever they are used."""
    uses: dict[str, set[bool]] = {}
    properties: Iterable[Mapping[str, str]] = [step.written for step in flow.steps] + [written for _, written in flow.channels]
    for written in properties:
        for key, text in written.items():
            for parameter in placeholders(text):
                uses.setdefault(parameter, set()).add(bool(re.search(r"alias|credential", key, re.IGNORECASE)))
    return {parameter for parameter, kinds in uses.items() if kinds == {True}}


def _in_scripts(flow: Flow) -> Iterator[tuple[str, str]]:
    for script, text in (flow.scripts or {}).items():
        for number, line in enumerate(text.splitlines(), start=1):
            for name in _in_line(line):
                yield f"script {script}, line {number}", name


def _in_line(line: str) -> Iterator[str]:
    texts: list[str] = []

    def numbered(one: re.Match[str]) -> str:
        if one[1]:
            texts.append(one[2])
        return f"\x01{len(texts) - 1}\x02" if one[1] else " "

    bare = _QUOTED.sub(numbered, line.translate({1: " ", 2: " "}))
    for one in _ASSIGNED.finditer(bare):
        name, value = one["name"] or texts[int(one["quoted"])], texts[int(one["value"])]
        named = _NAME.fullmatch(name) and name.casefold() != value.casefold()
        if named and _is_written(value) and not _READS.search(bare[: one.start()]):
            yield name
    for text in texts:
        yield from (one[1] for one in _QUERY.finditer(text) if _is_written(one[2]))
        if _AUTHORIZATION.fullmatch(text.strip()) and not _EXPRESSION.search(text):
            yield "credentials"
    yield from _unnamed("", line)


def _is_written(value: str) -> bool:
    return _EXPRESSION.sub("", value).strip().casefold() not in _NO_SECRETS


def _parameter(name: str) -> str:
    return f"parameters.prop: {name}"
