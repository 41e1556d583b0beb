"""`mock-cdp contracts infer`: sample payloads to an event model, printed or as a new event of a contract folder."""

import json
import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from mock_cdp.cli.calls import DEFAULT_URL
from mock_cdp.cli.saying import fail, plain

if TYPE_CHECKING:
    from mock_cdp.contract.contract import Contract
    from mock_cdp.contract.inference import Inferred

FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # it becomes part of a URL and of a path on any system


@click.command()
@click.argument("texts", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--event", metavar="NAME", help="Make an event of this name from it; needs --into.")
@click.option("--into", metavar="DIR", type=click.Path(path_type=Path), help="The application's folder; needs --event.")
def infer(texts: tuple[Path, ...], event: str | None, into: Path | None) -> None:
    """Make an event model from JSON files: samples (one, an array, or a batch of events), or a JSON Schema.

    Prints the model, and on stderr what was guessed. With --event and --into it makes the event's folder instead, with the
    samples as accepted ones, and says what is left to do. Exit 2: nothing could be made.
    """
    from mock_cdp.contract.inference import infer as infer_model
    from mock_cdp.contract.sample_texts import InferenceError

    if (event is None) != (into is None):
        fail("--event and --into go together: the event's name, and the application's folder to put it in")
    read = _read(texts)
    try:
        inferred = infer_model(read)
    except InferenceError as error:
        fail(str(error))
    if event is not None and into is not None:
        _make(event, into, read, inferred)
    else:
        click.echo(_json(inferred.schema), nl=False)
    for guess in inferred.guesses:
        click.echo(plain(f"guessed {guess.keyword} at {guess.pointer or 'the event'}: {guess.text}"), err=True)
    if event is not None and into is not None:
        _say_next(event, into)


def _read(paths: tuple[Path, ...]) -> list[tuple[str, bytes]]:
    """Return name and content of each file; every one that cannot be read is one line, then exit 2."""
    found, lost = [], []
    for path in paths:
        try:
            found.append((str(path), path.read_bytes()))
        except OSError as error:
            lost.append(f"{path}: cannot be read ({error.strerror}); name a JSON file")
    if lost:
        fail(*lost)
    return found


def _make(event: str, application: Path, read: list[tuple[str, bytes]], inferred: "Inferred") -> None:
    """Make the event's folder, all of it or nothing."""
    from mock_cdp.contract.inference import samples
    from mock_cdp.contract.writing import write_folder

    folder = application / "dataevents" / event
    _require_free(event, application, folder)
    entity = {"name": event, "enabled": True, "type": "Direct", "dataType": 0}
    files = {"event.json": entity, "model.schema.json": inferred.schema}
    accepted = samples(read)
    files |= {f"samples/accepted/{sample.name}.json": sample.event for sample in accepted}
    written = {name: _json(value).encode() for name, value in files.items()}
    _require_small(written)
    try:
        write_folder(folder, written)
    except OSError as error:
        fail(f"{folder}: cannot be written ({error.strerror or error})")
    click.echo(plain(f"{folder}: made from {inferred.recognised}, {len(accepted)} accepted samples"))


def _require_free(event: str, application: Path, folder: Path) -> None:
    """Leave with exit 2 unless the event can be put there."""
    from mock_cdp.contract.slugs import free_slug

    if not FOLDER_NAME.fullmatch(event):
        fail(f"--event {event}: not a folder name; use letters, digits and hyphens, such as {free_slug(event, ())}")
    if not (application / "application.json").is_file():
        fail(f"--into {application}: not an application's folder; name one that holds application.json")
    if os.path.lexists(folder):
        fail(f"{folder}: is already there; choose another name or remove it")
    if other := _user_of(event, application):
        fail(f"--event {event}: the event {other} has this external id; choose another name")


def _user_of(external_id: str, application: Path) -> str:
    """Return the event of *application* that is addressed by *external_id*, which a new folder's name would be too."""
    return next((contract.slug for contract in _contracts_of(application) if contract.event.external_id == external_id), "")


def _contracts_of(application: Path) -> "list[Contract]":
    """Return the contracts of *application*; none if it is in no business unit."""
    from mock_cdp.contract.folder import read
    from mock_cdp.contract.units import UNIT_FILE

    application = application.resolve()
    unit = application.parent.parent
    contracts = read(unit).catalog.contracts if (unit / UNIT_FILE).is_file() else ()
    return [contract for contract in contracts if contract.path.split("/")[-2] == application.name]


def _say_next(event: str, application: Path) -> None:
    """Say what was not written, where the event listens, and how to go on."""
    click.echo("not written: a deduplication field (metadataConfig in event.json; without one, a retry counts again)")
    click.echo("not written: mappings.json (without it, no event reaches a customer)")
    made = next((contract for contract in _contracts_of(application) if contract.slug == event), None)
    unit = shlex.quote(plain(str(application.resolve().parent.parent)))
    if made is None:
        click.echo(
            "next: put the application below applications/ of a business unit that `mock-cdp contracts check` finds nothing in"
        )
        return
    click.echo(f"next: mock-cdp contracts check {unit}")
    click.echo(f"then: mock-cdp serve --contracts {unit}")
    click.echo(f"it listens at {DEFAULT_URL}{made.listener_path}/event")


def _require_small(files: dict[str, bytes]) -> None:
    from mock_cdp.contract.files import MAX_FILE_BYTES

    large = [name for name, raw in files.items() if len(raw) > MAX_FILE_BYTES]
    if large:
        fail(*(f"{name}: {len(files[name])} bytes, more than {MAX_FILE_BYTES}; give smaller samples" for name in large))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
