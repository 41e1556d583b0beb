"""What will break in an integration flow before anything runs: its settings, held against the contract it is to keep.

`CODES` lists everything that can be found. A secret is named by its place and never shown.
"""

from collections.abc import Iterator
from typing import Any

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.paths import members
from mock_cdp.cpi.iflow_parameters import placeholders
from mock_cdp.cpi.iflow_parts import ConverterStep, Flow
from mock_cdp.cpi.iflow_routes import Routes
from mock_cdp.cpi.lint_arrays import array_paths, missing_rows
from mock_cdp.cpi.lint_codes import CODES, Code, Finding, found
from mock_cdp.cpi.lint_receiver import receiver_findings, sends_body
from mock_cdp.cpi.lint_secrets import secret_findings

__all__ = ["CODES", "Code", "Finding", "lint"]


def lint(flow: Flow, contract: Contract | None = None) -> list[Finding]:
    """Return everything that will break or may: the flow, its converters, its channels, then secrets.

    Args:
        flow: The flow.
        contract: What its events are to keep; without it, arrays are not judged.
    """
    routes = Routes(flow)
    findings = [*_flow_findings(flow)]
    for converter in flow.converters:
        findings += _converter_findings(converter, routes, contract if _sends(flow, routes, converter) else None)
    for receiver in flow.receivers:
        findings += receiver_findings(flow, routes, receiver)
    return [*findings, *secret_findings(flow)]


def _sends(flow: Flow, routes: Routes, converter: ConverterStep) -> bool:
    """Return whether what *converter* makes is sent, as far as the flow shows: it may also convert an answer."""
    calls = [receiver.step for receiver in flow.receivers if sends_body(receiver)]
    after = {step.id for step in routes.after(converter.id)}
    return not calls or not after.isdisjoint(calls)


def _flow_findings(flow: Flow) -> Iterator[Finding]:
    place = f"integration flow {flow.name}"
    if flow.resolved(flow.settings.get("allowedHeaderList", "")).strip() == "*":
        yield found("allowed-headers-all", place)
    for step in flow.steps:
        for key in step.unread:
            yield found("setting-unread", f"{step.label}: {key}")
    if flow.scripts is None:  # a lone .iflw file: its parameters are elsewhere
        return
    for label, written in [(place, flow.settings), *((step.label, step.written) for step in flow.steps), *flow.channels]:
        wanted = dict.fromkeys(name for text in written.values() for name in placeholders(text))
        for name in wanted:
            if not flow.parameters.get(name, "").strip():
                yield found("parameter-without-value", f"{label}: {name}")


def _converter_findings(converter: ConverterStep, routes: Routes, contract: Contract | None) -> Iterator[Finding]:
    settings, step = converter.settings, converter.label
    for key in converter.unread:
        yield found("setting-unread", f"{step}: {key}")
    if settings.namespaces and not settings.namespace_map and "jsonNamespaceMapping" not in converter.unread:
        yield found("namespaces-without-map", step)
    if settings.streaming == "all":
        yield found("streaming-all", step)
    elif settings.streaming == "specific" and not settings.paths and "xmlJsonPathTable" not in converter.unread:
        yield found("streaming-without-paths", step)
    mended = _mended(converter, routes)
    if not settings.suppress_root and not (contract and _has_root(contract.model.schema, settings.paths)):
        yield found("root-kept", step, softened=mended or ("" if contract else "no contract was given to judge it by"))
    if contract and settings.streaming != "all":
        listed = settings.paths if settings.streaming == "specific" else ()
        rows = missing_rows(array_paths(contract.model.schema), listed, hints=settings.paths)
        if rows:
            yield found("arrays-not-listed", step, softened=mended, rows=rows)


def _mended(converter: ConverterStep, routes: Routes) -> str:
    """Return why a wrong structure may still come out right; scripts that patch JSON are the norm in SAP's own sample flows."""
    later = next((step for step in routes.after(converter.id) if step.activity in {"Script", "Mapping"}), None)
    return f"{later.label} comes after the step and may mend it" if later else ""


def _has_root(schema: Any, paths: tuple[str, ...]) -> bool:
    """Return whether the model itself has the root element that the listed paths begin with."""
    fields = {name for name, _ in members(schema, schema)}
    return any(path.strip("/").split("/")[0] in fields for path in paths)
