"""A state machine over SAP's configuration API: what GET says is what the listener enforces, after every step, in every process.

Two listeners on one store stand for two workers. They configure, post, export and are restarted in any order; nothing is
expected from a second implementation of the rules, only from what GET says and from an independent JSON Schema validator.
"""

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import msgspec
import orjson
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mock_cdp.app import create_app
from mock_cdp.contract.check import check_folder
from mock_cdp.contract.export import folder_files
from mock_cdp.contract.folder import load
from mock_cdp.contract.writing import write_folder
from running import make_listener

INSIDE = {
    "": ("businessunits",),
    "businessunits": ("applications", "customerschemas", "purposes", "segments", "activityIndicators", "views"),
    "applications": ("dataevents",),
}
PARENT = {collection: kind for kind, collections in INSIDE.items() for collection in collections}
KINDS = st.sampled_from([*PARENT, "dataevents", "dataevents", "dataevents"])
PARTS = {
    "applications": ("priority", "credentials"),
    "dataevents": ("mappings", "purposes", "schedules"),
    "views": ("matchRules", "matchRulesPriority", "mergeRules"),
}
PARTS_IN_A_BODY = {"dataQualityPriority", "requiredPurposeIds", "matchRules", "matchRulesPriority", "mergeRules", "schedules"}
SHOWN_ANYWAY = {"id", "created", "updated", "enabled", "type", "dataType", "purposeIds", "schema", "businessUnitId"}
TIMES = {"created", "updated"}

# -- what is sent ------------------------------------------------------------------------------------------------------

# Few, so that they meet: equal ones, ones that differ in case only, ones that make the same folder name, ones that make none.
NAMES = st.sampled_from(["Till", "till", "Till 2", "Größe", "日本", "Ads", "a/../b", "x" * 70])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.sampled_from([0.5, -1e30, "", "é\u2028", 'a"\\']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "/~", ""]), inner, max_size=2),
    max_leaves=4,
)
FIELDS = ("orderId", "email", "total", "lines")
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    ["a", "ab", "", -1, 0, 7, 1.0, 2.5, True, None, [], [{"sku": "s"}], [{"sku": 1}], {}]
)
PAYLOADS = st.dictionaries(st.sampled_from([*FIELDS, "other"]), VALUES, max_size=4) | st.sampled_from([[], [1], "ab", 3])
SUBSCHEMAS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 1, "pattern": "^a"},
        {"type": "integer", "minimum": 0},
        {"type": ["number", "null"], "exclusiveMaximum": 7},
        {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        {"enum": ["a", 7, None]},
        {"const": True},
        {"$ref": "#/definitions/code"},
        {"not": {"type": "string"}},
    ]
)
PROFILE = ("primaryEmail", "crmId", "emails")
MOSTLY = st.sampled_from([True, True, True, False])  # a disabled unit silences everything in it
NOTHING = ["nothing"]  # what is not there


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """Return an event model."""
    model: dict[str, Any] = {
        "type": "object",
        "properties": draw(st.dictionaries(st.sampled_from(FIELDS), SUBSCHEMAS, max_size=4)),
    }
    if draw(st.booleans()):
        model["required"] = draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True))
    if draw(st.booleans()):
        model["additionalProperties"] = draw(st.booleans() | SUBSCHEMAS)
    return model | {"definitions": {"code": {"type": ["string", "integer"], "maximum": 6, "maxLength": 1}}}


@st.composite
def customer_schemas(draw: st.DrawFn) -> dict[str, Any]:
    """Return the schema of a profile or an activity."""
    names = draw(st.sets(st.sampled_from(PROFILE), min_size=1))
    return {"type": "object", "properties": {name: {"type": ["string", "array"]} for name in PROFILE if name in names}}


def matching_rules() -> st.SearchStrategy[dict[str, Any]]:
    """Return a matching rule without its id."""
    attributes = st.lists(st.sampled_from(PROFILE), min_size=1, max_size=2, unique=True)
    return st.fixed_dictionaries(
        {"name": NAMES, "attributes": attributes},
        optional={"ucpResolutionPolicy": st.sampled_from(["keepAll", "merge"]), "note": JSON},
    )


MERGE_RULES = st.fixed_dictionaries(
    {},
    optional={"properties": st.dictionaries(st.sampled_from(PROFILE), st.just({"writePolicy": "immutable", "maxValues": 2}))},
)


def either(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a schema as it may travel: an object or a JSON string."""
    return schemas | schemas.map(lambda schema: orjson.dumps(schema).decode())


@st.composite
def documents(draw: st.DrawFn, collection: str, purposes: list[str]) -> dict[str, Any]:
    """Return an entity that can be, as far as it can be told without the others."""
    needed: dict[str, Any] = {"name": NAMES}
    optional: dict[str, Any] = {"description": st.sampled_from(["", "what it is for"]), "note": JSON}
    match collection:
        case "businessunits":
            optional |= {"enabled": MOSTLY, "dataCentre": st.sampled_from(["", "eu5"])}
        case "applications":
            optional |= {"enabled": MOSTLY, "type": st.just("Direct"), "logoUrl": st.just("x")}
            optional["dataQualityPriority"] = st.just("low")
        case "dataevents":
            model = draw(models())
            named = st.lists(st.sampled_from(purposes or NOTHING), max_size=2, unique=True)
            field = st.sampled_from(list(model["properties"]) or NOTHING)
            optional |= {"enabled": MOSTLY, "dataType": st.sampled_from([0, 3]), "schema": either(st.just(model))}
            optional |= {"purposeIds": named, "requiredPurposeIds": named}
            optional["schedules"] = st.sampled_from([["daily"], []])
            optional["externalId"] = st.sampled_from(["x", "a b", "a;b+c", "%41", ".."])
            optional["metadataConfig"] = field.map(lambda name: {"deduplicationField": name, "eventTimeField": name})
        case "segments":
            optional["mappings"] = st.just([{"sourceField": "a", "targetField": "b", "target": "c"}])
        case "customerschemas":
            needed |= {"schemaType": st.sampled_from([0, 1]), "schema": either(customer_schemas())}
        case "views":
            needed["type"] = st.sampled_from(["Marketing", "Contextual"])
            optional["mergeRules"] = MERGE_RULES
    found: dict[str, Any] = draw(st.fixed_dictionaries(needed, optional=optional))
    return found


IMPOSSIBLE: list[Any] = [
    {},
    {"name": ""},
    {"name": "Till", "description": 1},
    {
        "name": "Till",
        "schemaType": 0,
        "type": "Marketing",
        "schema": {"type": "array"},
        "enabled": 0,
        "note": 1,
        "description": [],
    },
    {"name": "Till", "credentials": {"userKey": "A", "userSecret": "s"}},
]
NO_MODELS: list[Any] = ["{", [], {"type": "object", "properties": {"a": {"type": "strnig"}}}, {"type": "object", "$ref": "x:y"}]

# -- what GET says -----------------------------------------------------------------------------------------------------


class Said(msgspec.Struct):
    """Everything that GET says, by path below `/api`.

    Attributes:
        things: Entities, and their parts.
        lists: Ids in each collection, in order.
    """

    things: dict[str, Any] = {}
    lists: dict[str, list[str]] = {}

    def items(self, *kinds: str) -> list[str]:
        """Return the paths of all entities of some kinds."""
        return [
            f"{collection}/{id_}"
            for collection, ids in self.lists.items()
            if kind_in(collection) in (kinds or PARENT)
            for id_ in ids
        ]

    def ids(self, path: str, collection: str) -> list[str]:
        """Return the ids in a collection of the business unit that *path* leads into."""
        return self.lists.get(f"{unit_of(path)}/{collection}", [])


def kind_in(collection: str) -> str:
    """Return what a collection holds."""
    return collection.rsplit("/", 1)[-1]


def kind_of(path: str) -> str:
    """Return the collection that the entity at *path* is in, without where that is."""
    return path.split("/")[-2]


def unit_of(path: str) -> str:
    """Return the path of the business unit."""
    return "/".join(path.split("/")[:2])


def itself(path: str) -> set[str]:
    """Return the paths of an entity and its parts."""
    return {path, *(f"{path}/{part}" for part in PARTS.get(kind_of(path), ()))}


def read(client: FlaskClient, path: str) -> Any:
    """Return what GET says of *path*."""
    answer = client.get(f"/api/{path}")
    assert answer.status_code == 200, (path, answer.text)
    found = orjson.loads(answer.data)
    assert isinstance(found, dict | list), (path, found)  # SAP's SDK reads members of every answer
    return found


def what_get_says(client: FlaskClient) -> Said:
    """Read everything; what a list shows is what reading each of it shows."""
    said = Said()

    def visit(collection: str) -> None:
        listed = read(client, collection)
        said.lists[collection] = [entity["id"] for entity in listed]
        for entity in listed:
            path = f"{collection}/{entity['id']}"
            said.things[path] = read(client, path)
            assert said.things[path] == entity
            for part in PARTS.get(kind_in(collection), ()):
                said.things[f"{path}/{part}"] = read(client, f"{path}/{part}")
            for inner in INSIDE.get(kind_in(collection), ()):
                visit(f"{path}/{inner}")

    visit("businessunits")
    return said


def what_stays(said: Said) -> dict[str, Any]:
    """Return what an export keeps of it: neither times nor keys, and lists in the order of folders."""
    kept = {path: thing for path, thing in said.things.items() if not path.endswith("/credentials")}
    return {
        path: {name: value for name, value in thing.items() if name not in TIMES} if path in said.items() else thing
        for path, thing in kept.items()
    }


# -- what is enforced --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def verdict(schema: str, payload: bytes) -> bool:
    """Return what an independent validator says."""
    kept: bool = jsonschema.Draft7Validator(orjson.loads(schema)).is_valid(orjson.loads(payload))
    return kept


def listens(said: Said, path: str) -> bool:
    """Return whether an event is enabled, with all that it is in."""
    return all(said.things[above]["enabled"] for above in (path, path.rsplit("/", 2)[0], unit_of(path)))


def missing_purposes(said: Said, path: str) -> set[str]:
    """Return the purposes that a delivery must bring along."""
    return set(said.things[f"{path}/purposes"]["requiredPurposes"]) - set(said.things[path]["purposeIds"])


def keys_of(said: Said, path: str) -> dict[str, str]:
    """Return the keys of an event's application."""
    keys = said.things[f"{path.rsplit('/', 2)[0]}/credentials"]
    return {"userKey": keys["userKey"], "secret": keys["userSecret"]}


def post_all(client: FlaskClient, said: Said, path: str, payloads: list[Any]) -> None:
    """Post all *payloads* with all purposes: their fate is what GET says of the event."""
    query = keys_of(said, path) | {"purposeIds": ",".join(missing_purposes(said, path))}
    answer = client.post(f"/api/{path}/events", query_string=query, data=orjson.dumps(payloads))
    body = answer.get_json()
    if not listens(said, path):
        assert (answer.status_code, body["violations"][0]["code"]) == (403, "event-disabled")
        return
    schema = said.things[path]["schema"]
    expected = [verdict(schema, orjson.dumps(payload)) for payload in payloads]
    assert [outcome != "rejected" for outcome in body["outcomes"]] == expected, (schema, payloads)
    assert answer.status_code == (202 if any(expected) else 400)


class Configuring(RuleBasedStateMachine):
    """Two workers on one store, above a folder with one of everything."""

    @initialize(root=st.sampled_from(["shop", "."]), payloads=st.lists(PAYLOADS, min_size=3, max_size=6))
    def start(self, root: str, payloads: list[Any]) -> None:
        """Serve a folder that is a business unit's, or one that holds it."""
        self.home = tempfile.TemporaryDirectory()
        folder = Path(self.home.name)
        write_folder(folder / "contracts", FOLDER)
        self.catalog = load(folder / "contracts" / root)
        self.store = str(folder / "store.db")
        self.payloads = payloads
        self.listeners = [make_listener(self.catalog, self.store) for _ in range(2)]
        self.clients = [create_app(listener).test_client() for listener in self.listeners]
        self.read_only = set(what_get_says(self.clients[0]).things)
        self.make_a_shop()
        self.said = what_get_says(self.clients[0])
        self.touched: set[str] = set()
        self.gone: dict[str, dict[str, str]] = {}
        self.exports = self.turn = 0

    def make_a_shop(self) -> None:
        """Make a business unit with one of everything."""

        def made(path: str, **body: Any) -> str:
            answer = self.clients[0].post(f"/api/{path}", data=orjson.dumps({"name": "Made"} | body))
            assert answer.status_code == 201, answer.text
            return f"{path}/{answer.get_json()['id']}"

        unit = made("businessunits")
        purpose = made(f"{unit}/purposes").rsplit("/", 1)[-1]
        schema = {"type": "object", "properties": {name: {} for name in PROFILE}}
        target = made(f"{unit}/customerschemas", schemaType=0, schema=schema).rsplit("/", 1)[-1]
        made(f"{unit}/segments")
        made(f"{unit}/activityIndicators")
        made(f"{made(f'{unit}/views', type='Marketing')}/matchRules", attributes=["crmId"])
        mapping = {"sourceField": "email", "targetField": "primaryEmail", "target": target}
        model = {"type": "object", "properties": {"email": {"type": "string"}}}
        application = made(f"{unit}/applications", dataQualityPriority="high")
        made(f"{application}/dataevents", schema=model, mappings=[mapping], requiredPurposeIds=[purpose])

    # -- changing ------------------------------------------------------------------------------------------------------

    def call(self, worker: int, method: str, path: str, body: Any = None) -> Any:
        """Call the API and return a good answer, or None after a refusal, which must have reasons."""
        data = None if body is None else orjson.dumps(body)
        answer = self.clients[worker].open(f"/api/{path}", method=method, data=data)
        said = orjson.loads(answer.data)
        if answer.status_code < 300:
            return said
        assert answer.status_code in {400, 403, 404, 409}, said
        assert said["errorDetails"]
        return None

    def draw_path(self, data: st.DataObject, *kinds: str) -> str:
        """Return one of the entities that are there, mostly one that can be changed."""
        paths = self.said.items(*kinds) or self.said.items()
        made = [path for path in paths if path not in self.read_only]
        if data.draw(MOSTLY, label="one made here") and made:
            paths = made
        which: int = data.draw(st.integers(0, len(paths) - 1), label="which")
        return paths[which]

    def draw_document(self, data: st.DataObject, collection: str, path: str) -> dict[str, Any]:
        """Return an entity that refers to what is there, or to nothing."""
        return data.draw(documents(collection, self.said.ids(path, "purposes")), label=collection)

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), collections=st.lists(KINDS, min_size=1, max_size=4))
    def create(self, data: st.DataObject, worker: int, collections: list[str]) -> None:
        """Each is last in its collection, and as it was sent."""
        for collection in collections:
            parent = self.draw_path(data, PARENT[collection]) if PARENT[collection] else ""
            sent = self.draw_document(data, collection, parent)
            place = f"{parent}/{collection}".lstrip("/")
            made = self.call(worker, "POST", place, sent)
            if made is not None:
                before = self.said.lists.setdefault(place, [])
                before.append(made["id"])
                self.touched |= itself(f"{place}/{made['id']}")
                listed = read(self.clients[1 - worker], place)
                assert listed[-1] == made
                assert [entity["id"] for entity in listed] == before
                assert_echoed(sent, made)
                if collection == "dataevents":
                    assert read(self.clients[worker], f"{place}/{made['id']}/status")["status"] == "NOT_RUN_YET"

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), kind=KINDS, read_before=st.sampled_from(["", "", "now", "long ago"]))
    def update(self, data: st.DataObject, worker: int, kind: str, read_before: str) -> None:
        """A full update; one made from an older reading changes nothing."""
        path = self.draw_path(data, kind)
        document = self.draw_document(data, kind_of(path), path)
        was = self.said.things[path]
        claim = {"now": was["updated"], "long ago": "2001-01-01T00:00:00.000Z"}.get(read_before)
        sent = document | ({"id": was["id"], "updated": claim} if claim else {})
        updated = self.call(worker, "PUT", path, sent)
        if updated is None:
            return
        assert path not in self.read_only
        assert read_before != "long ago"
        self.touched = itself(path)
        assert read(self.clients[1 - worker], path) == updated
        assert (updated["created"], updated["id"]) == (was["created"], was["id"])
        assert updated["updated"] > was["updated"]
        assert_echoed(document, updated)

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), kind=st.sampled_from(["businessunits", "applications", "dataevents"]))
    def switch(self, data: st.DataObject, worker: int, kind: str) -> None:
        """What was enabled is disabled, with everything in it, and the other way round; nothing else changes."""
        path = self.draw_path(data, kind)
        was = self.said.things[path]
        switched = self.call(worker, "PUT", path, was | {"enabled": not was["enabled"]})
        assert (switched is None) == (path in self.read_only)
        if switched is not None:
            self.touched = {path}
            assert switched == was | {"enabled": not was["enabled"], "updated": switched["updated"]}

    @rule(data=st.data(), worker=st.sampled_from([0, 1]))
    def set_part(self, data: st.DataObject, worker: int) -> None:
        """What is answered is what is read; nothing but the part and the time of its entity changes."""
        path = self.draw_path(data, *PARTS)
        part = data.draw(st.sampled_from([part for part in PARTS[kind_of(path)] if part != "credentials"]))
        method = data.draw(st.sampled_from(["PUT", "POST"]))
        answer = self.call(worker, method, f"{path}/{part}", data.draw(self.part_values(path, part)))
        if answer is not None:
            assert path not in self.read_only
            self.touched = {path, f"{path}/{part}", f"{path}/matchRulesPriority"}
            assert read(self.clients[1 - worker], f"{path}/{part}") == answer

    def part_values(self, path: str, part: str) -> st.SearchStrategy[Any]:
        """Return values for a part, most of which can be."""
        match part:
            case "priority":
                return st.sampled_from(["low", "medium", "high", "top"]).map(lambda value: {"dataQualityPriority": value})
            case "purposes":
                known = self.said.ids(path, "purposes") or NOTHING
                return st.lists(st.sampled_from(known), max_size=2).map(lambda value: {"requiredPurposes": value})
            case "schedules":
                return st.lists(JSON, max_size=2)
            case "mappings":
                fields = list(orjson.loads(self.said.things[path]["schema"]).get("properties", {})) or NOTHING
                targets = self.said.ids(path, "customerschemas") or NOTHING
                needed = {
                    name: st.sampled_from(of)
                    for name, of in (("sourceField", fields), ("targetField", PROFILE), ("target", targets))
                }
                return st.lists(st.fixed_dictionaries(needed, optional={"arraySelector": st.none()}), max_size=2)
            case "matchRules":
                kept = self.said.things[f"{path}/matchRules"]
                rules = st.permutations(kept).map(lambda rules: rules[:2] + rules[:1]) if kept else st.just([])
                return st.tuples(rules, st.lists(matching_rules(), max_size=2)).map(lambda both: [*both[0], *both[1]])
            case "matchRulesPriority":
                ids = [one["id"] for one in self.said.things[f"{path}/matchRules"]]
                return st.lists(st.sampled_from(ids or NOTHING), max_size=3, unique=True).map(lambda value: {"rules": value})
            case _:
                return MERGE_RULES

    @rule(
        data=st.data(), worker=st.sampled_from([0, 1]), method=st.sampled_from(["POST", "PUT", "DELETE"]), given=matching_rules()
    )
    def change_a_matching_rule(self, data: st.DataObject, worker: int, method: str, given: dict[str, Any]) -> None:
        """A new one is last, with an id of its own; the others stay as they are."""
        path = self.draw_path(data, "views")
        rules = self.said.things[f"{path}/matchRules"]
        if method != "POST" and rules:
            changed = data.draw(st.sampled_from([one["id"] for one in rules]))
            answer = self.call(worker, method, f"{path}/matchRules/{changed}", None if method == "DELETE" else given)
            now = [given | {"id": changed}] if method == "PUT" else []
            expected = [new for one in rules for new in (now if one["id"] == changed else [one])]
        else:
            answer = self.call(worker, "POST", f"{path}/matchRules", given)
            expected = [*rules, given | {"id": answer["id"]}] if answer else rules
        if answer is not None:
            self.touched = itself(path)
            assert read(self.clients[1 - worker], f"{path}/matchRules") == expected

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), kind=KINDS)
    def delete(self, data: st.DataObject, worker: int, kind: str) -> None:
        """It is gone with everything in it, or still used and there."""
        path = self.draw_path(data, kind)
        if self.call(worker, "DELETE", path) is not None:
            assert path not in self.read_only
            self.touched = {one for one in self.said.things if f"{one}/".startswith(f"{path}/")}
            assert self.clients[1 - worker].get(f"/api/{path}").status_code == 404
            events = [one for one in self.said.items("dataevents") if f"{one}/".startswith(f"{path}/")]
            self.gone |= {one: keys_of(self.said, one) for one in events}

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), wrong=st.sampled_from([*IMPOSSIBLE, *NO_MODELS]))
    def send_what_cannot_be(self, data: st.DataObject, worker: int, wrong: Any) -> None:
        """It is refused, made or updated; nothing is half-changed, and what listened goes on listening by the old model."""
        path = self.draw_path(data, *(["dataevents", "customerschemas"] if wrong in NO_MODELS else PARENT))
        sent = self.said.things[path] | {"schema": wrong} if wrong in NO_MODELS else wrong
        assert self.call(worker, "POST", path.rsplit("/", 1)[0], sent) is None
        assert self.call(worker, "PUT", path, sent) is None

    # -- posting -------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), worker=st.sampled_from([0, 1]), payload=PAYLOADS)
    def post(self, data: st.DataObject, worker: int, payload: Any) -> None:
        """One event, without any purposes, by either URL."""
        path = self.draw_path(data, "dataevents")
        door = path
        if external := self.said.things[path].get("externalId"):
            by_external_id = f"{path.rsplit('/', 2)[0]}/external/{quote(external, safe='')}"
            door = data.draw(st.sampled_from([path, by_external_id]))
        answer = self.clients[worker].post(
            f"/api/{door}/event", query_string=keys_of(self.said, path), data=orjson.dumps(payload)
        )
        if not listens(self.said, path):
            expected = 403
        elif isinstance(payload, dict) and missing_purposes(self.said, path):
            expected = 202
            assert answer.get_json()["outcome"] == "discarded"
        else:
            expected = 202 if verdict(self.said.things[path]["schema"], orjson.dumps(payload)) else 400
        if isinstance(payload, dict) or expected != 400 or not missing_purposes(self.said, path):
            assert answer.status_code == expected, (self.said.things[path], payload, answer.text)

    # -- reloading -----------------------------------------------------------------------------------------------------

    @rule(workers=st.sampled_from([(0,), (1,), (0, 1)]))
    def restart(self, workers: tuple[int, ...]) -> None:
        """One of the workers, or the whole mock; what was processed stays, too, and the invariants say that nothing changed."""
        processed = [f"{path}/{part}" for path in self.said.items("dataevents") for part in ("status", "history")]
        before = [read(self.clients[0], path) for path in processed]
        for worker in workers:
            self.listeners[worker].store.close()
        for worker in workers:
            self.listeners[worker] = make_listener(self.catalog, self.store)
            self.clients[worker] = create_app(self.listeners[worker]).test_client()
        for client in self.clients:
            assert [read(client, path) for path in processed] == before

    @rule(worker=st.sampled_from([0, 1]))
    def export(self, worker: int) -> None:
        """The folder is in order; served elsewhere GET says and the listener enforces the same; its export is the same bytes."""
        self.exports += 1
        folder = Path(self.home.name) / f"export-{self.exports}"
        files = files_in_force(self.listeners[worker])
        write_folder(folder, files)
        assert check_folder(folder)[1] == []
        elsewhere = make_listener(load(folder))
        try:
            client = create_app(elsewhere).test_client()
            said = what_get_says(client)
            assert what_stays(said) == what_stays(self.said)
            assert files_in_force(elsewhere) == files
            for path in said.items("dataevents"):
                post_all(client, said, path, self.payloads)
        finally:
            elsewhere.store.close()

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def get_says_the_same_everywhere_and_only_what_was_changed_differs(self) -> None:
        """Whatever was answered to whom."""
        now, other = (what_get_says(client) for client in self.clients)
        assert now == other
        before, self.said = self.said, now
        changed = {path for path in before.things.keys() | now.things if before.things.get(path) != now.things.get(path)}
        assert changed <= self.touched, changed - self.touched
        self.touched = set()
        for collection in before.lists.keys() & now.lists:
            old, new = before.lists[collection], now.lists[collection]
            assert [id_ for id_ in new if id_ in old] == [id_ for id_ in old if id_ in new]

    @invariant()
    def what_get_says_is_what_the_listeners_enforce(self) -> None:
        """Each in turn; what is gone is not found by either."""
        self.turn = 1 - self.turn
        for path in self.said.items("dataevents"):
            post_all(self.clients[self.turn], self.said, path, self.payloads)
        for path, keys in self.gone.items():
            assert self.clients[self.turn].get(f"/api/{path}").status_code == 404
            assert self.clients[self.turn].post(f"/api/{path}/event", query_string=keys, data=b"{}").status_code == 404

    def teardown(self) -> None:
        """Close the stores."""
        if hasattr(self, "listeners"):
            for listener in self.listeners:
                listener.store.close()
            self.home.cleanup()


def files_in_force(listener: Any) -> dict[str, bytes]:
    """Return the files of the folder that holds what is in force."""
    return folder_files(listener.configuration.current(), listener.configuration.resources())


def assert_echoed(sent: dict[str, Any], shown: dict[str, Any]) -> None:
    """Everything that was sent is shown, but for parts, which have paths of their own; nothing else but defaults is."""
    for name, value in sent.items():
        if name == "schema":
            assert decoded(shown["schema"]) == decoded(value)
        elif name not in PARTS_IN_A_BODY:
            assert shown[name] == value
    assert shown.keys() - sent.keys() <= SHOWN_ANYWAY


def decoded(schema: Any) -> Any:
    """Return a schema that may be a JSON string as a value."""
    return orjson.loads(schema) if isinstance(schema, str) else schema


def _folder() -> dict[str, bytes]:
    """Return the files of a business unit with one of everything, called by names as people write them."""
    event_folder = "shop/applications/till/dataevents/receipt"
    mapping = {"sourceField": "email", "targetField": "primaryEmail", "target": "profile"}
    rules = [{"name": name, "attributes": [name]} for name in PROFILE]
    profile = {name: {"type": "string"} for name in PROFILE}
    files: dict[str, Any] = {
        "shop/businessunit.json": {"name": "Shop", "note": [1]},
        "shop/purposes/ads.json": {"name": "Ads"},
        "shop/customerschemas/profile.json": {
            "name": "Profile", "schemaType": 0, "schema": {"type": "object", "properties": profile},
        },
        "shop/views/marketing.json": {
            "name": "Marketing", "type": "Marketing", "matchRules": rules, "matchRulesPriority": list(PROFILE),
        },
        "shop/applications/till/application.json": {
            "name": "Till", "credentials": {"userKey": "AFAKEtill001", "userSecret": "FAKEsecret"},
        },
        f"{event_folder}/event.json": {"name": "Receipt", "purposeIds": ["Ads"]},
        f"{event_folder}/model.schema.json": {
            "type": "object", "properties": {"email": {"type": "string"}, "total": {"type": "number"}}, "required": ["total"],
        },
        f"{event_folder}/mappings.json": [mapping],
    }  # fmt: skip
    return {name: orjson.dumps(value) for name, value in files.items()}


FOLDER = _folder()

Configuring.TestCase.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestConfiguring = Configuring.TestCase
