"""What will break at an HTTP receiver channel: address, query, headers, timeout, and the message as it is before the call."""

import re
from collections.abc import Iterator
from typing import Final

from mock_cdp.cpi.iflow_parts import CONVERTER, Flow, HttpReceiver, Step
from mock_cdp.cpi.iflow_routes import Routes
from mock_cdp.cpi.lint_codes import TIMEOUT_MAX_MS, TIMEOUT_MIN_MS, Finding, found

_BODYLESS: Final = ("GET", "DELETE", "HEAD", "TRACE")  # they send a body only if Send Body is ticked (documented)
_MAKES_JSON: Final = (CONVERTER, "Script", "Mapping", "DBstorage")  # all but the first may; a Content Modifier if it sets a body
_SETS_TYPE: Final = re.compile(  # setHeader("Content-Type", …), headers["Content-Type"] = …, ["Content-Type": …]
    r"""(?:set\w*|put)\s*\(\s*["']content-type["']|\[\s*["']content-type["']\s*\]\s*=(?!=)|["']content-type["']\s*:""",
    re.IGNORECASE,
)
_RESPONSE_CODE: Final = "CamelHttpResponseCode"
_EXPRESSION: Final = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}")
_CREDENTIALS: Final = ("userkey", "secret")


def sends_body(receiver: HttpReceiver) -> bool:
    """Return whether the call carries a body."""
    return receiver.method.upper() not in _BODYLESS or receiver.settings.get("httpShouldSendBody", "").casefold() == "true"


def receiver_findings(flow: Flow, routes: Routes, receiver: HttpReceiver) -> Iterator[Finding]:
    """Yield what will break at *receiver*."""
    step = receiver.label
    for key in receiver.unread:
        yield found("setting-unread", f"{step}: {key}")
    yield from _address(receiver)
    if not receiver.throws:
        softened = f"the flow reads {_RESPONSE_CODE} somewhere, which may be the check" if _reads_response_code(flow) else ""
        yield found("failure-hidden", step, softened=softened)
    if receiver.timeout_ms is not None and receiver.timeout_ms < TIMEOUT_MIN_MS:
        yield found("timeout-short", step, because=f"it is {receiver.timeout_ms} ms")
    if receiver.timeout_ms is not None and receiver.timeout_ms > TIMEOUT_MAX_MS:
        yield found("timeout-long", step, because=f"it is {receiver.timeout_ms} ms")
    if "*" in receiver.request_headers:
        yield found("headers-all", step)
    if sends_body(receiver):
        yield from _message(flow, routes, receiver)


def _address(receiver: HttpReceiver) -> Iterator[Finding]:
    key = "httpAddressWithoutQuery"
    if receiver.address and key not in receiver.externalised and "${" not in receiver.address:
        yield found("address-not-externalised", receiver.label)
    if "?" in _EXPRESSION.sub("", receiver.address):
        yield found("query-in-address", receiver.label)
    raw = [name for name, value in _query_pairs(receiver) if name.casefold() in _CREDENTIALS and re.search(r"[+/= ]", value)]
    if raw:
        yield found("query-not-encoded", receiver.label, because=f"here {' and '.join(raw)}")


def _query_pairs(receiver: HttpReceiver) -> Iterator[tuple[str, str]]:
    """Yield names and values, what is only known when the flow runs left out."""
    for pair in (receiver.query or receiver.address.partition("?")[2]).split("&"):
        name, _, value = _EXPRESSION.sub("", pair).strip().lstrip("?").partition("=")
        yield name.strip(), value


def _reads_response_code(flow: Flow) -> bool:
    """Return whether a condition, a script or a property other than a channel's names the answer's status."""
    texts = [condition for _, _, condition in flow.routes] + list((flow.scripts or {}).values())
    texts += [value for step in flow.steps for value in step.written.values()]
    return any(_RESPONSE_CODE in text for text in texts)


def _message(flow: Flow, routes: Routes, receiver: HttpReceiver) -> Iterator[Finding]:
    before = routes.before(receiver.step)
    setters, bare = routes.nearest(receiver.step, lambda step: _touches_type(flow, step))
    values = [value for step in setters if (value := _constant_type(flow, step))]
    converted = any(step.activity == CONVERTER for step in before)
    deleted = any(_deletes_type(step) for step in setters)
    # What comes into a subprocess for errors was made somewhere before, which is not known.
    if deleted or any(not step.handler for step in bare):
        unseen = [step.label for step in before if step.activity == "Script" and flow.script_of(step) is None]
        because = f"unless {unseen[0]} does it, whose script is not in the export" if unseen and not deleted else ""
        yield found("content-type-missing", receiver.label, because=because)
    if converted and any("xml" in value.casefold() for value in values):
        yield found("content-type-not-json", receiver.label)
    elsewhere = flow.converters and not any(_may_make_json(step) for step in before)
    if elsewhere and any("json" in value.casefold() for value in values):
        yield found("converter-not-passed", receiver.label)


def _may_make_json(step: Step) -> bool:
    answered = step.element == "serviceTask"  # a call, whose answer may be JSON
    return answered or step.activity in _MAKES_JSON or bool(step.written.get("wrapContent", "").strip())


def _touches_type(flow: Flow, step: Step) -> bool:
    script = flow.script_of(step) if step.activity == "Script" else None
    return any(_is_type(one.table, one.name) for one in step.assignments) or bool(script and _SETS_TYPE.search(script))


def _deletes_type(step: Step) -> bool:
    return any(_is_type(one.table, one.name) and one.deletes for one in step.assignments)


def _constant_type(flow: Flow, step: Step) -> str:
    """Return the Content-Type that *step* sets, if it is known before the flow runs."""
    values = [flow.resolved(one.written) for one in step.assignments if _is_type(one.table, one.name) and not one.deletes]
    return "" if not values or "${" in values[-1] else values[-1]


def _is_type(table: str, name: str) -> bool:
    return table == "header" and name.casefold() == "content-type"
