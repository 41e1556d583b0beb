"""A flow's parts as values: steps, converters, HTTP receiver channels. They may hold secrets, so no `repr` shows a value."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

import msgspec

from mock_cdp.cpi.conversion import ConverterSettings
from mock_cdp.cpi.iflow_parameters import resolved

CONVERTER: Final = "XmlToJsonConverter"


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a Content Modifier: a header or an exchange property that it sets or deletes.

    Attributes:
        table: `header` or `property`.
        kind: Where the value comes from: `constant`, `expression`, `xpath`, …
        written: The value as the flow has it, parameters not resolved.
    """

    table: str
    name: str
    kind: str
    written: str
    deletes: bool = False

    def __repr__(self) -> str:
        """Hide the value."""
        return f"Assignment({self.table} {self.name!r})"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step or event of a flow.

    Attributes:
        element: BPMN's word for it: `startEvent`, `callActivity`, `serviceTask`, …
        activity: CPI's word: `XmlToJsonConverter`, `Enricher` (Content Modifier), `Script`, …; empty for plain events.
        process: Id of the process it is in.
        handler: Whether it is in a subprocess, which is entered from anywhere when something fails.
        written: Its properties as the flow has them, parameters not resolved.
        assignments: What it does to headers and exchange properties, in order.
        unread: The properties whose value is of no known form.
    """

    id: str
    name: str
    element: str
    activity: str
    process: str
    handler: bool
    written: Mapping[str, str]
    assignments: tuple[Assignment, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return what to call it in a finding."""
        return f"{self.name or self.activity or self.element} ({self.id})"

    def __repr__(self) -> str:
        """Hide the properties."""
        return f"Step({self.label!r}, {self.activity!r})"


class ConverterStep(msgspec.Struct, frozen=True, kw_only=True):
    """An XML to JSON converter.

    Attributes:
        settings: What it does; parameters are resolved.
        unread: The properties whose value is of no known form; `settings` has their default.
    """

    id: str
    name: str
    settings: ConverterSettings
    unread: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return what to call it in a finding."""
        return f"{self.name or CONVERTER} ({self.id})"


class HttpReceiver(msgspec.Struct, frozen=True, kw_only=True):
    """A channel of the HTTP receiver adapter.

    Attributes:
        label: What to call it in a finding.
        step: Id of the step that calls.
        address: Without query, as the adapter wants it; parameters are resolved.
        query: What is sent as query; may hold secrets.
        timeout_ms: `None` when it is no number.
        request_headers: Names of the headers that are sent, `*` for all.
        throws: Whether a refusal stops the flow; on unless the channel says otherwise.
        settings: Every property, parameters resolved.
        externalised: The properties that refer to a parameter.
        unread: The properties whose value is of no known form.
    """

    id: str
    label: str
    step: str
    address: str
    query: str
    method: str
    timeout_ms: int | None
    request_headers: tuple[str, ...]
    throws: bool
    settings: Mapping[str, str]
    written: Mapping[str, str]
    externalised: frozenset[str]
    unread: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Hide address, query and properties."""
        return f"HttpReceiver({self.label!r})"


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """An integration flow.

    Attributes:
        name: What people call it.
        place: Where it stands in the export.
        converters: In the order of the file.
        receivers: HTTP receiver channels, in the order of the file.
        steps: All steps and events.
        routes: Which step is followed by which, by id, with the condition if there is one.
        channels: Label and properties, as written, of every channel of any adapter.
        settings: Properties of the flow as a whole, as written.
        parameters: Values of externalised parameters; empty for a lone `.iflw` file.
        scripts: Text of each script by file name; `None` for a lone `.iflw` file, where they are unknown.
    """

    name: str
    place: str
    converters: tuple[ConverterStep, ...]
    receivers: tuple[HttpReceiver, ...]
    steps: tuple[Step, ...]
    routes: tuple[tuple[str, str, str], ...]
    channels: tuple[tuple[str, Mapping[str, str]], ...]
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    scripts: Mapping[str, str] | None

    def resolved(self, written: str) -> str:
        """Return *written* with its parameters' values."""
        return resolved(written, self.parameters)

    def script_of(self, step: Step) -> str | None:
        """Return the text of the script that *step* runs; `None` if the export does not hold it."""
        return (self.scripts or {}).get(PurePosixPath(step.written.get("script", "")).name)

    def __repr__(self) -> str:
        """Hide what may be secret."""
        return f"Flow({self.name!r}, {len(self.converters)} converters, {len(self.receivers)} receivers)"
