"""SAP's configuration API: what is created is kept, echoed and enforced; what cannot be is refused with every reason."""

import threading
from pathlib import Path

import httpx
import orjson
import pytest
from flask.testing import FlaskClient

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.folder import load
from mock_cdp.listener import Listener
from running import contract_of, make_listener, query_of, start_mock

MODEL = {"type": "object", "properties": {"orderId": {"type": "string"}, "email": {"type": "string"}}, "required": ["orderId"]}
PROFILE = {"type": "object", "properties": {"primaryEmail": {"type": "string"}, "emails": {"type": "array"}}}


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application, on this machine."""
    return create_app(listener).test_client()


class Walk:
    """A business unit with an application and an event, made by API."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.unit = f"/api/businessunits/{self.made('/api/businessunits', {'name': 'Shop'})['id']}"
        self.application = f"{self.unit}/applications/{self.made(f'{self.unit}/applications', {'name': 'Till'})['id']}"
        self.event = f"{self.application}/dataevents/{self.make_event('Receipt')['id']}"

    def made(self, path: str, body: object) -> dict:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    def make_event(self, name: str, **more: object) -> dict:
        return self.made(f"{self.application}/dataevents", {"name": name, "schema": orjson.dumps(MODEL).decode()} | more)

    def keys(self) -> dict[str, str]:
        keys = self.client.get(f"{self.application}/credentials").get_json()
        return {"userKey": keys["userKey"], "secret": keys["userSecret"]}

    def send(self, event: object) -> int:
        return self.client.post(f"{self.event}/event", query_string=self.keys(), json=event).status_code


@pytest.fixture
def walk(client: FlaskClient) -> Walk:
    """Return an event made by API."""
    return Walk(client)


def test_a_created_event_listens_at_once(walk: Walk):
    """With its application's keys, and enforces its model."""
    assert (walk.send({"orderId": "1"}), walk.send({"orderId": 1})) == (202, 400)
    assert walk.client.get("/_mock/counts").get_json()["events"]["shop/till/receipt"]["received"] == 2


def test_it_is_listed_and_read_as_it_was_made(walk: Walk):
    """The same bare entity each time; `schema` as a string; unknown members kept."""
    made = walk.make_event("Return", note={"kept": [1, None]}, dataType=2)
    collection = f"{walk.application}/dataevents"
    assert walk.client.get(f"{collection}/{made['id']}").get_json() == made
    assert made in walk.client.get(collection).get_json()
    assert orjson.loads(made["schema"]) == MODEL
    assert (made["note"], made["dataType"], made["enabled"], made["type"]) == ({"kept": [1, None]}, 2, True, "Direct")
    assert made["id"][0] == "H"
    assert len(made["id"]) == 22
    assert made["created"] == made["updated"]


@pytest.mark.parametrize("schema", [MODEL, orjson.dumps(MODEL).decode()], ids=["object", "string"])
def test_a_schema_is_taken_either_way(walk: Walk, schema: object):
    """As a JSON string or an object in, a string out; of a customer schema an object out."""
    made = walk.made(f"{walk.application}/dataevents", {"name": "A", "schema": schema})
    assert orjson.loads(made["schema"]) == MODEL
    made = walk.made(f"{walk.unit}/customerschemas", {"name": "Orders", "schemaType": 1, "schema": schema})
    assert made["schema"] == MODEL


def test_the_keys_of_an_application_without_events_are_good(client: FlaskClient):
    """To make its first event with."""
    unit = client.post("/api/businessunits", json={"name": "U"}).get_json()["id"]
    application = client.post(f"/api/businessunits/{unit}/applications", json={"name": "A"}).get_json()["id"]
    path = f"/api/businessunits/{unit}/applications/{application}"
    keys = client.get(f"{path}/credentials").get_json()
    query = {"userKey": keys["userKey"], "secret": keys["userSecret"]}
    assert client.post(f"{path}/dataevents", query_string=query, json={"name": "E"}).status_code == 201


def test_one_name_may_stand_in_every_collection(walk: Walk):
    """A view and a purpose may both be called Marketing."""
    walk.made(f"{walk.unit}/views", {"name": "Marketing", "type": "Marketing"})
    for collection in ("purposes", "segments", "activityIndicators", "applications"):
        walk.made(f"{walk.unit}/{collection}", {"name": "Marketing"})


@pytest.mark.parametrize("collection", ["segments", "activityIndicators", "purposes"])
def test_what_is_only_echoed_is_echoed(walk: Walk, collection: str):
    """Create, list, read, update, delete."""
    made = walk.made(f"{walk.unit}/{collection}", {"name": "Gold", "rule": {"a": 1}})
    path = f"{walk.unit}/{collection}/{made['id']}"
    assert walk.client.get(f"{walk.unit}/{collection}").get_json() == [made]
    updated = walk.client.put(path, json={"name": "Silver"}).get_json()
    assert (updated["name"], updated["id"], "rule" in updated) == ("Silver", made["id"], False)
    assert updated["created"] == made["created"] < updated["updated"]
    gone = walk.client.delete(path)
    assert (gone.status_code, gone.get_json()["errorCode"]) == (200, 0)
    assert gone.get_json()["callId"] == gone.headers["x-callid"]
    assert walk.client.get(path).get_json()["errorCode"] == 404000


def test_a_purpose_is_updated_by_the_id_in_the_body(walk: Walk):
    """As SAP's command line does; without one it says so."""
    made = walk.made(f"{walk.unit}/purposes", {"name": "Marketing"})
    updated = walk.client.put(f"{walk.unit}/purposes", json={"id": made["id"], "name": "Ads"})
    assert walk.client.get(f"{walk.unit}/purposes").get_json() == [updated.get_json()]
    refused = walk.client.put(f"{walk.unit}/purposes", json={"name": "Ads"})
    assert (refused.status_code, "id in the body" in refused.get_json()["errorDetails"]) == (400, True)


def test_a_disabled_event_refuses_and_a_deleted_one_is_gone(walk: Walk):
    """403 and 404, at once."""
    walk.client.put(walk.event, json={"name": "Receipt", "enabled": False})
    assert walk.send({"orderId": "1"}) == 403
    keys = walk.keys()
    walk.client.delete(walk.application)
    assert walk.client.post(f"{walk.event}/event", query_string=keys, json={}).status_code == 404
    assert walk.client.get(walk.event).status_code == 404


def test_a_model_that_does_not_compile_is_refused_with_its_place(walk: Walk):
    """Nothing is half-made, nothing half-changed."""
    broken = {"type": "object", "properties": {"a": {"type": "strnig"}}}
    before = walk.client.get(f"{walk.application}/dataevents").get_json()
    for answer in (
        walk.client.post(f"{walk.application}/dataevents", json={"name": "B", "schema": broken}),
        walk.client.put(walk.event, json={"name": "Receipt", "schema": orjson.dumps(broken).decode()}),
    ):
        body = answer.get_json()
        assert (answer.status_code, body["errorCode"]) == (400, 400009)
        assert body["validationErrors"][0]["fieldName"] == "/schema/properties/a/type"
    assert walk.client.get(f"{walk.application}/dataevents").get_json() == before
    assert walk.send({"orderId": "1"}) == 202


@pytest.mark.parametrize(
    ("collection", "body", "place"),
    [
        ("applications", {}, ""),
        ("applications", {"name": ""}, "/name"),
        ("applications", {"name": "A", "enabled": "yes"}, "/enabled"),
        ("applications", {"name": "A", "credentials": {"userKey": "A", "userSecret": "s"}}, "/credentials"),
        ("views", {"name": "V"}, ""),
        (
            "views",
            {"name": "V", "type": "Marketing", "matchRules": [{"name": "r", "attributes": []}]},
            "/matchRules/0/attributes",
        ),
        ("customerschemas", {"name": "S", "schemaType": 9, "schema": {"type": "object"}}, "/schemaType"),
        ("customerschemas", {"name": "S", "schemaType": 0, "schema": {"type": "array"}}, "/schema/type"),
        ("customerschemas", {"name": "S", "schemaType": 0, "schema": "{"}, "/schema"),
        ("purposes", [], ""),
    ],
)
def test_what_cannot_be_is_refused_by_name(walk: Walk, collection: str, body: object, place: str):
    """400 in the envelope; the member is named; nothing is made."""
    answer = walk.client.post(f"{walk.unit}/{collection}", json=body)
    text = answer.get_json()
    assert (answer.status_code, text["statusCode"]) == (400, 400)
    named = [error["fieldName"] for error in text.get("validationErrors", [])]
    assert place in named or place.lstrip("/") in text["errorDetails"]
    assert len(walk.client.get(f"{walk.unit}/{collection}").get_json()) == (collection == "applications")


@pytest.mark.parametrize("raw", [b"", b"{", b'{"name":"a","name":"b"}', b"\xff", b'{"name":"a"} x'])
def test_a_body_that_is_no_json_says_where(walk: Walk, raw: bytes):
    """Whatever Content-Type says."""
    answer = walk.client.post(f"{walk.unit}/purposes", data=raw, content_type="text/plain")
    assert (answer.status_code, answer.get_json()["errorCode"] // 1000) == (400, 400)
    assert answer.get_json()["errorDetails"]


def test_mappings_are_replaced_and_filtered(walk: Walk):
    """POST replaces the list; what leads nowhere is refused by its place."""
    profile = walk.made(f"{walk.unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": PROFILE})["id"]
    mapping = {"sourceField": "email", "targetField": "primaryEmail", "target": profile}
    for _ in range(2):
        assert walk.client.post(f"{walk.event}/mappings", json=[mapping]).get_json() == [mapping]
    assert walk.client.get(f"{walk.event}/mappings?targetId={profile}").get_json() == [mapping]
    assert walk.client.get(f"{walk.event}/mappings?targetId=other").get_json() == []
    wrong = walk.client.post(f"{walk.event}/mappings", json=[mapping, mapping | {"sourceField": "emial"}])
    assert wrong.get_json()["validationErrors"][0]["fieldName"] == "/mappings/1/sourceField"
    assert "did you mean 'email'?" in wrong.get_json()["errorDetails"]
    assert walk.client.get(f"{walk.event}/mappings").get_json() == [mapping]
    in_use = walk.client.delete(f"{walk.unit}/customerschemas/{profile}")
    assert (in_use.status_code, in_use.get_json()["code"]) == (409, "in-use")


def test_required_purposes_decide_what_is_discarded(walk: Walk):
    """Set by the part of its own, enforced with the next delivery."""
    purpose = walk.made(f"{walk.unit}/purposes", {"name": "Marketing"})["id"]
    assert walk.client.get(f"{walk.event}/purposes").get_json() == {"requiredPurposes": []}
    answer = walk.client.put(f"{walk.event}/purposes", json={"requiredPurposes": [purpose]})
    assert answer.get_json() == {"requiredPurposes": [purpose]}
    walk.send({"orderId": "1"})
    assert walk.client.get("/_mock/counts").get_json()["discarded"] == 1
    assert walk.client.put(f"{walk.event}/purposes", json={"requiredPurposes": ["nope"]}).status_code == 400


def test_matching_rules_have_ids_and_an_order(walk: Walk):
    """One is added by POST; the order names their ids; a deleted one leaves the order too."""
    walk.made(f"{walk.unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": PROFILE})
    view = f"{walk.unit}/views/{walk.made(f'{walk.unit}/views', {'name': 'Marketing', 'type': 'Marketing'})['id']}"
    rules = [walk.made(f"{view}/matchRules", {"name": name, "attributes": [name]}) for name in ("primaryEmail", "emails")]
    assert walk.client.get(f"{view}/matchRules").get_json() == rules
    order = {"rules": [rule["id"] for rule in reversed(rules)]}
    assert walk.client.put(f"{view}/matchRulesPriority", json=order).get_json() == order
    assert walk.client.put(f"{view}/matchRules/{rules[0]['id']}", json=rules[0] | {"name": "E"}).get_json()["name"] == "E"
    assert walk.client.delete(f"{view}/matchRules/{rules[1]['id']}").status_code == 200
    assert walk.client.get(f"{view}/matchRulesPriority").get_json() == {"rules": [rules[0]["id"]]}
    assert walk.client.put(f"{view}/matchRulesPriority", json={"rules": ["nope"]}).status_code == 400
    merge = {"properties": {"primaryEmail": {"writePolicy": "immutable"}}}
    assert (
        walk.client.put(f"{view}/mergeRules", json=merge).get_json() == walk.client.get(f"{view}/mergeRules").get_json() == merge
    )
    assert walk.client.get(view).get_json().keys() == {"id", "name", "type", "created", "updated", "businessUnitId"}


def test_parts_survive_a_full_update(walk: Walk):
    """They are on paths of their own; PUT replaces everything else."""
    walk.client.put(f"{walk.application}/priority", json={"dataQualityPriority": "high"})
    walk.client.put(walk.application, json={"name": "Till 2"})
    assert walk.client.get(f"{walk.application}/priority").get_json() == {"dataQualityPriority": "high"}
    assert walk.client.put(f"{walk.application}/priority", json={"dataQualityPriority": "top"}).status_code == 400


def test_two_updates_at_once_lose_neither_silently(walk: Walk):
    """An update made from an older reading is refused, as is another If-Match; a blind one overwrites."""
    first = walk.client.get(walk.event)
    read = first.get_json()
    assert walk.client.put(walk.event, json=read | {"description": "mine"}).status_code == 200
    late = walk.client.put(walk.event, json=read | {"description": "yours"})
    assert (late.status_code, late.get_json()["code"]) == (409, "changed-meanwhile")
    assert walk.client.put(walk.event, json={"name": "x"}, headers={"If-Match": first.headers["ETag"]}).status_code == 412
    assert walk.client.delete(walk.event, headers={"If-Match": first.headers["ETag"]}).status_code == 412
    assert walk.client.get(walk.event).get_json()["description"] == "mine"
    now = walk.client.get(walk.event).headers["ETag"]
    assert walk.client.put(walk.event, json={"name": "x"}, headers={"If-Match": now}).status_code == 200
    assert walk.client.put(walk.event, json={"name": "y"}).status_code == 200


def test_many_changes_at_once_are_all_made(walk: Walk, listener: Listener):
    """Parts of one entity changed by many threads: none is lost."""
    walk.made(f"{walk.unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": PROFILE})
    view = f"{walk.unit}/views/{walk.made(f'{walk.unit}/views', {'name': 'M', 'type': 'Marketing'})['id']}"

    app = create_app(listener)

    def add(number: int) -> None:
        rule = {"name": f"rule {number}", "attributes": ["emails"]}
        assert app.test_client().post(f"{view}/matchRules", json=rule).status_code == 201

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(rule["name"] for rule in walk.client.get(f"{view}/matchRules").get_json()) == [f"rule {n}" for n in range(8)]


def test_a_change_of_a_part_is_no_conflict_for_the_entity(walk: Walk):
    """A client that sets the mappings may then put the event as it read it; the revision changes all the same."""
    before = walk.client.get(walk.event)
    assert walk.client.post(f"{walk.event}/mappings", json=[]).status_code == 200
    assert walk.client.get(walk.event).headers["ETag"] != before.headers["ETag"]
    assert walk.client.post(f"{walk.event}/mappings", json=[], headers={"If-Match": before.headers["ETag"]}).status_code == 412
    assert walk.client.put(walk.event, json=before.get_json()).status_code == 200
    now = walk.client.get(walk.event).headers["ETag"]
    assert walk.client.put(walk.event, json={"name": "x"}, headers={"If-Match": f'"other", {now}'}).status_code == 200


def test_a_deleted_event_leaves_nothing_to_its_successor(walk: Walk):
    """Neither counts, nor history, nor deduplication keys."""
    settings = {"metadataConfig": {"deduplicationField": "orderId"}}
    walk.client.put(walk.event, json={"name": "Receipt", "schema": MODEL} | settings)
    assert [walk.send({"orderId": "1"}) for _ in range(2)] == [202, 202]
    walk.client.delete(walk.event)
    walk.event = f"{walk.application}/dataevents/{walk.make_event('Receipt', **settings)['id']}"
    assert walk.client.get(f"{walk.event}/status").get_json()["status"] == "NOT_RUN_YET"
    walk.send({"orderId": "1"})
    assert walk.client.get(f"{walk.event}/status").get_json()["processedRecords"] == 1
    counts = walk.client.get("/_mock/counts").get_json()
    assert (counts["received"], counts["kept"]) == (1, 1)


def test_names_become_ids(walk: Walk):
    """A purpose or a customer schema may be called by name; what travels, and what deliveries name, is the id."""
    purpose = walk.made(f"{walk.unit}/purposes", {"name": "Marketing"})["id"]
    schema = walk.made(f"{walk.unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": PROFILE})["id"]
    assert walk.client.put(f"{walk.event}/purposes", json={"requiredPurposes": ["marketing"]}).get_json() == {
        "requiredPurposes": [purpose]
    }
    mapping = {"sourceField": "email", "targetField": "primaryEmail", "target": "Profile"}
    assert walk.client.post(f"{walk.event}/mappings", json=[mapping]).get_json() == [mapping | {"target": schema}]
    query = walk.keys() | {"purposeIds": purpose}
    assert walk.client.post(f"{walk.event}/event", query_string=query, json={"orderId": "1"}).get_json()["outcome"] == "accepted"


def test_rules_within_a_view_get_ids(walk: Walk):
    """As those added one by one; an id that is not the view's own is not taken."""
    walk.made(f"{walk.unit}/customerschemas", {"name": "Profile", "schemaType": 0, "schema": PROFILE})
    rule = {"id": "mine", "name": "r", "attributes": ["emails"]}
    view = walk.made(f"{walk.unit}/views", {"name": "V", "type": "Marketing", "matchRules": [rule, rule]})
    path = f"{walk.unit}/views/{view['id']}/matchRules"
    rules = walk.client.get(path).get_json()
    assert len({made["id"] for made in rules} - {"mine"}) == 2
    again = walk.client.put(path, json=[*rules, rules[0]]).get_json()
    assert [made["id"] for made in again[:2]] == [made["id"] for made in rules]
    assert len({made["id"] for made in again}) == 3
    assert walk.client.delete(f"{path}/{again[2]['id']}").status_code == 200
    assert walk.client.put(f"{walk.unit}/purposes", json={"id": "a/b", "name": "x"}).status_code == 404


def test_what_check_would_fault_is_refused(walk: Walk):
    """A nearly known member; an external id that no URL could hold."""
    for body in ({"name": "A", "descripton": "x"}, {"name": "A", "externalId": "grün"}, {"name": "A", "externalId": "a/b"}):
        assert walk.client.post(f"{walk.application}/dataevents", json=body).status_code == 400


def test_races_leave_nothing_without_a_parent(walk: Walk, listener: Listener):
    """Children made while their parent is deleted: each is refused or deleted with it, none is answered 500."""
    app = create_app(listener)
    app.test_client().get("/api/businessunits")
    answers: list[int] = []
    for number in range(8):
        application = f"{walk.unit}/applications/{walk.made(f'{walk.unit}/applications', {'name': f'A{number}'})['id']}"
        calls = [lambda path=application: app.test_client().delete(path)] + [
            lambda path=application: app.test_client().post(f"{path}/dataevents", json={"name": "E", "externalId": "one"})
        ] * 3
        threads = [threading.Thread(target=lambda call=call: answers.append(call().status_code)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(answers) <= {200, 201, 400, 404}
    applications = {r.rsplit("/", 2)[0] for r in listener.configuration.resources() if "/dataevents/" in r}
    assert applications <= set(listener.configuration.resources())
    rows = [row.path for row in listener.store.rows_after(0)[1] if row.document is not None]
    assert all(path in listener.configuration.resources() for path in rows)


def test_a_bad_mapping_into_a_schema_of_itself_is_refused_soon(walk: Walk):
    """Guessing what was meant must not cost more than the answer is worth."""
    schema = {"type": "object", "properties": {f"f{n}": {"$ref": "#"} for n in range(40)}}
    target = walk.made(f"{walk.unit}/customerschemas", {"name": "Deep", "schemaType": 1, "schema": schema})["id"]
    body = {"name": "Deep", "schema": schema}
    event = f"{walk.application}/dataevents/{walk.made(f'{walk.application}/dataevents', body)['id']}"
    mapping = [{"sourceField": "nope", "targetField": "f1", "target": target}]
    assert walk.client.post(f"{event}/mappings", json=mapping).status_code == 400


def test_equal_names_get_paths_of_their_own(walk: Walk):
    """Two events called the same are counted apart."""
    walk.make_event("Receipt")
    assert {"shop/till/receipt", "shop/till/receipt-2"} <= {c["path"] for c in walk.client.get("/_mock/contracts").get_json()}


def test_an_external_id_is_used_once(walk: Walk):
    """Two events of one application would listen at one URL."""
    walk.make_event("A", externalId="ext")
    answer = walk.client.post(f"{walk.application}/dataevents", json={"name": "B", "externalId": "ext"})
    assert answer.get_json()["validationErrors"][0]["fieldName"] == "/externalId"


def test_status_history_and_metrics_come_from_the_tally(walk: Walk):
    """Before, after a refused, after an accepted event."""
    assert walk.client.get(f"{walk.event}/status").get_json() == {
        "status": "NOT_RUN_YET", "processedRecords": 0, "recordLogs": {},
    }  # fmt: skip
    walk.send({"orderId": 1})
    assert walk.client.get(f"{walk.event}/status").get_json()["status"] == "ERROR"
    for number in range(6):
        walk.send({"orderId": str(number)})
    status = walk.client.get(f"{walk.event}/status").get_json()
    assert (status["status"], status["processedRecords"]) == ("SUCCESS", 6)
    history = walk.client.get(f"{walk.event}/history").get_json()
    assert (history["totalJobs"], len(history["jobs"])) == (7, 7)
    assert walk.client.get(f"/_mock/receipts/{history['jobs'][0]}").status_code == 200
    event, application = walk.event.rsplit("/", 1)[-1], walk.application.rsplit("/", 1)[-1]
    query = f"filterTags=application:{application},event:{event}&aggregateBy=status&timeGranularity=alltime"
    sums = walk.client.get(f"{walk.unit}/metrics/receivedEvents?{query}").get_json()
    assert sums == {
        "columns": ["time", "sum"],
        "results": [
            {"tags": {"status": "success"}, "values": [["alltime", 6]]},
            {"tags": {"status": "failed"}, "values": [["alltime", 1]]},
        ],
    }
    day = walk.client.get(f"{walk.unit}/metrics/receivedEvents?timeGranularity=day").get_json()["results"][0]["values"][0]
    assert (len(day[0]), day[1]) == (8, 6)
    assert walk.client.get(f"{walk.unit}/metrics/receivedEvents?filterTags=event:other").get_json()["results"] == []
    for wrong in ("timeGranularity=hour", "aggregateBy=time", "filterTags=segment:x"):
        assert walk.client.get(f"{walk.unit}/metrics/receivedEvents?{wrong}").status_code == 400


def test_the_folder_is_shown_and_read_only(client: FlaskClient, catalog: Catalog):
    """A contract of the folder is read like any other, and its refusal names the file."""
    contract = contract_of(catalog, "pos-receipt")
    path = contract.listener_path
    shown = client.get(path).get_json()
    assert (shown["name"], orjson.loads(shown["schema"])) == ("POS receipt", contract.model.schema)
    profile = next(schema.id for schema in catalog.units[0].customer_schemas if schema.schema_type == 0)
    assert client.get(f"{path}/mappings").get_json()[0] == {"sourceField": "crmId", "targetField": "crmId", "target": profile}
    assert client.get(f"{path}/mappings?targetId={profile}").get_json()
    assert len(client.get("/api/businessunits").get_json()) == 1
    unit = f"/api/businessunits/{contract.business_unit.id}"
    applications = client.get(f"{unit}/applications").get_json()
    assert len(applications) == 4
    assert "credentials" not in applications[0]
    assert [view["type"] for view in client.get(f"{unit}/views").get_json()] == ["Marketing"]
    for answer in (client.put(path, json=shown), client.delete(path), client.post(f"{path}/mappings", json=[])):
        assert answer.status_code == 403
        assert "retail/applications/sap-car/dataevents/pos-receipt" in answer.get_json()["errorDetails"]
        assert "--writable" in answer.get_json()["errorDetails"]


def test_events_can_be_made_in_an_application_of_the_folder(client: FlaskClient, catalog: Catalog):
    """They listen with the folder's keys, beside the folder's events."""
    contract = contract_of(catalog, "pos-receipt")
    collection = contract.listener_path.rsplit("/", 1)[0]
    made = client.post(collection, json={"name": "Void", "schema": MODEL}).get_json()
    sent = client.post(f"{collection}/{made['id']}/event?{query_of(contract)}", json={"orderId": "1"})
    assert sent.status_code == 202
    assert [event["name"] for event in client.get(collection).get_json()] == ["POS receipt", "Void"]


def test_writable_changes_the_files(tmp_path: Path, catalog: Catalog):
    """Whole files, and the listener enforces them at once; a broken change leaves them as they were."""
    import shutil
    from functools import partial

    from mock_cdp.contract.check import check_folder
    from mock_cdp.contract.writing import write_resource
    from mock_cdp.store.sql import JournalLimits, open_store
    from running import MASTER_KEY

    root = tmp_path / "contracts"
    shutil.copytree(shipped_catalog(), root)
    store = open_store("sqlite://", limits=JournalLimits())
    listener = Listener(load(root), store, master_key=MASTER_KEY, write_folder=partial(write_resource, root))
    client, contract = create_app(listener).test_client(), contract_of(load(root), "pos-receipt")
    shown = client.get(contract.listener_path).get_json()
    model = orjson.loads(shown["schema"])
    model["properties"]["cashier"] = {"type": "string"}
    updated = client.put(contract.listener_path, json=shown | {"schema": model})
    assert updated.status_code == 200, updated.text
    reread = load(root)
    assert contract_of(reread, "pos-receipt").model.schema == model
    assert contract_of(reread, "pos-receipt").accepted_samples == contract.accepted_samples
    sample = contract.accepted_samples[0].event | {"cashier": 7}
    assert client.post(f"{contract.listener_path}/event?{query_of(contract)}", json=sample).status_code == 400
    assert check_folder(root)[1] == []
    before = {path: path.read_bytes() for path in root.rglob("*.json")}
    assert client.put(contract.listener_path, json={"name": "x", "schema": {"type": "array"}}).status_code == 400
    breaks_samples = {"type": "object", "properties": {"receiptId": {"type": "number"}}}
    assert client.put(contract.listener_path, json={"name": "x", "schema": breaks_samples}).status_code == 400
    assert {path: path.read_bytes() for path in root.rglob("*.json")} == before
    application = contract.listener_path.rsplit("/", 2)[0]
    keys = client.get(f"{application}/credentials").get_json()
    assert client.put(application, json=client.get(application).get_json()).status_code == 200
    assert client.get(f"{application}/credentials").get_json() == keys
    view = f"{application.rsplit('/', 2)[0]}/views/{catalog.units[0].views[0].id}"
    assert client.put(f"{view}/mergeRules", json={"properties": {}}).status_code == 200
    assert client.post(f"{contract.listener_path}/mappings", json=[]).get_json() == []
    assert client.delete(application.rsplit("/", 2)[0]).status_code == 409
    assert client.delete(contract.listener_path).status_code == 200
    assert [c.slug for c in load(root).contracts if c.application.name == "SAP CAR"] == []
    store.close()


def test_it_survives_a_restart(tmp_path: Path, catalog: Catalog):
    """Everything that GET says, and what the listener enforces."""
    store = str(tmp_path / "store.db")
    listener = make_listener(catalog, store)
    walk = Walk(create_app(listener).test_client())
    paths = ["/api/businessunits", walk.unit, walk.application, walk.event, f"{walk.application}/credentials"]
    before = [walk.client.get(path).get_json() for path in paths]
    assert walk.send({"orderId": "1"}) == 202
    listener.store.close()
    again = make_listener(catalog, store)
    walk.client = create_app(again).test_client()
    assert [walk.client.get(path).get_json() for path in paths] == before
    assert (walk.send({"orderId": "2"}), walk.send({})) == (202, 400)
    assert b"".join(f.read_bytes() for f in tmp_path.iterdir()).find(walk.keys()["secret"].encode()) == -1
    again.store.close()


def test_every_worker_sees_a_change_at_once(tmp_path: Path):
    """On a real socket with two workers: no request after a create is answered as before it."""
    running = start_mock("--workers", "2", "--store", "shared.db", cwd=tmp_path)
    try:
        api = f"{running.url}/api/businessunits"
        unit = f"{api}/{httpx.post(api, json={'name': 'U'}).json()['id']}"
        application = f"{unit}/applications/{httpx.post(f'{unit}/applications', json={'name': 'A'}).json()['id']}"
        for number in range(20):
            made = httpx.post(f"{application}/dataevents", json={"name": f"E{number}", "schema": MODEL}).json()
            keys = httpx.get(f"{application}/credentials").json()
            for _ in range(3):  # each on a connection of its own, so that both workers are asked
                path = f"{application}/dataevents/{made['id']}"
                assert httpx.get(path).json() == made
                sent = httpx.post(
                    f"{path}/event", params={"userKey": keys["userKey"], "secret": keys["userSecret"]}, json={"orderId": "1"}
                )
                assert sent.status_code == 202
            assert httpx.delete(path).status_code == 200
            assert [httpx.get(path).status_code for _ in range(3)] == [404, 404, 404]
    finally:
        running.stop()


# -- who may call it ---------------------------------------------------------------------------------------------------

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize(
    ("environ", "headers", "status"),
    [
        ({}, {}, 200),
        ({"REMOTE_ADDR": "127.0.0.1:40312"}, {}, 200),
        ({"REMOTE_ADDR": "::1"}, {}, 200),
        ({"REMOTE_ADDR": "[::1]:40312"}, {}, 200),
        (ELSEWHERE, {}, 401),
        ({}, {"X-Forwarded-For": "192.0.2.7"}, 401),
        ({}, {"Origin": "https://evil.example"}, 401),
        ({}, {"Origin": "http://localhost"}, 200),
        ({}, {"X-Real-IP": "192.0.2.7"}, 401),
        ({}, {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"}, 401),
        ({}, {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}, 200),
    ],
    ids=[
        "here",
        "with-port",
        "v6",
        "v6-port",
        "elsewhere",
        "proxied",
        "other-page",
        "own-page",
        "proxied-real-ip",
        "rebound-name",
        "own-page-by-address",
    ],
)
def test_without_a_key_only_this_machine_is_let_in(client: FlaskClient, environ: dict, headers: dict, status: int):
    """Neither a proxy's callers nor other sites' pages count as this machine."""
    assert client.get("/api/businessunits", environ_overrides=environ, headers=headers).status_code == status


def test_the_switch_asks_everybody_for_a_key(listener: Listener, catalog: Catalog):
    """configuration_access = key."""
    client = create_app(listener, open_on_loopback=False).test_client()
    assert client.get("/api/businessunits").status_code == 401
    assert client.get(f"/api/businessunits?{query_of(contract_of(catalog, 'pos-receipt'))}").status_code == 200


def test_a_key_is_good_for_its_business_unit(walk: Walk, catalog: Catalog):
    """Any of its keys; no other unit, no new units; a wrong secret is refused even on this machine."""
    theirs = query_of(contract_of(catalog, "pos-receipt"))
    assert walk.client.get(f"{walk.unit}/applications?{theirs}").status_code == 403
    assert walk.client.post(f"/api/businessunits?{theirs}", json={"name": "x"}).status_code == 403
    assert [u["name"] for u in walk.client.get("/api/businessunits", query_string=walk.keys()).get_json()] == ["Shop"]
    assert walk.client.get(walk.event, query_string=walk.keys(), environ_overrides=ELSEWHERE).status_code == 200
    assert walk.client.get(walk.event, query_string=walk.keys() | {"secret": "wrong"}).status_code == 403


def test_a_units_own_item_is_its_keys_business(walk: Walk):
    """It may change its unit, and read no other; HEAD is GET."""
    other = walk.client.post("/api/businessunits", json={"name": "Other"}).get_json()["id"]
    keys = walk.keys()
    assert walk.client.put(walk.unit, query_string=keys, json={"name": "Renamed"}).status_code == 200
    assert walk.client.get(f"/api/businessunits/{other}", query_string=keys).status_code == 403
    assert walk.client.head("/api/businessunits", query_string=keys).status_code == 200


def test_a_sessions_key_only_reads(walk: Walk, listener: Listener):
    """Whoever reaches the mock can open a session: its key changes nothing and reads no secret where keys are asked for."""
    made = walk.client.post("/_mock/sessions").get_json()
    keys = {"userKey": made["userKey"], "secret": made["secret"]}
    strict = create_app(listener, open_on_loopback=False).test_client()
    assert strict.get(walk.event, query_string=keys).status_code == 200
    assert strict.get(f"{walk.application}/credentials", query_string=keys).status_code == 403
    assert strict.post("/api/businessunits", query_string=keys, json={"name": "x"}).status_code == 403
    assert strict.delete(walk.application, query_string=keys).status_code == 403


def test_the_admin_key_configures_everything_and_delivers_nothing(tmp_path: Path):
    """From the environment; printed once when it is made."""
    keys = {"MOCK_CDP_ADMIN_KEY": "AFAKEadmin01", "MOCK_CDP_ADMIN_SECRET": "FAKEadminSecret"}
    running = start_mock("--configuration-access", "key", cwd=tmp_path, environ=keys)
    try:
        query = {"userKey": "AFAKEadmin01", "secret": "FAKEadminSecret"}
        assert "admin" not in running.output
        assert httpx.get(f"{running.url}/api/businessunits").status_code == 401
        assert httpx.post(f"{running.url}/api/businessunits", params=query, json={"name": "N"}).status_code == 201
        listener = next(line.strip() for line in running.output.splitlines() if line.endswith("/event"))
        denied = httpx.post(listener, params=query, json={})
        assert (denied.status_code, denied.json()["errorCode"]) == (403, 403007)
    finally:
        running.stop()
    fresh = [start_mock("--configuration-access", "key", "--store", "s.db", cwd=tmp_path) for _ in range(1)]
    [admin] = [line for line in fresh[0].output.splitlines() if line.startswith("  admin")]
    fresh[0].stop()
    user_key, secret = admin.split("userKey ")[1].split(",")[0], admin.split("secret ")[1].split()[0]
    again = start_mock("--configuration-access", "key", "--store", "s.db", cwd=tmp_path)
    try:
        assert "admin" not in again.output
        assert httpx.get(f"{again.url}/api/businessunits", params={"userKey": user_key, "secret": secret}).status_code == 200
    finally:
        again.stop()
