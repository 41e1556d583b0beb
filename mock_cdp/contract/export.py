"""Everything in force as a contract folder: files as they were read, and new ones for what was made through the API."""

from collections.abc import Iterator, Mapping

import orjson

from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.entities import Application
from mock_cdp.contract.resources import Resource, file_text, files_of, folder_of


class ExportError(Exception):
    """What is in force cannot be one folder; the message says why and what to do."""


def folder_files(catalog: Catalog, resources: Mapping[str, Resource]) -> dict[str, bytes]:
    """Return the files of a contract folder that holds all of *resources*.

    Files that *catalog* was read from stay byte for byte, so that exporting what was exported changes nothing. The one
    exception: credentials are left out, and then derived from names where the folder is served.

    Args:
        catalog: Holds the files of the contract folder.
        resources: Everything in force, by path.
    """
    files = dict(sorted(_as_read(catalog)))
    for resource in resources.values():
        if resource.file:
            continue
        for name, raw in files_of(resource):
            place = f"{folder_of(resource, resources)}/{name}"
            if place in files:
                raise ExportError(f"{place} would be written twice: rename what is called {resource.document['name']!r}")
            files[place] = raw
    return files


def _as_read(catalog: Catalog) -> Iterator[tuple[str, bytes]]:
    # A root that is itself a business unit's folder becomes a folder of one.
    inside = next((f"{unit.slug}/" for unit in catalog.units if unit.place == ""), "")
    secret = {placed.file for placed in catalog.placed if isinstance(placed.value, Application)}
    for name, raw in catalog.files.items():
        yield f"{inside}{name}", _without_credentials(raw) if name in secret else raw


def _without_credentials(raw: bytes) -> bytes:
    document = orjson.loads(raw)
    if not isinstance(document, dict) or "credentials" not in document:
        return raw
    return file_text({name: value for name, value in document.items() if name != "credentials"})
