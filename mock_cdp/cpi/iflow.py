"""An exported integration flow as a value: its converter steps and HTTP receiver channels, with their settings and its scripts.

The keys are those SAP's own exported flows use. Nothing here says whether a setting is good: see `lint`.
"""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from xml.etree.ElementTree import Element

from mock_cdp.contract.violation import shortened
from mock_cdp.cpi.archive import PARAMETERS, RESOURCES, Artefact, FlowError, artefacts
from mock_cdp.cpi.iflow_parameters import placeholders, read_parameters, resolved
from mock_cdp.cpi.iflow_parts import CONVERTER, Assignment, ConverterStep, Flow, HttpReceiver, Step
from mock_cdp.cpi.iflow_settings import assignments, converter_settings, is_on, whole_number
from mock_cdp.cpi.iflow_xml import XmlError, children, local, parsed, properties

__all__ = ["Assignment", "ConverterStep", "Flow", "FlowError", "HttpReceiver", "Step", "read_flow", "read_flows"]

DEFAULT_TIMEOUT_MS: Final = 60_000  # documented default of the HTTP receiver
_SCRIPTS: Final = (".groovy", ".gsh", ".js")


def read_flows(name: str, raw: bytes) -> tuple[Flow, ...]:
    """Return every integration flow of an export, in its order.

    Args:
        name: What to call the file in errors.
        raw: A `.iflw` file, an artefact zip, a package export, or a zip of those.

    Raises:
        FlowError: It cannot be read, or has no flow.
    """
    return tuple(_flow(artefact) for artefact in artefacts(name, raw))


def read_flow(name: str, raw: bytes) -> Flow:
    """Return the only integration flow of an export.

    Raises:
        FlowError: As `read_flows`, or there are several.
    """
    flows = read_flows(name, raw)
    if len(flows) > 1:
        names = shortened(", ".join(flow.name for flow in flows))
        raise FlowError(name, f"{len(flows)} integration flows: {names}", "export the one that is meant")
    return flows[0]


def _flow(artefact: Artefact) -> Flow:
    try:
        root = parsed(artefact.flow)
    except XmlError as error:
        raise FlowError(artefact.place, str(error), "export the flow again; an .iflw file is BPMN XML") from None
    if local(root) != "definitions":
        raise FlowError(artefact.place, "XML, but not BPMN definitions", "name an .iflw file or a zip with one")
    files = artefact.files or {}
    parameters = read_parameters(files.get(f"{RESOURCES}{PARAMETERS}", b""))
    steps = tuple(_steps(root))
    channels = tuple(_channels(root))
    return Flow(
        name=artefact.name,
        place=artefact.place,
        converters=tuple(_converter(step, parameters) for step in steps if step.activity == CONVERTER),
        receivers=tuple(_receiver(root, channel, parameters) for channel in channels if _is_http_receiver(channel)),
        steps=steps,
        routes=tuple(_routes(root)),
        channels=tuple((_label(root, channel), properties(channel)) for channel in channels),
        settings={key: value for part in children(root, "collaboration") for key, value in properties(part).items()},
        parameters=parameters,
        scripts=None if artefact.files is None else _scripts(files),
    )


def _scripts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {PurePosixPath(path).name: raw.decode(errors="replace") for path, raw in files.items() if path.endswith(_SCRIPTS)}


def _processes(root: Element) -> Iterator[tuple[Element, str, bool]]:
    """Yield each process and subprocess, the id of the process it belongs to, and whether it is a subprocess."""
    waiting = [(process, process.get("id", ""), False) for process in children(root, "process")]
    while waiting:
        container, process, handler = waiting.pop(0)
        yield container, process, handler
        waiting += [(inner, process, True) for inner in children(container, "subProcess")]


def _steps(root: Element) -> Iterator[Step]:
    for container, process, handler in _processes(root):
        for element in container:
            if element.get("id") and local(element) not in {"sequenceFlow", "subProcess"}:
                yield _step(element, process, handler=handler)


def _step(element: Element, process: str, *, handler: bool) -> Step:
    written = properties(element)
    found, unread = assignments(written)
    return Step(
        id=element.get("id", ""),
        name=" ".join(element.get("name", "").split()),
        element=local(element),
        activity=written.get("activityType", "").strip(),
        process=process,
        handler=handler,
        written=written,
        assignments=tuple(Assignment(**assignment) for assignment in found),
        unread=unread,
    )


def _routes(root: Element) -> Iterator[tuple[str, str, str]]:
    for container, _process, _handler in _processes(root):
        for route in children(container, "sequenceFlow"):
            condition = "".join(text for part in children(route, "conditionExpression") for text in part.itertext())
            yield route.get("sourceRef", ""), route.get("targetRef", ""), condition


def _channels(root: Element) -> Iterator[Element]:
    for collaboration in children(root, "collaboration"):
        yield from children(collaboration, "messageFlow")


def _label(root: Element, channel: Element) -> str:
    """Return what to call a channel: its name, whom it joins, its id."""
    ends = {channel.get("sourceRef"), channel.get("targetRef")}
    participants = (part for collaboration in children(root, "collaboration") for part in children(collaboration, "participant"))
    system = next((part.get("name", "") for part in participants if part.get("id") in ends), "")
    name = " ".join(channel.get("name", "").split())
    return f"channel {name or 'without a name'}, {system or 'no participant'} ({channel.get('id', '')})"


def _is_http_receiver(channel: Element) -> bool:
    written = properties(channel)
    return written.get("ComponentType") == "HTTP" and written.get("direction", "").casefold() == "receiver"


def _converter(step: Step, parameters: Mapping[str, str]) -> ConverterStep:
    settings, unread = converter_settings(step.written, parameters)
    return ConverterStep(id=step.id, name=step.name, settings=settings, unread=unread)


def _receiver(root: Element, channel: Element, parameters: Mapping[str, str]) -> HttpReceiver:
    written = properties(channel)
    settings = {key: resolved(value, parameters) for key, value in written.items()}
    timeout_ms = whole_number(settings.get("httpRequestTimeout", ""), DEFAULT_TIMEOUT_MS)
    throws = is_on(settings.get("throwExceptionOnFailure", ""), default=True)
    values: dict[str, Any] = {"httpRequestTimeout": timeout_ms, "throwExceptionOnFailure": throws}
    return HttpReceiver(
        id=channel.get("id", ""),
        label=_label(root, channel),
        step=channel.get("sourceRef", ""),
        address=settings.get("httpAddressWithoutQuery", "").strip(),
        query=settings.get("httpAddressQuery", "").strip(),
        method=settings.get("httpMethod", "").strip() or "POST",
        timeout_ms=timeout_ms,
        request_headers=tuple(filter(None, (part.strip() for part in settings.get("allowedRequestHeaders", "").split("|")))),
        throws=throws is not False,
        settings=settings,
        written=written,
        externalised=frozenset(key for key, value in written.items() if placeholders(value)),
        unread=tuple(key for key, value in values.items() if value is None),
    )
