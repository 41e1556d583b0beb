"""Every setting of the gate, once: the `[gate]` table of `mock-cdp.toml`; options of `mock-cdp gate` change it."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mock_cdp.gate.drivers import DriverSettings
from mock_cdp.gate.expectation import Correlation, Expected
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.sources import SourceSettings, read_source_settings
from mock_cdp.settings import FILE_NAME

PROPERTIES: tuple[str, ...] = (
    "accepted",
    "nothing-lost",
    "nothing-twice",
    "no-leak",
    "resend",
    "singles-are-a-batch",
    "line-order",
    "blanks",
    "retry-dropped",
    "retry-unavailable",
    "retry-after-seconds",
    "retry-after-date",
    "slow-answer",
)


class GateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is put through which integration, what should come of it, and how long to look."""

    event: Annotated[str, Meta(description="The event that the integration sends: its folder name or path.")]
    source: Annotated[SourceSettings, Meta(description="Where source messages come from: the table `[gate.source]`.")]
    driver: Annotated[DriverSettings, Meta(description="How they are handed to the integration: the table `[gate.driver]`.")]
    name: Annotated[str, Meta(description="What the integration is called in reports.")] = ""
    expect: Annotated[
        Expected,
        Meta(
            description="Events that one message should lead to: a number, a JMESPath expression over the message such as "
            "`length(receipts)`, or a table of them by event."
        ),
    ] = 1
    correlate: Annotated[
        Correlation | None, Meta(description="How an event is known to belong to its message; without it, by time.")
    ] = None
    within_s: Annotated[float, Meta(description="How long events may take to arrive, in seconds.", gt=0)] = 10.0

    properties: Annotated[tuple[str, ...], Meta(description="Which properties to check; empty for all.")] = ()
    records: Annotated[str, Meta(description="Where the records of a message are, such as `receipts`.")] = ""
    lines: Annotated[str, Meta(description="Where the line items of a message are, such as `receipts[].items`.")] = ""
    blanks: Annotated[tuple[str, ...], Meta(description="Fields of the message that may be absent, null or empty.")] = ()
    personal: Annotated[tuple[str, ...], Meta(description="Fields of the message that hold personal data.")] = ()
    slow_s: Annotated[float, Meta(description="How late a slow answer comes, in seconds.", gt=0)] = 2.0

    profile: Annotated[
        Literal["ci", "nightly"], Meta(description="`ci` tries the same messages each time; `nightly` tries others.")
    ] = "ci"
    seed: Annotated[int | None, Meta(description="Seed of what is generated; also repeats a nightly run.")] = None
    trials: Annotated[int, Meta(description="Most messages for a property.", ge=1)] = 200
    trouble_trials: Annotated[int, Meta(description="Most messages for a property that waits on purpose.", ge=1)] = 5
    seconds: Annotated[float, Meta(description="Most seconds for the whole run.", gt=0)] = 300.0

    go_on: Annotated[bool, Meta(description="Check further properties after one is broken.")] = False
    credentials: Annotated[
        Literal["run", "contract"],
        Meta(
            description="`run`: new ones for each run, given to the integration in its environment. `contract`: those of the "
            "event's application in the contract folder, for an integration that has its keys fixed."
        ),
    ] = "run"
    port: Annotated[
        int, Meta(description="Port of the mock for an integration of another process; 0 for any.", ge=0, le=65535)
    ] = 0
    tls: Annotated[bool, Meta(description="Serve https to it.")] = False
    keep: Annotated[bool, Meta(description="Leave the session of this run in the store of `mock-cdp.toml`.")] = False
    cases: Annotated[str, Meta(description="Folder of case files: known ones run first, new ones are written there.")] = (
        "gate-cases"
    )
    reports: Annotated[str, Meta(description="Folder for the reports.")] = "gate-reports"


def load_gate(folder: Path, options: Mapping[str, Any]) -> GateSettings:
    """Read the `[gate]` table of `mock-cdp.toml` in *folder*, changed by *options* that are not None.

    Raises:
        GateError: There is none, or something in it cannot be; says where and what is possible.
    """
    path = folder / FILE_NAME
    table = _table(path)
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(source := table.get("source"), dict):
        table["source"] = read_source_settings(source, f"{path}: [gate.source]")
    try:
        settings = msgspec.convert({**table, **given}, GateSettings)
    except msgspec.ValidationError as error:
        raise GateError(f"{path}: [gate]: {_hinted(str(error), table)}") from None
    one = settings.correlate
    if one is not None and not (one.header or (one.source and one.event)):
        raise GateError(f"{path}: [gate]: correlate: name the header, or where the key is in source and event")
    for name in settings.properties:
        if name not in PROPERTIES:
            near = difflib.get_close_matches(name, PROPERTIES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(PROPERTIES)}"
            raise GateError(f"{path}: [gate]: properties: there is no property {name}; {hint}")
    return settings


def _table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GateError(f"{path}: there is no such file; the gate is set up in its [gate] table, see docs/gate.md") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise GateError(f"{path}: cannot be read as TOML: {error}") from None
    table = document.get("gate")
    if not isinstance(table, dict):
        raise GateError(f"{path}: has no [gate] table; see docs/gate.md")
    return table


def _hinted(said: str, table: Mapping[str, Any]) -> str:
    """Add the nearest known name to what msgspec says of an unknown one."""
    known = GateSettings.__struct_fields__
    unknown = next((name for name in table if name not in known and f"`{name}`" in said), None)
    near = difflib.get_close_matches(unknown, known, n=1) if unknown else []
    return f"{said}; did you mean {near[0]}?" if near else said
