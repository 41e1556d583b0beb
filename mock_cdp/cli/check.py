"""`mock-cdp check`: would this payload be accepted, and if not, why; offline, with the mock's own reading and judging."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.saying import fail, note, plain

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Contract
    from mock_cdp.contract.violation import Violation
    from mock_cdp.core.body import Events
    from mock_cdp.cpi.diagnosis import Diagnosed, Diagnosis

_SHOWN = 20  # violations printed; --json has all
_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("payload", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--event", metavar="NAME", required=True, help="The event that it is meant for: its folder name or path.")
@click.option("--contracts", "folder", metavar="DIR", type=_FOLDER, help="Contract folder; without it those that ship.")
@click.option("--json", "as_json", is_flag=True, help="Print verdict, violations and diagnoses as JSON.")
def check(payload: Path, event: str, folder: Path | None, *, as_json: bool) -> None:
    """Judge FILE (- for standard input) as the listener of an event would: one event, or an array of events.

    Of a contract's rejected sample it judges the event in it.

    Exit 0: every event is accepted, 1: refused, 2: it cannot be judged.
    """
    from mock_cdp.cpi.diagnosis import diagnose

    contract = _contract(folder, event)
    read = _read(_event_of(_bytes(payload), payload))
    accepts = contract.model.accepts
    refused = [index for index, value in enumerate(read.values) if not accepts(value)]
    violations = [one for index in refused for one in contract.model.violations(read.values[index], index=index)]
    repeated = [(one.index, one.pointer) for one in read.warnings if one.code == "duplicate-member"]
    found = diagnose(contract.model, read.values, repeated=repeated)
    click.echo(_json(contract, read, violations, found) if as_json else _text(contract, read, violations, found))
    sys.exit(1 if refused else 0)


def _contract(folder: Path | None, event: str) -> "Contract":
    """Return the contract; a folder that cannot be served cannot judge, which is no refusal."""
    from mock_cdp.cli.folders import contract_of, root_of
    from mock_cdp.contract.folder import FolderError, load

    try:
        return contract_of(load(root_of(folder)), event)
    except FolderError as error:
        fail(str(error))


def _bytes(payload: Path) -> bytes:
    if str(payload) == "-":
        return sys.stdin.buffer.read()
    try:
        return payload.read_bytes()
    except OSError as error:
        fail(f"{payload}: cannot be read ({error.strerror}); name a JSON file, or - for standard input")


def _event_of(raw: bytes, payload: Path) -> bytes:
    """Return the event of a rejected sample as it is written there, and say so; anything else is what is sent."""
    import msgspec

    from mock_cdp.contract.files import is_rejected_sample
    from mock_cdp.contract.json_texts import JsonTextError, read_json

    try:
        value, _ = read_json(raw)
    except JsonTextError:
        return raw  # the listener's own reading says more
    if not is_rejected_sample(value):
        return raw
    note(f"{'standard input' if str(payload) == '-' else payload} is a rejected sample; what is judged is its event")
    return bytes(msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["event"])


def _read(raw: bytes) -> "Events":
    """Read the body as the listener does; what it cannot read is exit 2."""
    from mock_cdp.core.body import BodySettings, read_events
    from mock_cdp.core.delivery import Delivery
    from mock_cdp.core.refusal import Refusal

    many = raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    delivery = Delivery(method="POST", path="", query="", headers=(), body=raw, received_at=0.0)
    read = read_events(delivery, many=many, settings=BodySettings())
    if isinstance(read, Refusal):
        fail(f"{read.message}: {read.details}" if read.details else read.message)
    return read


def _json(contract: "Contract", read: "Events", violations: "list[Violation]", found: "Diagnosed") -> str:
    import msgspec

    answer: dict[str, Any] = {
        "event": contract.path,
        "verdict": "rejected" if violations else "accepted",
        "events": len(read.values),
        "violations": violations,
        "diagnoses": found.diagnoses,
        "unexplained": found.unexplained,
        "warnings": found.warnings,
    }
    return msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()


def _text(contract: "Contract", read: "Events", violations: "list[Violation]", found: "Diagnosed") -> str:
    """Write the verdict first, then each cause with its fix, then what no cause explains."""
    many = len(read.values) > 1
    refused = len({one.index for one in violations})
    count = f"{refused} of {len(read.values)} events, " if many else ""
    verdict = f"rejected: {count}{len(violations)} violation(s)" if violations else "accepted"
    lines = [f"{contract.path}: {verdict}"]
    for diagnosis in found.diagnoses:
        lines += _diagnosis(diagnosis, "")
    if found.unexplained:
        lines.append(f"no cause known for {len(found.unexplained)} violation(s):")
    lines += [_violation(one, many=many) for one in found.unexplained[:_SHOWN]]
    if len(found.unexplained) > _SHOWN:
        lines.append(f"  … and {len(found.unexplained) - _SHOWN} more (--json has all)")
    for warning in found.warnings:
        lines += _diagnosis(warning, "warning ")
    return "\n".join(map(plain, lines))


def _diagnosis(diagnosis: "Diagnosis", kind: str) -> list[str]:
    places = f"  at {', '.join(diagnosis.paths)}" if len(diagnosis.paths) > 1 else ""
    doubt = f"  not certain: {diagnosis.doubt}" if diagnosis.doubt else ""
    return [f"{kind}{diagnosis.message}", *filter(None, (places, doubt)), *(f"    {line}" for line in diagnosis.fix)]


def _violation(violation: "Violation", *, many: bool) -> str:
    return f"  {f'event {violation.index}: ' if many else ''}{violation.message}"
