"""What of an exported integration flow can be imitated without a tenant: one converter, one HTTP receiver channel. Sends nothing.

What cannot is named in `notes`, a sentence each, and never skipped in silence.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from mock_cdp.cpi.iflow import DEFAULT_TIMEOUT_MS, FlowError, read_flow
from mock_cdp.cpi.iflow_parts import Assignment, ConverterStep, Flow, HttpReceiver, Step
from mock_cdp.cpi.iflow_routes import Routes
from mock_cdp.cpi.iflow_settings import is_on, whole_number
from mock_cdp.cpi.lint_receiver import sends_body
from mock_cdp.gate.failure import GateError

MAX_RETRIES: Final = 3  # documented, as is the next
MAX_INTERVAL_S: Final = 60
_HOP_BY_HOP: Final = frozenset({"connection", "pragma", "trailer", "transfer-encoding", "upgrade", "via"})
_NEVER_SENT: Final = _HOP_BY_HOP | {"content-length", "host", "cache-control", "warning"}  # documented: not even when listed
_CAMEL: Final = ("camel", "org.apache.camel")
_CREDENTIALS: Final = ("userkey", "secret")
_UNKNOWN: Final = re.compile(r"\$\{|\{\{")  # known only when the flow runs
_STATUS: Final = re.compile(r"\b[1-5]\d\d\b")
_PASSED: Final = frozenset({"ProcessCallElement", "ExternalCall"})  # the first is followed, the second is the call itself
_MONITORING_OFF: Final = "SAP_DisableMonitoringHeaders"


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """When the adapter itself sends again.

    Attributes:
        times: At most.
        interval_s: Between attempts, unless the answer says `Retry-After`.
        statuses: Answers after which it does.
        unconnected: Whether it does when no connection can be made.
    """

    times: int = 0
    interval_s: float = 0.0
    statuses: frozenset[int] = frozenset()
    unconnected: bool = False


class Surrogate(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a flow that is imitated.

    Attributes:
        flow: Its name.
        converter: The XML to JSON converter on the way; None if there is none.
        encoding: Of the JSON; empty is UTF-8.
        method: HTTP method.
        batch: Whether it posts to `/events`.
        path: Of the channel's address; empty where that is not known.
        query: Parameters besides the credentials, percent-encoded as they stand in the channel.
        headers: Those that the flow sets and the channel sends, Content-Type included.
        monitoring: Whether the framework's own headers are sent.
        body: Whether the call carries one.
        timeout_s: Longest wait for an answer.
        throws: Whether a refusal stops the flow.
    """

    flow: str
    converter: ConverterStep | None
    encoding: str
    method: str
    batch: bool
    path: str
    query: str
    headers: dict[str, str]
    monitoring: bool
    body: bool
    timeout_s: float
    throws: bool
    retry: Retry
    notes: tuple[str, ...]


def read_surrogate(path: Path, *, channel: str, step: str) -> Surrogate:
    """Return what of the export at *path* can be imitated.

    Args:
        path: A `.iflw` file or a zip with one.
        channel: Name or id of an HTTP receiver channel; empty if there is just one.
        step: Name or id of a converter; empty if there is just one on the way.

    Raises:
        GateError: It cannot be read, or which channel or converter is meant is not clear.
    """
    try:
        flow = read_flow(str(path), path.read_bytes())
    except OSError as error:
        raise GateError(
            f"[gate.driver] iflow: {path} cannot be read ({error.strerror}); name an export (.zip or .iflw)"
        ) from None
    except FlowError as error:
        raise GateError(f"[gate.driver] iflow: {error}") from None
    receiver = _receiver(path, flow.receivers, channel)
    before = Routes(flow).before(receiver.step)
    converter = _converter(path, flow, before, step)
    set_headers, header_notes = _headers(flow, before, receiver)
    retry, retry_notes = _retry(receiver)
    address, query, query_notes = _target(receiver)
    encoding = converter.settings.encoding if converter is not None else ""
    return Surrogate(
        flow=flow.name,
        converter=converter,
        encoding=encoding or _constant(flow, before, "CamelCharsetName"),
        method="POST" if receiver.method == "Dynamic" else receiver.method.upper(),
        batch=address.rstrip("/").endswith("/events"),
        path=address,
        query=query,
        headers=set_headers,
        monitoring=_constant(flow, before, _MONITORING_OFF).strip().casefold() != "true",
        body=sends_body(receiver),
        timeout_s=(receiver.timeout_ms or DEFAULT_TIMEOUT_MS) / 1000,
        throws=receiver.throws,
        retry=retry,
        notes=(*_step_notes(before, converter), *_channel_notes(flow, receiver), *header_notes, *query_notes, *retry_notes),
    )


# -- which parts -------------------------------------------------------------------------------------------------------


def _receiver(path: Path, receivers: tuple[HttpReceiver, ...], channel: str) -> HttpReceiver:
    labels = "; ".join(receiver.label for receiver in receivers)
    if not receivers:
        raise GateError(f"[gate.driver] iflow: {path} has no HTTP receiver channel; name the flow that posts to CDP")
    chosen = [one for one in receivers if channel in {"", one.id} or one.label.startswith(f"channel {channel},")]
    if len(chosen) != 1:
        found = f"{len(chosen)} HTTP receiver channels it could be" if chosen else f"no HTTP receiver channel is called {channel}"
        raise GateError(f"[gate.driver] channel: {found}; give the name or id of one: {labels}")
    return chosen[0]


def _converter(path: Path, flow: Flow, before: Iterable[Step], step: str) -> ConverterStep | None:
    on_the_way = {one.id for one in before}
    found = [one for one in flow.converters if one.id in on_the_way]
    chosen = [one for one in found if step in {"", one.id, one.name}]
    if step and not chosen:
        raise GateError(
            f"[gate.driver] step: {path} has no converter {step} before the call; leave it out, or give its name or id"
        )
    if len(chosen) > 1:
        names = ", ".join(one.label for one in chosen)
        raise GateError(f"[gate.driver] step: {len(chosen)} converters it could be; give the name or id of one: {names}")
    return chosen[0] if chosen else None


# -- what the channel says ---------------------------------------------------------------------------------------------


def _target(receiver: HttpReceiver) -> tuple[str, str, list[str]]:
    """Return the path of the address, the query without credentials, and what of both is not known."""
    address, _, misplaced = receiver.address.partition("?")
    pairs = [pair.strip().lstrip("?") for pair in (receiver.query or misplaced).split("&")]
    kept = [pair for pair in pairs if pair and pair.partition("=")[0].strip().casefold() not in _CREDENTIALS]
    unknown = [pair.partition("=")[0] for pair in kept if _UNKNOWN.search(pair)]
    notes = [
        f"{receiver.label}: the query parameter {name} is left out: its value is known only when the flow runs."
        for name in unknown
    ]
    path = "" if _UNKNOWN.search(address) else urlsplit(address).path
    if not path:
        notes.append(f"{receiver.label}: the address is known only when the flow runs; here it is the listener's /event.")
    return path, "&".join(pair for pair in kept if not _UNKNOWN.search(pair)), notes


def _retry(receiver: HttpReceiver) -> tuple[Retry, list[str]]:
    """Return how the adapter retries: which statuses and how often is documented, that the interval is in seconds assumed."""
    settings = receiver.settings
    times = whole_number(settings.get("retryIteration", ""), 0)
    interval_s = whole_number(settings.get("retryInterval", ""), 0)
    unread = [key for key, value in (("retryIteration", times), ("retryInterval", interval_s)) if value is None]
    retry = Retry(
        times=min(times or 0, MAX_RETRIES),
        interval_s=float(min(interval_s or 0, MAX_INTERVAL_S)),
        statuses=frozenset(int(status) for status in _STATUS.findall(settings.get("httpErrorResponseCodes", ""))),
        unconnected=bool(is_on(settings.get("retryOnConnectionFailure", ""), default=False)),
    )
    notes = [f"{receiver.label}: {key} is no number; 0 is taken." for key in unread]
    if (retry.statuses or retry.unconnected) and not retry.times:
        notes.append(f"{receiver.label}: has no number of retries; none is made.")
    return retry, notes


def _channel_notes(flow: Flow, receiver: HttpReceiver) -> Iterator[str]:
    for key in receiver.unread:
        yield f"{receiver.label}: {key} has no known form; its default is taken."
    if receiver.method == "Dynamic":
        yield f"{receiver.label}: the method is known only when the flow runs; here it is POST."
    authentication = receiver.settings.get("authenticationMethod", "").strip() or "None"
    if authentication != "None":
        yield f"{receiver.label}: {authentication} is not imitated; userKey and secret are sent as query parameters."
    for other in flow.receivers:
        if other.id != receiver.id:
            yield f"{other.label}: is not called."


# -- what the steps before it do ---------------------------------------------------------------------------------------


def _step_notes(before: Iterable[Step], converter: ConverterStep | None) -> Iterator[str]:
    if converter is None:
        yield "The flow has no XML to JSON converter before the call: the message is sent as it is."
    else:
        for key in converter.unread:
            yield f"{converter.label}: {key} has no known form; its default is taken."
    for step in before:
        imitated = converter is not None and step.id == converter.id
        if step.element in {"startEvent", "endEvent"} or step.activity in _PASSED or imitated:
            continue
        if step.activity != "Enricher":
            yield f"{step.label}: {step.activity or step.element} is not imitated; the message passes it unchanged."
        elif step.written.get("wrapContent", "").strip():
            yield f"{step.label}: the body that it sets is not imitated; the message passes it unchanged."
        elif step.unread:
            yield f"{step.label}: {', '.join(step.unread)} has no known form and is left out."


def _constant(flow: Flow, before: Iterable[Step], name: str) -> str:
    """Return the constant that the steps leave in a header or property, names as Camel compares them; empty if there is none."""
    value = ""
    for one in _assigned(before):
        if one.name.casefold() == name.casefold():
            value = "" if one.deletes or _is_unknown(flow, one) else flow.resolved(one.written)
    return value


def _assigned(before: Iterable[Step]) -> Iterator[Assignment]:
    return (one for step in before for one in step.assignments)


def _is_unknown(flow: Flow, one: Assignment) -> bool:
    return one.kind != "constant" or bool(_UNKNOWN.search(flow.resolved(one.written)))


def _headers(flow: Flow, before: list[Step], receiver: HttpReceiver) -> tuple[dict[str, str], list[str]]:
    """Return the headers that are set on the way and sent, and what is not known of them.

    Content-Type is sent whether it is listed or not (assumed: the adapter takes it from the message).
    """
    values: dict[str, str] = {}
    notes = []
    for one in _assigned(before):
        name = next((known for known in values if known.casefold() == one.name.casefold()), one.name)
        values.pop(name, None)
        if one.table != "header" or one.deletes or not _is_sent(one.name, receiver):
            continue
        if _is_unknown(flow, one):
            notes.append(f"{receiver.label}: the header {one.name} is left out: its value is known only when the flow runs.")
        else:
            values[one.name] = flow.resolved(one.written)
    return values, notes


def _is_sent(name: str, receiver: HttpReceiver) -> bool:
    bare = name.casefold()
    if bare in _NEVER_SENT or bare.startswith(_CAMEL):
        return False
    return bare == "content-type" or any(listed in {"*", bare} for listed in map(str.casefold, receiver.request_headers))
