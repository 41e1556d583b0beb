"""A contract folder's files from elsewhere: a running mock's own export, or SAP's configuration API, only reading."""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from mock_cdp.cli import calls
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.export import folder_files
from mock_cdp.contract.resources import Document, Resource
from mock_cdp.contract.slugs import free_slug

USER_KEY, SECRET = "CDP_USER_KEY", "CDP_SECRET"
_COLLECTIONS: Final = ("customerschemas", "purposes", "segments", "activityIndicators", "views", "applications")
# Parts on paths of their own, by collection: path, member of the document, the only member that travels (or "").
_PARTS: Final = {
    "applications": (("priority", "dataQualityPriority", "dataQualityPriority"),),
    "dataevents": (("mappings", "mappings", ""), ("purposes", "requiredPurposeIds", "requiredPurposes")),
    "views": (
        ("matchRules", "matchRules", ""),
        ("matchRulesPriority", "matchRulesPriority", "rules"),
        ("mergeRules", "mergeRules", ""),
    ),
}
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NOT_KEPT: Final = ("businessUnitId", "credentials", "tenantId", "workspaceId", "workspaceName")  # of a tenant, not a contract


def exported(url: str) -> dict[str, bytes]:
    """Return the files of everything that the mock at *url* has in force."""
    with _as_expected(url):
        return {name: text.encode() for name, text in calls.call(url, "GET", "export")["files"].items()}


def pulled(url: str, units: tuple[str, ...]) -> dict[str, bytes]:
    """Return the files of the contracts that the CDP at *url* holds.

    Args:
        url: Base URL.
        units: Ids of the business units wanted; all that the key may read when empty.
    """
    keys = {"userKey": os.environ.get(USER_KEY), "secret": os.environ.get(SECRET)}
    if any(keys.values()) and not all(keys.values()):
        calls.fail(f"set both {USER_KEY} and {SECRET} in the environment")
    source = _Source(url, keys)
    with _as_expected(url):
        return _pulled(source, units)


def _pulled(source: "_Source", units: tuple[str, ...]) -> dict[str, bytes]:
    found = [source.read(f"businessunits/{unit}") for unit in units] or source.read("businessunits")
    for unit in found:
        source.take("businessunits", unit)
        for collection in _COLLECTIONS:
            _take_all(source, f"businessunits/{unit['id']}", collection)
    return folder_files(Catalog(), source.resources)


@contextlib.contextmanager
def _as_expected(url: str) -> Iterator[None]:
    """End with one line when what answers at *url* is something else."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        calls.fail(f"{url} did not answer as a CDP does ({type(error).__name__}: {error}); is it one?")


def _take_all(source: "_Source", parent: str, collection: str) -> None:
    for listed in sorted(source.read(f"{parent}/{collection}", missing=[]), key=lambda entity: str(entity["id"])):
        path = f"{parent}/{collection}/{listed['id']}"
        if listed.get("type", "Direct") != "Direct" and collection in {"applications", "dataevents"}:
            calls.note(f"left out: {listed.get('name')!r}, it is no server application but {listed['type']}")
            continue
        source.take(f"{parent}/{collection}", source.read(path), path)
        if collection == "applications":
            _take_all(source, path, "dataevents")


class _Source:
    """A CDP being read."""

    def __init__(self, url: str, keys: dict[str, str | None]) -> None:
        self.url = url
        self.keys = keys
        self.resources: dict[str, Resource] = {}

    def read(self, path: str, *, missing: Any = None) -> Any:
        """GET *path*; *missing* stands for what is not there, unless it is None."""
        return calls.call(self.url, "GET", path, self.keys, root="api", missing=missing)

    def take(self, collection: str, entity: Document, path: str = "") -> None:
        """Keep *entity* with its parts."""
        path = path or f"{collection}/{entity['id']}"
        if not _ID.fullmatch(path.rsplit("/", 1)[-1]):
            raise ValueError(f"no id: {entity['id']!r}")
        kind = path.split("/")[-2]
        document = {name: value for name, value in entity.items() if name not in _NOT_KEPT}
        if isinstance(document.get("schema"), str):
            document["schema"] = orjson.loads(document["schema"])
        document |= dict(self._parts(path, kind))
        taken = {r.slug for other, r in self.resources.items() if other.rsplit("/", 1)[0] == collection}
        slug = free_slug(document.get("name"), taken)
        self.resources[path] = Resource(path=path, slug=slug, revision="", document=document)

    def _parts(self, path: str, kind: str) -> Iterator[tuple[str, Any]]:
        for part, member, name in _PARTS.get(kind, ()):
            value = self.read(f"{path}/{part}", missing={})
            value = value.get(name) if name and isinstance(value, dict) else value
            if value:
                yield member, _mappings(value) if member == "mappings" else value


def _mappings(given: list[Document]) -> list[Document]:
    """Return mappings by today's names: old backends answered `srcField` (seen in client code)."""
    return [
        {"sourceField": old["srcField"]} | {name: value for name, value in old.items() if name != "srcField"}
        if "srcField" in old and "sourceField" not in old
        else old
        for old in given
    ]
