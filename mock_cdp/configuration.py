"""The configuration: the contracts of a folder and what was made through the API, read and changed as SAP's API does."""

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec
import orjson

from mock_cdp.contract.assembly import Assembly, contract_of, entity_of, placed_resource
from mock_cdp.contract.check import problems_of
from mock_cdp.contract.contract import Catalog, Placed, Unit
from mock_cdp.contract.entities import Credentials, CustomerSchema, Purpose
from mock_cdp.contract.files import misspelt, schema, validator
from mock_cdp.contract.folder import is_called
from mock_cdp.contract.model import ModelError, pointer
from mock_cdp.contract.problem import FolderError, Problem
from mock_cdp.contract.resources import KINDS, Document, Resource, folder_resources, replaced
from mock_cdp.contract.slugs import free_slug
from mock_cdp.contract.violation import Violation, shortened
from mock_cdp.core.refusal import ErrorCode, Refusal
from mock_cdp.core.replies import time_text
from mock_cdp.core.session_keys import session_secret, session_user_key
from mock_cdp.store.base import Change, ChangedMeanwhile, Row, Store

_ATTEMPTS: Final = 20  # of a change whose row somebody else changed meanwhile
_REFERRED_TO: Final = frozenset({"customerschemas", "purposes"})
IfMatch = Callable[[str], bool]  # whether a revision is one that the caller wants to change
WriteFolder = Callable[[Resource, Document | None], Catalog]


def ANY(_revision: str) -> bool:  # noqa: N802  # a constant that is called
    """Take any revision."""
    return True


class Refused(Exception):  # noqa: N818  # a refusal is what the rest of the house calls it
    """A call of the configuration API that is refused.

    Attributes:
        refusal: Why, for the envelope.
        violations: Every broken rule, where there is more to say.
    """

    def __init__(self, refusal: Refusal, violations: tuple[Violation, ...] = ()) -> None:
        """Keep both."""
        super().__init__(refusal.message)
        self.refusal = refusal
        self.violations = violations


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
        self._assembly = Assembly(partial(_credentials, master_key))
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
                    _take_in(made, row)
                self._assemble(made, revision)
            self._mark = mark

    def _assemble(self, rows: dict[str, Resource], revision: int) -> None:
        made = _beside(self._folder_resources(), rows) if rows else {}
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
            raise Refused(_not_found(path))
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
        wanted = path.split("/")[1]
        found = next((unit for unit in self.current().units if unit.business_unit.id == wanted), None)
        if found is None:
            raise Refused(_not_found(f"businessunits/{wanted}"))
        return found

    # -- changing ----------------------------------------------------------------------------------------------------

    def create(self, parent: str, collection: str, given: Document, *, now: float) -> Resource:
        """Make an entity; `id`, `created` and `updated` are the server's.

        Raises:
            Refused: It is not as its schema says, its model does not compile, or it refers to what is not there.
        """
        path = f"{parent}/{collection}/{_new_id(collection)}".lstrip("/")
        time = time_text(now)
        document = {"id": path.rsplit("/", 1)[-1], "created": time, "updated": time} | replaced(given, {}, KINDS[collection])

        def attempt() -> list[Change]:
            taken = {sibling.slug for sibling in self.children(parent, collection)}
            taken |= {str(sibling.document.get("externalId")) for sibling in self.children(parent, collection)}
            slug = free_slug(given.get("name"), taken)
            resource = Resource(path=path, slug=slug, revision="", document=self._by_id(path, document))
            self._check(resource)
            return [_as_change(resource, resource.document)]

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
            _require_match(before, if_match)
            document = change(before.document)
            if not is_part:
                document["updated"] = time_text(max(now, _next_millisecond(before.document)))
            after = msgspec.structs.replace(before, document=self._by_id(path, document))
            self._check(after)
            if before.file:
                self._write_files(before, after.document)
                return []
            return [_as_change(after, after.document)]

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
            _require_match(resource, if_match)
            if in_use := tuple(self._dependents(resource, None)):
                raise Refused(_in_use(resource, in_use), in_use)
            gone[:] = [c.path for c in self.current().contracts if f"{c.listener_path}/".startswith(f"/api/{path}/")]
            if resource.file:
                self._write_files(resource, None)
                return []
            below = [r for r in self._made.values() if f"{r.path}/".startswith(f"{path}/")]
            return [_as_change(r, None) for r in below]

        self._changed(path, attempt)
        self._store.forget_events(gone)

    def _changed(self, path: str, attempt: Callable[[], list[Change]]) -> None:
        """Write what *attempt* returns, unless another process changed something since it looked; then it looks again."""
        with self._changing:
            for _ in range(_ATTEMPTS):
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
        raise Refused(_busy(path))

    def _by_id(self, path: str, document: Document) -> Document:
        """Return an event's document with purposes and customer schemas by id however they are called: deliveries name ids."""
        if path.split("/")[-2] != "dataevents":
            return document
        unit = self.unit(path).place
        known = [placed for placed in self.current().placed if placed.unit == unit]

        def id_of(named: Any, kind: type) -> Any:
            found = (p.value for p in known if isinstance(p.value, kind) and isinstance(named, str) and is_called(p, named))
            return getattr(next(found, None), "id", named)

        for name in ("purposeIds", "requiredPurposeIds"):
            if isinstance(document.get(name), list):
                document = document | {name: [id_of(named, Purpose) for named in document[name]]}
        if isinstance(document.get("mappings"), list):
            mappings = [
                m | {"target": id_of(m.get("target"), CustomerSchema)} if isinstance(m, dict) else m for m in document["mappings"]
            ]
            document = document | {"mappings": mappings}
        return document

    def _write_files(self, resource: Resource, document: Document | None) -> None:
        if self._write_folder is None:
            raise Refused(_from_files(resource))
        try:
            self.use(self._write_folder(resource, document))
        except FolderError as error:
            raise Refused(_unservable(error)) from None

    # -- checking ----------------------------------------------------------------------------------------------------

    def _check(self, resource: Resource) -> None:
        """Refuse what a contract folder may not hold, with every reason."""
        found = list(_schema_violations(resource.kind.schema, resource.document))
        found += _schema_violations("mappings", resource.document.get("mappings", []), at="/mappings")
        if not found:
            found = list(self._violations(resource))
        if found:
            raise Refused(_invalid(resource, found), tuple(found))

    def _violations(self, resource: Resource) -> Iterator[Violation]:
        try:
            if resource.kind.collection == "businessunits":
                entity_of(resource.path, resource.document)
                return
            unit = self.unit(resource.path)
            if resource.kind.collection == "dataevents":
                owner = resource.parent.rsplit("/", 1)[-1]
                application = next((a for a in unit.applications if a.id == owner), None)
                if application is None:
                    raise Refused(_not_found(resource.parent))
                value: Any = contract_of(unit, application, unit.application_slugs[owner], resource)
                yield from self._external_id_taken(resource, value.event.external_id)
                if now := next((c for c in unit.contracts if resource.file and c.event.id == resource.id), None):
                    value = msgspec.structs.replace(
                        value, accepted_samples=now.accepted_samples, rejected_samples=now.rejected_samples
                    )
            else:
                value = entity_of(resource.path, resource.document)
        except ModelError as error:
            yield Violation(code="model", pointer=f"/schema{error.pointer}", message=str(error))
            return
        except msgspec.ValidationError as error:  # the published schema and the entity would have to disagree
            yield Violation(code="entity", pointer="", message=str(error))
            return
        neighbours = [placed for placed in self.current().placed if placed.unit == unit.place]
        here = placed_resource(unit, resource, value)
        yield from self._dependents(resource, here)
        for problem in problems_of(here, neighbours):
            if problem.file.endswith("/mappings.json") or problem.file.startswith(resource.path):
                yield _as_violation(problem)

    def _dependents(self, resource: Resource, after: Placed | None) -> Iterator[Violation]:
        """Yield what a change of a customer schema or a purpose (None: its end) would break elsewhere."""
        if resource.kind.collection not in _REFERRED_TO or self._lookup(resource.path) is None:
            return
        unit = self.unit(resource.path)
        now = [placed for placed in self.current().placed if placed.unit == unit.place]
        others = [placed for placed in now if getattr(placed.value, "id", None) != resource.id]
        then = others if after is None else [*others, after]
        for placed in others:
            before = {(p.file, p.pointer) for p in problems_of(placed, now)}  # advice names what there is, and so changes
            for problem in problems_of(placed, then):
                if (problem.file, problem.pointer) not in before:
                    text = f"{problem.file}{'#' + problem.pointer if problem.pointer else ''} refers to it: {problem.found}"
                    yield Violation(code="in-use", pointer="", message=text)

    def _external_id_taken(self, resource: Resource, external_id: str) -> Iterator[Violation]:
        for contract in self.current().contracts:
            event = contract.event
            same_application = contract.application.id == resource.parent.rsplit("/", 1)[-1]
            if same_application and event.external_id == external_id and event.id != resource.id:
                text = f"the external id {external_id!r} is also used by {event.name}; make it unique, or leave it out"
                yield Violation(code="external-id-taken", pointer="/externalId", message=text)


def _credentials(master_key: bytes, application_id: str) -> Credentials:
    user_key = session_user_key(application_id, master_key)
    return Credentials(user_key=user_key, user_secret=session_secret(user_key, master_key))


def _take_in(made: dict[str, Resource], row: Row) -> None:
    if row.document is None:
        made.pop(row.path, None)
        return
    document = orjson.loads(row.document)
    made[row.path] = Resource(path=row.path, slug=row.slug, revision=str(row.revision), place=row.place, document=document)


def _beside(folder: Mapping[str, Resource], rows: Mapping[str, Resource]) -> dict[str, Resource]:
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


def _as_change(resource: Resource, document: Document | None) -> Change:
    return Change(path=resource.path, slug=resource.slug, document=None if document is None else orjson.dumps(document))


def _new_id(collection: str) -> str:
    """Return a random id in CDP's shape."""
    random = secrets.token_urlsafe(18)
    return f"4_{random[:22]}" if collection == "businessunits" else f"H{random[:21]}"


def _next_millisecond(document: Document) -> float:
    """Return a time after that of *document*, so that `updated` tells two changes of one moment apart."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(document.get("updated", "")).timestamp() + 0.0015
    except ValueError:
        return 0.0


def _schema_violations(kind: str, document: Any, at: str = "") -> Iterator[Violation]:
    for place, name, meant in misspelt(document, schema(kind)):
        yield Violation(
            code="misspelt", pointer=f"{at}{place}", message=f"{at}{place}: unknown member {name!r}; did you mean {meant!r}?"
        )
    for error in sorted(validator(kind).iter_errors(document), key=lambda e: pointer(e.instance_path)):
        place = at + pointer(error.instance_path)
        text = shortened(error.message, 200)
        yield Violation(
            code=error.kind.name.lower(), pointer=place, message=f"{place or 'the body'}: {text}", keyword=error.kind.name
        )


def _as_violation(problem: Problem) -> Violation:
    place = f"/mappings{problem.pointer}" if problem.file.endswith("/mappings.json") else problem.pointer
    return Violation(code="reference", pointer=place, message=f"{problem.found}; {problem.do}")


def _require_match(resource: Resource, if_match: IfMatch) -> None:
    if not if_match(resource.revision):
        details = f"If-Match does not name its revision, which is {resource.revision}; read it again and repeat your change"
        raise Refused(_refusal("changed-meanwhile", "Changed meanwhile", details, status=412))


def _refusal(code: str, message: str, details: str, *, status: int = 0, error_code: int = ErrorCode.INVALID_PARAMETER) -> Refusal:
    return Refusal(code=code, error_code=error_code, message=message, details=details, status=status)


def stale(resource: Resource, claimed: str) -> Refused:
    """Return the refusal of an update made from an older reading."""
    details = (
        f'the body was read when "updated" was {claimed[:40]}, meanwhile it is {resource.document.get("updated")}: somebody '
        "else changed it. Read it again and repeat your change, or leave `updated` out to overwrite"
    )
    return Refused(_refusal("changed-meanwhile", "Changed meanwhile", details, status=409))


def _not_found(path: str) -> Refusal:
    parts = path.split("/")
    known = KINDS[parts[-2]].shape.__name__ if parts[-2] in KINDS else "entity"
    details = f"no {known} {parts[-1][:64]!r} here; GET /api/{'/'.join(parts[:-1])[:300]} lists them"
    return _refusal("unknown-entity", "Not found", details, error_code=ErrorCode.NOT_FOUND)


def _busy(path: str) -> Refusal:
    details = f"/api/{path} kept changing while this was written, {_ATTEMPTS} times; nothing was changed, try again"
    return _refusal("changed-meanwhile", "Changed meanwhile", details, status=409)


def _from_files(resource: Resource) -> Refusal:
    details = (
        f"it comes from the contract folder ({resource.file}); edit that, or serve with --writable to let calls change files"
    )
    return _refusal("read-only", "Permission denied", details, error_code=ErrorCode.PERMISSION_DENIED)


def _unservable(error: FolderError) -> Refusal:
    details = f"the contract folder could not be served afterwards: {error.problems[0]}; nothing was changed"
    return _refusal("unservable-folder", "Still in use", details, status=409)


def _in_use(resource: Resource, found: tuple[Violation, ...]) -> Refusal:
    details = f"{resource.document.get('name')!r} is still used: {found[0].message}; change that first. Nothing was deleted"
    return _refusal("in-use", "Still in use", details, status=409)


def _invalid(resource: Resource, found: list[Violation]) -> Refusal:
    what = resource.kind.shape.__name__
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    details = f"this {what} cannot be: {found[0].message}{more}; nothing was changed"
    return _refusal("invalid-entity", "Schema validation failed", details, error_code=ErrorCode.VALIDATION)
