"""Rows of the store to entities and back, and which of them are in force beside a contract folder."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
import orjson

from mock_cdp.contract.resources import Document, Resource
from mock_cdp.contract.slugs import free_slug
from mock_cdp.store.base import Change, Row


def take_in(made: dict[str, Resource], row: Row) -> None:
    """Put the entity of *row* into *made*, or take it out when it was deleted."""
    if row.document is None:
        made.pop(row.path, None)
        return
    document = orjson.loads(row.document)
    made[row.path] = Resource(path=row.path, slug=row.slug, revision=str(row.revision), place=row.place, document=document)


def beside(folder: Mapping[str, Resource], rows: Mapping[str, Resource]) -> dict[str, Resource]:
    """Return what of *rows* is in force beside *folder*.

    What was exported and is served from there is the folder's now; and where the folder has taken a slug meanwhile, what
    was made here gets another.
    """
    taken: dict[str, set[str]] = defaultdict(set)
    for path, resource in folder.items():
        taken[path.rsplit("/", 1)[0]].add(resource.slug)
    made = {}
    for path, resource in sorted(rows.items(), key=lambda item: (item[1].place, item[0])):
        slugs = taken[path.rsplit("/", 1)[0]]
        if path not in folder:
            slug = free_slug(resource.slug, slugs) if resource.slug in slugs else resource.slug
            slugs.add(slug)
            made[path] = resource if slug == resource.slug else msgspec.structs.replace(resource, slug=slug)
    return made


def as_change(resource: Resource, document: Document | None) -> Change:
    """Return the row to write for *resource*; without a *document* it is deleted."""
    return Change(path=resource.path, slug=resource.slug, document=None if document is None else orjson.dumps(document))
