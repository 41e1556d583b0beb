"""Customers read back: whom an accepted event reached, found by SAP's small query language."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from mock_cdp.app import create_app
from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.listener import Listener
from running import contract_of, query_of


@pytest.fixture
def client(listener: Listener) -> FlaskClient:
    """Return a client of the whole application."""
    return create_app(listener).test_client()


@pytest.fixture
def view(catalog: Catalog) -> str:
    """Return the path of the shipped Marketing view."""
    unit = catalog.units[0]
    return f"/api/businessunits/{unit.business_unit.id}/views/{unit.views[0].id}"


def send(client: FlaskClient, contract: Contract, event: dict, *, many: bool = False, more: str = "") -> None:
    """Post an event that must be accepted."""
    path = f"{contract.listener_path}/{'events' if many else 'event'}?{query_of(contract)}{more}"
    answer = client.post(path, json=event)
    assert answer.status_code == 202, answer.text


def found(client: FlaskClient, view: str, query: str = "", status: int = 200) -> dict:
    """Return what a query answers."""
    answer = client.get(f"{view}/customers" + (f"?query={quote(query)}" if query else ""))
    assert answer.status_code == status, answer.text
    return answer.get_json()


def order(number: int, **more: object) -> dict:
    """Return a till receipt of its own."""
    sample = {
        "receiptId": f"R101-20241130-3-{number}",
        "purchasedAt": "2024-11-30T17:50:12+01:00",
        "storeId": "R101",
        "currency": "EUR",
    }
    items = [{"sku": "4006381333931", "quantity": 1, "amount": 19.9, "unit": "EA"}]
    tenders = [{"type": "CASH", "amount": 19.9}]
    return sample | {"totalAmount": 19.9, "isReturn": False, "items": items, "tenders": tenders} | more


def test_events_of_one_customer_reach_one_profile(client: FlaskClient, catalog: Catalog, view: str):
    """Two receipts with the same CRM id: one customer, two orders."""
    contract = contract_of(catalog, "pos-receipt")
    for number, customer in enumerate(("0000123456", "0000123456", "0000777777")):
        send(client, contract, order(number, crmId=customer))
    everybody = found(client, view)
    assert (everybody["count"], everybody["totalCount"], "nextCursorId" in everybody) == (2, 2, False)
    [one] = found(client, view, "select * from profile where attributes.crmId='0000123456' limit 10")["profiles"]
    assert {
        "_id",
        "viewId",
        "created",
        "updated",
        "firstSeen",
        "lastSeen",
        "attributes",
        "activityIndicators",
        "segments",
        "privacy",
    } == set(one)
    assert client.get(f"{view}/customers/{one['_id']}").get_json() == one
    orders = client.get(f"{view}/customers/{one['_id']}/activities?query=select * from Orders").get_json()
    assert [a["attributes"]["orderId"] for a in orders["activities"]] == ["R101-20241130-3-0", "R101-20241130-3-1"]
    assert (orders["count"], orders["totalCount"]) == (2, 2)
    assert client.get(f"{view}/customers/{one['_id']}/activities").get_json() == orders
    assert orders["activities"][0]["sourceId"] == contract.application.id


def test_what_reaches_nobody_is_counted_and_listed(client: FlaskClient):
    """An event without any identifier, with its call id; a rejected event is no event here."""
    shop = Shop(client)
    assert [shop.send(event) for event in ({"other": "1"}, {"mail": 7}, {"mail": "a@x.com"})] == [202, 400, 202]
    answer = found(client, shop.view)
    assert (answer["totalCount"], answer["unmapped"]["count"]) == (1, 1)
    [unmapped] = answer["unmapped"]["events"]
    assert client.get(f"/_mock/receipts/{unmapped['callId']}").get_json()["body"] == '{"other": "1"}'
    assert "matching rule" in unmapped["reason"]


def test_a_batch_and_what_came_later_are_seen(client: FlaskClient, catalog: Catalog, view: str):
    """Each read shows all that was answered 202 before it; a reset empties it."""
    contract = contract_of(catalog, "pos-receipt")
    for start in (0, 10, 20):
        send(client, contract, [order(start + n, crmId=f"00000000{start + n:02d}") for n in range(10)], many=True)
        assert found(client, view)["totalCount"] == start + 10
    client.post("/_mock/reset")
    assert found(client, view)["totalCount"] == 0
    send(client, contract, order(1, crmId="0000000001"))
    assert found(client, view)["totalCount"] == 1


def test_pages_follow_each_other(client: FlaskClient, catalog: Catalog, view: str):
    """By cursor, none twice, none left out; a made-up cursor is refused."""
    contract = contract_of(catalog, "pos-receipt")
    send(client, contract, [order(n, crmId=f"00000000{n:02d}") for n in range(5)], many=True)
    query, seen, cursor = quote("select attributes.crmId from profile order by attributes.crmId limit 2"), [], ""
    while True:
        page = client.get(f"{view}/customers?query={query}&cursorId={cursor}").get_json()
        assert page["totalCount"] == 5
        seen += [profile["attributes"]["crmId"][0] for profile in page["profiles"]]
        if not (cursor := page.get("nextCursorId", "")):
            break
    assert seen == [f"00000000{n:02d}" for n in range(5)]
    assert client.get(f"{view}/customers?cursorId=nonsense").status_code == 400


def test_a_session_sees_its_own_customers(client: FlaskClient, catalog: Catalog, view: str):
    """By its key; without one, what came without one."""
    contract = contract_of(catalog, "pos-receipt")
    made = client.post("/_mock/sessions").get_json()
    keys = {"userKey": made["userKey"], "secret": made["secret"]}
    client.post(f"{contract.listener_path}/event", query_string=keys, json=order(1, crmId="0000000001"))
    assert found(client, view)["totalCount"] == 0
    assert client.get(f"{view}/customers", query_string=keys).get_json()["totalCount"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "select * from profile where attributes.crmId='x' or '1'='1",
        "select * from profile; drop table receipts",
        "drop table receipts",
        "select * from profile limit -1",
        "select * from orders",
        "",
    ],
    ids=["open-quote", "two-statements", "drop", "negative", "other-source", "blank"],
)
def test_a_query_that_is_none_says_where(client: FlaskClient, view: str, query: str):
    """400 with the position; nothing was run."""
    answer = found(client, view, query or " ", status=400)
    assert (answer["errorCode"] // 1000, "query" in answer["errorDetails"] or "profile" in answer["errorDetails"]) == (400, True)


def test_a_value_cannot_become_part_of_the_query(client: FlaskClient, catalog: Catalog, view: str):
    """A quote within a string is doubled, and then it is only a quote."""
    contract = contract_of(catalog, "pos-receipt")
    send(client, contract, order(1, crmId="0000000001"))
    hostile = "x' or attributes.crmId like '%"
    query = f"select * from profile where attributes.crmId='{hostile.replace(chr(39), chr(39) * 2)}'"
    assert found(client, view, query)["profiles"] == []


def test_an_unknown_customer_or_view_is_404(client: FlaskClient, view: str):
    """In the envelope."""
    for path in (f"{view}/customers/nobody", f"{view}/customers/nobody/activities", f"{view}x/customers"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()["errorCode"]) == (404, 404000)


class Shop:
    """A business unit made by API, whose customers are told apart by `mail`."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.unit = f"/api/businessunits/{client.post('/api/businessunits', json={'name': 'U'}).get_json()['id']}"
        text = {"type": "string"}
        model = {"type": "object", "properties": {"mail": text, "card": text}}
        profile = self.made("customerschemas", {"name": "Profile", "schemaType": 0, "schema": model})
        view = self.made("views", {"name": "M", "type": "Marketing"})
        self.view = f"{self.unit}/views/{view}"
        self.made(f"views/{view}/matchRules", {"name": "mail", "attributes": ["mail"]})
        application = self.made("applications", {"name": "A"})
        event = self.made(f"applications/{application}/dataevents", {"name": "E", "schema": model})
        self.event = f"{self.unit}/applications/{application}/dataevents/{event}"
        mappings = [{"sourceField": name, "targetField": name, "target": profile} for name in ("mail", "card")]
        client.post(f"{self.event}/mappings", json=mappings)
        keys = client.get(f"{self.unit}/applications/{application}/credentials").get_json()
        self.keys = {"userKey": keys["userKey"], "secret": keys["userSecret"]}

    def made(self, path: str, body: object) -> str:
        answer = self.client.post(f"{self.unit}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.get_json()["id"]

    def send(self, event: object) -> int:
        return self.client.post(f"{self.event}/event", query_string=self.keys, json=event).status_code


def test_a_changed_rule_maps_all_anew(client: FlaskClient):
    """Events are mapped as the configuration says now, not as it said when they came."""
    shop = Shop(client)
    for mail in ("a@x.com", "b@x.com"):
        assert shop.send({"mail": mail, "card": "1"}) == 202
    assert found(client, shop.view)["totalCount"] == 2
    client.put(f"{shop.view}/matchRules", json=[{"name": "card", "attributes": ["card"]}])
    assert found(client, shop.view)["totalCount"] == 1


@pytest.mark.parametrize("slug", ["pos-receipt", "web-order", "business-partner", "loyalty-movement"])
def test_every_shipped_sample_is_placed(client: FlaskClient, catalog: Catalog, view: str, slug: str):
    """Each accepted event reaches a customer, or is listed with the reason."""
    contract = contract_of(catalog, slug)
    for sample in contract.accepted_samples:
        send(client, contract, sample.event, more="&purposeIds=" + ",".join(contract.purposes_missing))
    counts = client.get("/_mock/counts").get_json()
    answer = found(client, view)
    events = sum(
        len(client.get(f"{view}/customers/{profile['_id']}/activities").get_json()["activities"])
        for profile in answer["profiles"]
    )
    assert answer["totalCount"] >= 1
    assert events + answer["unmapped"]["count"] + answer["discarded"]["count"] <= counts["accepted"]
