"""`mock-cdp export message-mapping`: one event as the target structure of a Message Mapping in SAP Cloud Integration."""

import sys
from pathlib import Path

import rich_click as click

from mock_cdp.cli.folders import FOLDER, catalog_of, contract_of


@click.command("message-mapping")
@click.option("--contracts", "folder", metavar="DIR", type=FOLDER, help="Contract folder; without it those that ship.")
@click.option("--event", metavar="NAME", required=True, help="The event's folder name, or its whole path.")
@click.option("--out", metavar="FILE", type=FOLDER, help="Write there instead of to stdout.")
def message_mapping(folder: Path | None, event: str, out: Path | None) -> None:
    """Write one event's model as OpenAPI 3.0 JSON in the subset that CPI's Message Mapping reads.

    Upload the file as the target message. Says on stderr what it cannot hold, and the setting that makes types right.
    Exit 1: the model cannot be said in the subset; 2: there is no such event.
    """
    from mock_cdp.cli.export import write_json  # which imports this command
    from mock_cdp.exports.message_mapping import SETTING, MappingError, document

    contract = contract_of(catalog_of(folder), event)
    try:
        exported = document(contract)
    except MappingError as error:
        click.echo(f"mock-cdp: no Message Mapping for {contract.path}: {error}", err=True)
        sys.exit(1)
    write_json(exported.document, out)
    for note in (*exported.notes, SETTING):
        click.echo(f"note: {note}", err=True)
