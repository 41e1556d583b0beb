"""The configuration: the contracts of a folder and what was made through the API, read and changed as SAP's API does."""

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import msgspec

from mock_cdp.configuration_check import by_id, dependents, violations
from mock_cdp.configuration_refusals import (
    ANY,
    ATTEMPTS,
    IfMatch,
    Refused,
    busy,
    from_files,
    in_use,
    invalid,
    not_found,
    require_match,
    unservable,
)
from mock_cdp.configuration_rows import as_change, beside, take_in
from mock_cdp.contract.assembly import Assembly
from mock_cdp.contract.contract import Catalog, Unit
from mock_cdp.contract.ids import random_id
from mock_cdp.contract.problem import FolderError
from mock_cdp.contract.resources import KINDS, Document, Resource, folder_resources, replaced
from mock_cdp.contract.slugs import free_slug
from mock_cdp.contract.times import time_text
from mock_cdp.contract.violation import Violation
from mock_cdp.core.session_keys import derived_credentials
from mock_cdp.store.base import Change, ChangedMeanwhile, Store

WriteFolder = Callable[[Resource, Document | None], Catalog]


class Configuration:
    """What is in force: contracts from a folder, which only an edit of the folder changes, and entities made by API."""

    def __init__(self, folder: Catalog, store: Store, *, master_key: bytes, write_folder: WriteFolder | None = None) -> None:
        """Start from *folder* and what *store* holds.

        Args:
            folder: The contracts as read from files.
            store: Where entities made by API are kept.
            master_key: Credentials of applications made here are derived from it, so that no secret is stored.
            write_folder: Changes (or, given None, removes) the files of an entity that came from the folder, and returns
                the contracts read anew; without it such entities cannot be changed.
        """
        self._folder = folder
        self._store = store
        self._write_folder = write_folder
        self._assembly = Assembly(partial(derived_credentials, master_key=master_key))
        self._lock = threading.RLock()
        self._changing = threading.Lock()  # another one: deliveries do not wait for a check
        self._rows: dict[str, Resource] = {}
        self._made: dict[str, Resource] = {}  # the rows that are in force beside the folder
        self._revision = 0
        self._from_folder: dict[str, Resource] | None = None
        self._mark = b""
        self._catalog = folder
        self.current()

    # -- reading -----------------------------------------------------------------------------------------------------

    def current(self) -> Catalog:
        """Return the contracts in force, with what any process has changed until now."""
        mark = self._store.configuration_mark()
        if mark != self._mark:
            self._catch_up(mark)
        return self._catalog

    def use(self, folder: Catalog) -> None:
        """Put edited files in force."""
        with self._lock:
            self._folder = folder
            self._from_folder = None
            self._assemble(self._rows, self._revision)

    def _catch_up(self, mark: bytes) -> None:
        with self._lock:
            revision, rows = self._store.rows_after(self._revision)
            if rows:
                made = dict(self._rows)
                for row in rows:
                    take_in(made, row)
                self._assemble(made, revision)
            self._mark = mark

    def _assemble(self, rows: dict[str, Resource], revision: int) -> None:
        made = beside(self._folder_resources(), rows) if rows else {}
        self._catalog = self._assembly.catalog(self._folder, made, revision)
        self._rows, self._made, self._revision = rows, made, revision

    def _folder_resources(self) -> dict[str, Resource]:
        if self._from_folder is None:  # not before somebody asks: most mocks only listen
            self._from_folder = folder_resources(self._folder)
        return self._from_folder

    def resources(self) -> Mapping[str, Resource]:
        """Return every entity by its path: those of the folder first, then those made here, oldest first."""
        self.current()
        with self._lock:
            reachable = dict(self._folder_resources())
            for resource in sorted(self._made.values(), key=lambda r: (r.path.count("/"), r.place)):
                if not resource.parent or resource.parent in reachable:  # what it is in may be gone from the folder
                    reachable[resource.path] = resource
            return reachable

    def resource(self, path: str) -> Resource:
        """Return the entity at *path*.

        Raises:
            Refused: There is none.
        """
        self.current()
        found = self._lookup(path)
        if found is None:
            raise Refused(not_found(path))
        return found

    def _lookup(self, path: str) -> Resource | None:
        with self._lock:
            found = self._folder_resources().get(path) or self._made.get(path)
            above = found and found.parent
            return found if not above or self._lookup(above) else None

    def children(self, parent: str, collection: str) -> list[Resource]:
        """Return the entities of a collection.

        Raises:
            Refused: There is no *parent*.
        """
        if parent:
            self.resource(parent)
        prefix = f"{parent}/{collection}/" if parent else f"{collection}/"
        self.current()
        with self._lock:
            found = [r for path, r in self._folder_resources().items() if path.startswith(prefix) and r.parent == parent]
            made = [r for path, r in self._made.items() if path.startswith(prefix) and r.parent == parent]
        return found + sorted(made, key=lambda r: (r.place, r.path))

    def unit(self, path: str) -> Unit:
        """Return the business unit that *path* leads into.

        Raises:
            Refused: There is none.
        """
        return unit_of(path, self.current())

    # -- changing ----------------------------------------------------------------------------------------------------

    def create(self, parent: str, collection: str, given: Document, *, now: float) -> Resource:
        """Make an entity; `id`, `created` and `updated` are the server's.

        Raises:
            Refused: It is not as its schema says, its model does not compile, or it refers to what is not there.
        """
        path = f"{parent}/{collection}/{random_id(collection)}".lstrip("/")
        time = time_text(now)
        document = {"id": path.rsplit("/", 1)[-1], "created": time, "updated": time} | replaced(given, {}, KINDS[collection])

        def attempt() -> list[Change]:
            siblings = self.children(parent, collection)
            taken = {one.slug for one in siblings} | {str(one.document.get("externalId")) for one in siblings}
            slug = free_slug(given.get("name"), taken)
            resource = Resource(path=path, slug=slug, revision="", document=self._by_id(path, document))
            self._check(resource)
            return [as_change(resource, resource.document)]

        self._changed(path, attempt)
        return self.resource(path)

    def change(
        self, path: str, change: Callable[[Document], Document], *, now: float, if_match: IfMatch = ANY, is_part: bool = False
    ) -> Resource:
        """Put *change* of the document at *path* in its place.

        Args:
            path: Of an entity.
            change: Called with the document as it is, again should somebody else have changed it meanwhile.
            now: Unix seconds.
            if_match: Which revisions it may have.
            is_part: Whether only what travels on a path of its own changes: then `updated` stays.

        Raises:
            Refused: As `create`; or it is another revision, or it came from files that may not be written.
        """

        def attempt() -> list[Change]:
            before = self.resource(path)
            require_match(before, if_match)
            document = change(before.document)
            if not is_part:
                document["updated"] = time_text(max(now, _next_millisecond(before.document)))
            after = msgspec.structs.replace(before, document=self._by_id(path, document))
            self._check(after)
            if before.file:
                self._write_files(before, after.document)
                return []
            return [as_change(after, after.document)]

        self._changed(path, attempt)
        return self.resource(path)

    def delete(self, path: str, *, if_match: IfMatch = ANY) -> None:
        """Remove the entity at *path* with everything in it, what was counted of its events included.

        Raises:
            Refused: As `change`.
        """
        gone: list[str] = []

        def attempt() -> list[Change]:
            resource = self.resource(path)
            require_match(resource, if_match)
            if used := tuple(self._users(resource)):
                raise Refused(in_use(resource, used), used)
            gone[:] = [c.path for c in self.current().contracts if f"{c.listener_path}/".startswith(f"/api/{path}/")]
            if resource.file:
                self._write_files(resource, None)
                return []
            below = [r for r in self._made.values() if f"{r.path}/".startswith(f"{path}/")]
            return [as_change(r, None) for r in below]

        self._changed(path, attempt)
        self._store.forget_events(gone)

    def _changed(self, path: str, attempt: Callable[[], list[Change]]) -> None:
        """Write what *attempt* returns, unless another process changed something since it looked; then it looks again."""
        with self._changing:
            for _ in range(ATTEMPTS):
                self.current()
                based_on = self._revision
                try:
                    changes = attempt()
                    if not changes:
                        return
                    self._store.change_rows(changes, based_on=based_on)
                except ChangedMeanwhile:
                    continue
                except Refused:
                    if self._revision == based_on:
                        raise  # else it says nothing: it looked at two revisions
                else:
                    return
        raise Refused(busy(path))

    def _write_files(self, resource: Resource, document: Document | None) -> None:
        if self._write_folder is None:
            raise Refused(from_files(resource))
        try:
            self.use(self._write_folder(resource, document))
        except FolderError as error:
            raise Refused(unservable(error)) from None

    # -- checking ----------------------------------------------------------------------------------------------------

    def _check(self, resource: Resource) -> None:
        """Refuse what a contract folder may not hold, with every reason."""
        catalog = self.current()
        unit = unit_of(resource.path, catalog) if resource.parent else None
        is_event = resource.kind.collection == "dataevents"
        if unit is not None and is_event and resource.parent.rsplit("/", 1)[-1] not in unit.application_slugs:
            raise Refused(not_found(resource.parent))
        if found := violations(resource, unit, catalog):
            raise Refused(invalid(resource, found), tuple(found))

    def _users(self, resource: Resource) -> Iterator[Violation]:
        catalog = self.current()
        return dependents(resource, unit_of(resource.path, catalog) if resource.parent else None, catalog, None)

    def _by_id(self, path: str, document: Document) -> Document:
        return by_id(document, self.unit(path), self.current()) if path.split("/")[-2] == "dataevents" else document


def unit_of(path: str, catalog: Catalog) -> Unit:
    """Return the business unit of *catalog* that *path* leads into.

    Raises:
        Refused: There is none.
    """
    wanted = path.split("/")[1]
    found = next((unit for unit in catalog.units if unit.business_unit.id == wanted), None)
    if found is None:
        raise Refused(not_found(f"businessunits/{wanted}"))
    return found


def _next_millisecond(document: Document) -> float:
    """Return a time after that of *document*, so that `updated` tells two changes of one moment apart."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(document.get("updated", "")).timestamp() + 0.0015
    except ValueError:
        return 0.0
