"""Which customer an event reaches: rules in order, merging, merge rules, purposes, and what becomes of an event."""

import copy
from itertools import count

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.contract.contract import Catalog, Contract, Unit
from mock_cdp.contract.entities import (
    Application,
    BusinessUnit,
    Credentials,
    CustomerSchema,
    Event,
    MatchingRule,
    View,
)
from mock_cdp.contract.entities import Mapping as FieldMapping
from mock_cdp.contract.model import Model
from mock_cdp.core.attributes import MAX_COMBINATIONS, identifiers, rule_keys
from mock_cdp.core.customer_documents import activity_document, profile_document
from mock_cdp.core.identity import Identity
from mock_cdp.core.mapping import customer_schema
from mock_cdp.core.profile import Accepted, Profile, Unplaced
from running import contract_of

NOW = 1_795_489_567.0
TEXTS = {"type": "array", "items": {"type": "string"}}
PROFILE = {
    "crmId": TEXTS,
    "email": {"type": "string"},
    "name": {"type": "string"},
    "born": {"type": "string"},
    "tags": {"type": ["array", "null"]},
    "address": {"type": "object", "properties": {"zip": {"type": "string"}, "lines": {"items": {}}}},
    "cards": {"type": "array", "items": {"$ref": "#/definitions/card"}},
}
ORDER = {
    "id": {"type": "string"},
    "vouchers": TEXTS,
    "total": {"properties": {"value": {}}},
    "products": {
        "type": "array",
        "items": {"properties": {"sku": {}, "amount": {}, "tags": TEXTS, "parts": {"$ref": "#/parts"}}},
    },
}
SCHEMAS = (
    CustomerSchema(
        id="Hprofile",
        name="Profile",
        schema_type=0,
        schema={"properties": PROFILE, "definitions": {"card": {"properties": {"no": {}, "kind": {}}}}},
    ),
    CustomerSchema(
        id="Horders",
        name="Orders",
        schema_type=1,
        schema={"properties": ORDER, "parts": {"type": "array", "items": {"properties": {"no": {}}}}},
    ),
    CustomerSchema(id="Hprivacy", name="Privacy", schema_type=2, schema={"properties": {"x": {}}}),
)
SAME_NAMES = {name: f"profile:{name}" for name in PROFILE}


def rule(*attributes: str, policy: str = "merge") -> MatchingRule:
    """Return a rule called after its attributes."""
    return MatchingRule(
        id="H" + "".join(attributes), name="+".join(attributes), attributes=attributes, ucp_resolution_policy=policy
    )


def unit_of(*schemas: CustomerSchema) -> Unit:
    """Return a business unit with these customer schemas."""
    return Unit(business_unit=BusinessUnit(id="4_unit", name="Shop"), slug="shop", place="", customer_schemas=schemas or SCHEMAS)


def made_contract(mappings: dict[str, str], **event) -> Contract:
    """Return a contract that maps *mappings*: field of the event to `schema:field`."""
    listed = [(source, *target.split(":")) for source, targets in mappings.items() for target in targets.split()]
    return Contract(
        business_unit=BusinessUnit(id="4_unit", name="Shop"),
        application=Application(id="Happ", name="Till"),
        event=Event(id="Hevent", name="Sale", **event),
        model=Model({"type": "object"}),
        credentials=Credentials(user_key="A", user_secret="s"),
        mappings=tuple(FieldMapping(source_field=s, target=t, target_field=f) for s, t, f in listed),
        path="shop/till/sale",
    )


class Shop:
    """An identity under test, and events for it, each a second after the last."""

    def __init__(self, *rules: MatchingRule, merge_rules=None, priority=(), unit: Unit | None = None):
        view = View(id="Hview", name="Marketing", type="Marketing", match_rules=rules, match_rules_priority=priority)
        properties = {"properties": merge_rules} if merge_rules else {}
        self.identity = Identity(unit or unit_of(), view, properties)
        self.calls = count(1)

    def add(self, contract: Contract | None = None, /, *, granted=(), **event) -> Profile | None:
        number = next(self.calls)
        accepted = Accepted(
            call_id=f"call-{number}",
            index=0,
            received_at=NOW + number,
            contract=contract or DEFAULT,
            event=event,
            granted=frozenset(granted),
        )
        return self.identity.add(accepted)

    def groups(self) -> set[frozenset[str]]:
        return groups(self.identity)


DEFAULT = made_contract(SAME_NAMES)
ORDERING = made_contract(SAME_NAMES | {"name": "profile:name orders:id"})


def groups(identity: Identity) -> set[frozenset[str]]:
    """Return which deliveries reached the same profile."""
    return {frozenset(call for call, _ in profile.events) for profile in identity.profiles()}


def built(mappings: dict[str, str], event: dict) -> dict:
    """Return the attributes of the order that *event* becomes."""
    shop = Shop(rule("email"))
    profile = shop.add(made_contract({"email": "profile:email", **mappings}), email="a@b.example", **event)
    (activity,) = shop.identity.activities(profile.id, "orders")
    return activity.attributes


# -- the contracts that ship -------------------------------------------------------------------------------------------


@pytest.fixture
def retail(catalog: Catalog) -> Identity:
    """Return the shipped business unit's customers before any event."""
    (unit,) = catalog.units
    return Identity(unit, unit.views[0])


def sent(catalog: Catalog, slug: str, sample: str, **changes) -> Accepted:
    """Return an accepted sample with *changes*."""
    contract = contract_of(catalog, slug)
    event = next(one.event for one in contract.accepted_samples if one.name == sample)
    return Accepted(call_id=f"{slug}/{sample}", index=0, received_at=NOW, contract=contract, event=event | changes)


def test_a_receipt_and_a_web_order_of_one_customer_reach_one_profile(catalog: Catalog, retail: Identity):
    """The receipt knows the card, the order the address; the loyalty movement knows both."""
    receipt = retail.add(sent(catalog, "pos-receipt", "two-items-loyalty-card"))
    movement = retail.add(sent(catalog, "loyalty-movement", "earn"))
    order = retail.add(sent(catalog, "web-order", "one-item", email="ada@crm.example.com"))
    person = retail.add(sent(catalog, "business-partner", "person"))
    assert receipt is movement is order is person
    assert receipt.attributes == {
        "loyaltyCardNo": ["9900000000042"],
        "primaryEmail": "ada@crm.example.com",
        "ciamId": ["ada"],
        "masterDataId": ["0000004711"],
        "firstName": "Ada",
        "lastName": "Example",
        "primaryPhone": "+4915112345678",
        "birthdate": "1985-12-10",
        "gender": "f",
        "language": "de",
        "blocked": False,
    }
    bought = [activity.attributes for activity in retail.activities(receipt.id, "Orders")]
    assert [order["orderId"] for order in bought] == ["R101-20241130-3-1288", "00047110"]
    assert bought[0]["items"] == [
        {"sku": "4006381333931", "quantity": 2, "amount": 39.8, "unit": "EA"},
        {"sku": "4006381333948", "quantity": 0.25, "amount": 2.5, "unit": "KG", "promotionId": "WINTER24"},
    ]
    assert bought[1]["vouchers"] == ["WELCOME5"]
    assert len(retail.activities(receipt.id, "loyalty")) == 1


def test_every_accepted_sample_is_placed_or_counted(catalog: Catalog, retail: Identity):
    """Only the business partner without an address holds no identifier."""
    for contract in catalog.contracts:
        for sample in contract.accepted_samples:
            retail.add(sent(catalog, contract.slug, sample.name))
    assert retail.unmapped == [
        Unplaced(
            call_id="business-partner/name-only",
            index=0,
            event="retail/s4hana/business-partner",
            reason="no value for all attributes of any matching rule",
        )
    ]
    assert retail.discarded == []
    assert sum(len(profile.events) for profile in retail.profiles()) == 8


# -- matching ----------------------------------------------------------------------------------------------------------


def test_rules_are_tried_by_priority_and_then_as_written():
    """The first that leads to somebody wins, though a later one would lead elsewhere."""
    shop = Shop(rule("email"), rule("name"), rule("crmId"), priority=("HcrmId", "Hnone", "HcrmId"))
    by_email, by_name, by_crm = shop.add(email="e"), shop.add(name="n"), shop.add(crmId=["1"])
    assert shop.add(email="e", name="n", crmId="1") is by_crm
    assert shop.add(email="e2", name="n", crmId="9") is by_name
    assert by_email.attributes == {"email": "e"}
    assert by_crm.attributes == {"email": "e", "name": "n", "crmId": ["1"]}


def test_a_rule_needs_all_of_its_attributes():
    """Of the event, and of the profile."""
    shop = Shop(rule("name", "born"))
    ada = shop.add(name="Ada", born="1815")
    assert shop.add(name="Ada") is None
    assert shop.add(born="1815") is None
    assert shop.add(name="Ada", born="1816") is not ada
    assert shop.add(name="Ada", born="1815", email="x") is ada
    assert len(shop.identity.unmapped) == 2


def test_lists_match_by_any_common_element():
    """Also across attributes that came with different events."""
    shop = Shop(rule("crmId", "tags"), rule("email"))
    one = shop.add(crmId=["1", "2"], email="e")
    assert shop.add(email="e", tags=["x", "y"]) is one
    assert shop.add(crmId=["9", "2"], tags=["y"]) is one
    assert one.attributes["crmId"] == ["1", "2", "9"]
    assert shop.add(crmId="9", tags="x") is one
    assert shop.add(crmId=["8"], tags=["x"]) is not one


def test_a_rule_may_look_into_objects():
    """Nested ones, and those in a list, whole or by a field of each."""
    contract = made_contract({"zip": "profile:address.zip", "cards.no": "profile:cards.no", "cards.kind": "profile:cards.kind"})
    shop = Shop(rule("address.zip", "cards.no"))
    one = shop.add(contract, zip="10115", cards=[{"no": "1", "kind": "gold"}, {"no": "2"}])
    assert shop.add(contract, zip="10115", cards=[{"no": "2", "kind": "red"}]) is one
    assert shop.add(contract, zip="10117", cards=[{"no": "2"}]) is not one
    assert one.attributes == {
        "address": {"zip": "10115"},
        "cards": [{"no": "1", "kind": "gold"}, {"no": "2"}, {"no": "2", "kind": "red"}],
    }


@pytest.mark.parametrize("other", [1, True, "1 ", 1.5], ids=repr)
def test_only_equal_values_identify(other: object):
    """Text is no number, a boolean is neither, and blanks count."""
    shop = Shop(rule("email"))
    one = shop.add(email="1")
    another = shop.add(email=other)
    assert another is not one
    assert shop.add(email=other) is another


@pytest.mark.parametrize("value", ["", "  ", None, {"a": 1}, [], [[]]], ids=repr)
def test_what_says_nothing_identifies_nobody(value: object):
    """Everybody without a card number is not one customer."""
    shop = Shop(rule("email"))
    assert shop.add(email=value) is shop.add(email=value) is None
    assert len(shop.identity.unmapped) == 2


def test_merge_makes_one_of_all_that_match():
    """The oldest stays, with everything of the others; what led to them leads to it."""
    shop = Shop(rule("crmId"), rule("email"))
    old = shop.add(ORDERING, crmId="1", name="Ada", granted=["p"])
    young = shop.add(ORDERING, crmId="2", name="Ada L.", email="e", granted=["q"])
    other = shop.add(crmId="3")
    assert shop.add(crmId=["2", "1"], born="1815") is old
    assert shop.identity.profiles() == [old, other]
    assert shop.identity.profile(young.id) is None
    assert shop.add(email="e") is shop.add(crmId="2") is old
    assert old.attributes == {"crmId": ["1", "2"], "name": "Ada L.", "email": "e", "born": "1815"}
    assert old.purposes == {"p", "q"}
    assert len(old.events) == 5
    bought = shop.identity.activities(old.id, "Orders")
    assert [(order.number, order.attributes) for order in bought] == [(1, {"id": "Ada"}), (2, {"id": "Ada L."})]


def test_keep_all_gives_the_event_to_the_oldest():
    """And leaves the others as they are."""
    shop = Shop(rule("email"), rule("tags", policy="keepAll"))
    old, young = shop.add(email="1", tags="t"), shop.add(email="2")
    shop.add(email="2", tags="t")
    assert shop.add(tags=["t"], born="x") is old
    assert shop.identity.profiles() == [old, young]
    assert "born" not in young.attributes


def test_a_value_that_was_overwritten_no_longer_leads_anywhere():
    """A profile is found by what it holds; by that again when it returns."""
    shop = Shop(rule("crmId"), rule("email"))
    one = shop.add(crmId="1", email="old")
    shop.add(crmId="1", email="new")
    other = shop.add(email="old")
    assert other is not one
    assert shop.add(email="new") is one
    shop.add(crmId="1", email="newer")
    shop.add(crmId="1", email="new")
    assert shop.add(email="new") is one
    assert shop.groups() == {frozenset({"call-1", "call-2", "call-4", "call-5", "call-6", "call-7"}), frozenset({"call-3"})}


def test_without_rules_nobody_is_identified():
    """A rule without attributes would match everybody, so it is none."""
    shop = Shop(rule())
    assert shop.add(email="x") is None
    assert len(shop.identity.unmapped) == 1


# -- merge rules -------------------------------------------------------------------------------------------------------


def test_an_immutable_attribute_keeps_its_first_value():
    """Without a conflict rule the event is taken without it; when profiles merge, the earlier value stays."""
    shop = Shop(rule("crmId"), merge_rules={"born": {"writePolicy": "immutable"}})
    one, two = shop.add(crmId="1"), shop.add(crmId="2", born="1815")
    shop.add(crmId="1", born="1816", name="n")
    shop.add(crmId="1", born="1817")
    assert (one.attributes["born"], two.attributes["born"]) == ("1816", "1815")
    shop.add(crmId=["1", "2"])
    assert one.attributes == {"crmId": ["1", "2"], "born": "1815", "name": "n"}


def test_a_conflict_may_discard_the_event():
    """With a reason; nothing of it is kept."""
    shop = Shop(rule("crmId"), merge_rules={"born": {"writePolicy": "immutable", "writeConflictRule": "discardEvent"}})
    one = shop.add(crmId="1", born="1815")
    assert shop.add(crmId="1", born="1816", name="n", granted=["p"]) is None
    (discarded,) = shop.identity.discarded
    assert discarded.call_id == "call-2"
    assert "another value of born" in discarded.reason
    assert (one.attributes, one.purposes, len(one.events)) == ({"crmId": ["1"], "born": "1815"}, set(), 1)
    assert shop.add(crmId="1", born="1815") is one


@pytest.mark.parametrize("policy", ["merge", "keepAll"])
def test_a_conflict_may_make_a_new_profile(policy: str):
    """Later events reach the profile they agree with, and the two are not merged."""
    conflict = {"writePolicy": "immutable", "writeConflictRule": "createUcp"}
    shop = Shop(rule("email", policy=policy), merge_rules={"born": conflict, "crmId": conflict})
    mother, daughter = shop.add(email="home", born="1815"), shop.add(email="home", born="1836")
    assert mother is not daughter
    assert shop.add(email="home", born="1836", crmId="2") is daughter
    assert shop.add(email="home", born="1815", crmId="1") is mother
    assert shop.add(email="home") is mother
    assert shop.identity.profiles() == [mother, daughter]
    assert shop.add(email="home", born="1836", crmId="3") not in {mother, daughter}


def test_a_list_keeps_its_newest_values():
    """A value that comes again is new again; an immutable list keeps the first."""
    newest, first = {"maxValues": 2}, {"writePolicy": "immutable", "maxValues": 2}
    shop = Shop(rule("email"), merge_rules={"crmId": newest, "tags": first})
    for values in (["1", "2"], ["1"], ["3"], ["4", "5", "4"]):
        one = shop.add(email="e", crmId=values, tags=values)
        assert len(one.attributes["crmId"]) == 2
    assert one.attributes == {"email": "e", "crmId": ["4", "5"], "tags": ["1", "2"]}


@pytest.mark.parametrize(
    "merge_rules",
    [{"crmId": 5}, {"crmId": {"maxValues": 0}}, {"crmId": {"maxValues": True}}, {"crmId": {"writeConflictRule": "createUcp"}}],
    ids=repr,
)
def test_what_is_no_merge_rule_changes_nothing(merge_rules: dict):
    """Views are kept as they come."""
    shop = Shop(rule("email"), merge_rules=merge_rules)
    shop.add(email="e", crmId="1")
    assert shop.add(email="e", crmId=["2", "3"]).attributes["crmId"] == ["1", "2", "3"]


def test_the_views_own_merge_rules_hold_unless_others_are_given(catalog: Catalog):
    """As `mergeRules` of the view."""
    view = View(id="Hv", name="v", type="Marketing", match_rules=(rule("email"),), merge_rules={"properties": 5})
    assert Identity(unit_of(), view).profiles() == []
    immutable = {"properties": {"name": {"writePolicy": "immutable"}}}
    for own, given_rules in ((immutable, {}), ({}, immutable)):
        identity = Identity(unit_of(), msgspec.structs.replace(view, merge_rules=own), given_rules)
        for name in "ab":
            event = {"email": "e", "name": name}
            identity.add(Accepted(call_id=name, index=0, received_at=NOW, contract=DEFAULT, event=event))
        assert [profile.attributes["name"] for profile in identity.profiles()] == ["a"]


# -- purposes ----------------------------------------------------------------------------------------------------------


def test_a_required_purpose_must_have_been_granted():
    """By the event's settings, by the delivery, or by an earlier event of the same customer."""
    needs = made_contract(SAME_NAMES, required_purpose_ids=("p", "q"), purpose_ids=("q",))
    shop = Shop(rule("email"))
    assert shop.add(needs, email="new") is None
    assert shop.add(needs, email="e", granted=["p"]).purposes == {"p", "q"}
    assert shop.add(needs, email="e") is not None
    one = shop.add(email="f")
    assert shop.add(needs, email="f") is None
    assert one.purposes == set()
    shop.add(email="f", granted=["p"])
    assert shop.add(needs, email="f") is one
    reasons = {discarded.reason for discarded in shop.identity.discarded}
    assert reasons == {"the customer has not granted the required purposes: p"}
    assert [profile.purposes for profile in shop.identity.profiles()] == [{"p", "q"}, {"p", "q"}]


def test_profiles_that_an_event_merges_bring_their_purposes_together():
    """And a discarded event merges nothing."""
    needs = made_contract(SAME_NAMES, required_purpose_ids=("p", "q"))
    shop = Shop(rule("crmId"))
    one = shop.add(crmId="1", granted=["p"])
    shop.add(crmId="2", granted=["q"])
    assert shop.add(needs, crmId="1") is None
    assert len(shop.identity.profiles()) == 2
    assert shop.add(needs, crmId=["1", "2"]) is one
    assert len(shop.identity.profiles()) == 1


# -- mapping -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mappings", "event", "expected"),
    [
        ({"no": "orders:id"}, {"no": "1"}, {"id": "1"}),
        ({"no": "orders:id"}, {"no": None}, {}),
        ({"no": "orders:id"}, {"no": ["1", "2"]}, {"id": "1"}),
        ({"no": "orders:id", "a.b": "orders:total.value"}, {"a": {"b": 5}}, {"total": {"value": 5}}),
        ({"v": "orders:vouchers"}, {"v": "1"}, {"vouchers": ["1"]}),
        ({"v": "orders:vouchers"}, {"v": ["1", None, ["2", "1"]]}, {"vouchers": ["1", "2", "1"]}),
        ({"v": "orders:vouchers", "w": "orders:vouchers"}, {"v": "1", "w": ["2"]}, {"vouchers": ["1", "2"]}),
        ({"i.sku": "orders:vouchers"}, {"i": [{"sku": "1"}, {}, {"sku": "2"}]}, {"vouchers": ["1", "2"]}),
        (
            {"i.sku": "orders:products.sku", "i.n": "orders:products.amount"},
            {"i": [{"n": 1}, {"sku": "B", "n": 2}, {}, {"sku": "D"}]},
            {"products": [{"amount": 1}, {"sku": "B", "amount": 2}, {"sku": "D"}]},
        ),
        (
            {"i.sku": "orders:products.sku", "extra.sku": "orders:products.sku"},
            {"i": [{"sku": "A"}, {"sku": "B"}], "extra": [{"sku": "C"}]},
            {"products": [{"sku": "A"}, {"sku": "B"}, {"sku": "C"}]},
        ),
        (
            {"sku": "orders:products.sku", "n": "orders:products.amount"},
            {"sku": 1, "n": 2},
            {"products": [{"sku": 1, "amount": 2}]},
        ),
        (
            {"i.sku": "orders:products.sku", "i.tags": "orders:products.tags"},
            {"i": [{"sku": "A", "tags": ["x", "y"]}, {"sku": "B", "tags": "z"}]},
            {"products": [{"sku": "A", "tags": ["x", "y"]}, {"sku": "B", "tags": ["z"]}]},
        ),
        (
            {"o.i.sku": "orders:products.sku", "o.i.n": "orders:products.amount"},
            {"o": [{"i": [{"sku": "A", "n": 1}, {"sku": "B", "n": 2}]}, {"i": [{"sku": "C", "n": 3}]}]},
            {"products": [{"sku": "A", "amount": 1}, {"sku": "B", "amount": 2}, {"sku": "C", "amount": 3}]},
        ),
        (
            {"i.p.no": "orders:products.parts.no", "i.sku": "orders:products.sku"},
            {"i": [{"sku": "A", "p": [{"no": 1}, {"no": 2}]}, {"sku": "B", "p": [{"no": 3}]}]},
            {"products": [{"parts": [{"no": 1}, {"no": 2}], "sku": "A"}, {"parts": [{"no": 3}], "sku": "B"}]},
        ),
        ({"i": "orders:products"}, {"i": [{"any": [1]}]}, {"products": [{"any": [1]}]}),
        ({"i": "orders:products orders:products.sku", "n": "orders:products.amount"}, {"i": ["x"], "n": 1}, {"products": ["x"]}),
        ({"t": "orders:total", "v": "orders:total.value"}, {"t": {"a": 1}, "v": 5}, {"total": {"a": 1}}),
        ({"v": "orders:id orders:id.x.y"}, {"v": 5}, {"id": 5}),
        ({"i": "orders:products.sku orders:products"}, {"i": ["x"]}, {"products": [{"sku": "x"}]}),
        ({"v": "orders:unknown.deep"}, {"v": 5}, {"unknown": {"deep": 5}}),
        ({"v": "Horders:id"}, {"v": 5}, {"id": 5}),
        ({"v": f"orders:{'.'.join('x' * 51)} orders:id nowhere:id Hprivacy:x"}, {"v": 5}, {"id": 5}),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else None,
)
def test_how_fields_become_an_activity(mappings: dict, event: dict, expected: dict):
    """Elements stay together; lists in lists pair up from the outside; what is in the way wins; the event stays as it was."""
    before = copy.deepcopy(event)
    assert built(mappings, event) == expected
    assert event == before


def test_a_customer_schema_may_be_called_by_its_file(catalog: Catalog):
    """Or by its id, or by its name in any case."""
    (unit,) = catalog.units
    profile = next(schema for schema in unit.customer_schemas if schema.name == "Profile")
    renamed = msgspec.structs.replace(unit, customer_schemas=(msgspec.structs.replace(profile, name="Customers"),))
    assert [customer_schema(renamed, called).id for called in ("profile", "CUSTOMERS", profile.id)] == [profile.id] * 3
    assert customer_schema(renamed, "Profile") is None


def test_nobody_has_activities_of_what_is_not_there():
    """Neither a customer nor a schema that does not exist."""
    shop = Shop(rule("email"))
    one = shop.add(email="e")
    assert shop.identity.activities(one.id, "Orders") == []
    assert shop.identity.activities(one.id, "none") == []
    assert shop.identity.activities("Hnone", "Orders") == []


# -- documents ---------------------------------------------------------------------------------------------------------


def test_documents_have_the_members_seen_in_client_code():
    """Times as the family writes them; ids that anybody derives again from the same event."""
    contract = made_contract({"email": "profile:email", "no": "orders:id"}, purpose_ids=("q",))
    documents = []
    for _ in range(2):
        shop = Shop(rule("email"))
        profile = shop.add(contract, email="e", no="1", granted=["p"])
        shop.add(contract, email="e", no="2")
        documents.append(profile_document(profile, shop.identity.view))
    assert documents[0] == documents[1]
    assert documents[0] == {
        "_id": profile.id,
        "viewId": "Hview",
        "created": "2026-11-24T03:06:08.000Z",
        "updated": "2026-11-24T03:06:09.000Z",
        "firstSeen": "2026-11-24T03:06:08.000Z",
        "lastSeen": "2026-11-24T03:06:09.000Z",
        "attributes": {"email": "e"},
        "activityIndicators": [],
        "segments": [],
        "privacy": {"purposes": ["p", "q"], "subscriptions": []},
    }
    assert (len(profile.id), profile.id[0]) == (22, "H")
    first, second = (activity_document(activity) for activity in shop.identity.activities(profile.id, "Orders"))
    assert first.pop("_id") != second.pop("_id")
    assert first == {"sourceId": "Happ", "created": "2026-11-24T03:06:08.000Z", "attributes": {"id": "1"}}


# -- whatever comes ----------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)
SOURCES = st.sampled_from(["a", "b", "a.a", "a.b", "b.a", "a.b.a", ""])
TARGETS = st.sampled_from([*PROFILE, "address.zip", "address.lines", "cards.no", "cards.kind", "name.x"]).map("profile:{}".format)
ORDERED = st.sampled_from(
    ["orders:id", "orders:vouchers", "orders:products", "orders:products.sku", "orders:products.tags", "orders:products.parts.no"]
)
MAPPINGS = st.dictionaries(SOURCES, st.lists(TARGETS | ORDERED, min_size=1, max_size=3).map(" ".join), max_size=5)
ATTRIBUTES = st.sampled_from([*PROFILE, "address.zip", "cards.no"])
RULES = st.lists(
    st.builds(
        lambda attributes, policy: rule(*attributes, policy=policy),
        st.lists(ATTRIBUTES, min_size=1, max_size=2),
        st.sampled_from(["merge", "keepAll"]),
    ),
    max_size=3,
)
MERGE_RULES = st.dictionaries(
    ATTRIBUTES,
    st.fixed_dictionaries(
        {},
        optional={
            "writePolicy": st.sampled_from(["immutable", "mutable"]),
            "maxValues": st.integers(1, 2),
            "writeConflictRule": st.sampled_from(["discardEvent", "createUcp"]),
        },
    ),
    max_size=3,
)


@given(st.lists(st.tuples(st.integers(0, 1), JSON), max_size=8), st.lists(MAPPINGS, min_size=2, max_size=2), RULES, MERGE_RULES)
def test_any_event_is_placed_once_or_counted(events, mappings, rules, merge_rules):
    """Whatever the events, mappings and rules: nothing raises, nothing is lost, and every index entry is true."""
    shop = Shop(*rules, merge_rules=merge_rules)
    identity = shop.identity
    contracts = [made_contract(one) for one in mappings]
    activities = 0
    for number, (which, event) in enumerate(events):
        accepted = Accepted(call_id=str(number), index=0, received_at=NOW, contract=contracts[which], event=event)
        if identity.add(accepted) is not None:
            activities += any("orders:" in targets for targets in mappings[which].values())
    placed = [call for profile in identity.profiles() for call, _ in profile.events]
    unplaced = [one.call_id for one in identity.unmapped + identity.discarded]
    assert sorted(placed + unplaced) == sorted(str(number) for number in range(len(events)))
    assert len(identity.profiles()) <= len(events)
    assert sum(len(identity.activities(profile.id, "Orders")) for profile in identity.profiles()) == activities
    for profile in identity.profiles():
        assert identity.profile(profile.id) is profile
        assert profile_document(profile, identity.view)["attributes"] == profile.attributes
        for number, _, attributes in identity._rules:
            assert profile.keys[number] == expected_keys(number, profile, attributes)
            assert all(profile.number in identity._index[key] for key in profile.keys[number])


def expected_keys(number: int, profile: Profile, attributes: list[tuple[str, ...]]) -> set:
    """Return what must lead to *profile*, worked out from all that it holds."""
    return rule_keys(number, [identifiers(profile.held, attribute) for attribute in attributes])


CUSTOMERS = st.lists(
    st.lists(st.fixed_dictionaries({}, optional={"crmId": st.sampled_from("123"), "email": st.sampled_from("xyz")}), max_size=5),
    min_size=2,
    max_size=4,
)


@given(CUSTOMERS, st.randoms(use_true_random=False))
def test_customers_do_not_touch_each_other(customers, random):
    """However the events of different customers alternate, each customer's are grouped as when they come alone."""
    named = [
        [(f"{who}/{at}", {name: f"{who}-{value}" for name, value in event.items()}) for at, event in enumerate(events)]
        for who, events in enumerate(customers)
    ]
    alone = set().union(*(grouped(events) for events in named))
    turns = [who for who, events in enumerate(named) for _ in events]
    random.shuffle(turns)
    waiting = [iter(events) for events in named]
    assert grouped([next(waiting[who]) for who in turns]) == alone


def grouped(events: list[tuple[str, dict]]) -> set[frozenset[str]]:
    """Return which of *events* reach the same profile."""
    identity = Shop(rule("crmId"), rule("email", policy="keepAll")).identity
    for call, event in events:
        identity.add(Accepted(call_id=call, index=0, received_at=NOW, contract=DEFAULT, event=event))
    return groups(identity)


@given(st.lists(st.lists(st.sampled_from("1234567"), min_size=1, max_size=3), max_size=12))
def test_merging_groups_what_is_connected(events: list[list[str]]):
    """By one merging rule over a list, the profiles are the connected parts, found here by brute force."""
    shop = Shop(rule("crmId"))
    parts: list[set[str]] = []
    for values in events:
        shop.add(crmId=values)
        touching = [part for part in parts if part & set(values)]
        parts = [part for part in parts if part not in touching] + [set(values).union(*touching)]
    assert {frozenset(profile.attributes["crmId"]) for profile in shop.identity.profiles()} == set(map(frozenset, parts))


def test_a_rule_over_long_lists_does_not_explode():
    """Its combinations are cut: a thousand times a thousand values are not all led from."""
    shop = Shop(rule("crmId", "tags"))
    values = [str(number) for number in range(1_000)]
    one = shop.add(crmId=values, tags=values)
    assert shop.add(crmId=values, tags=values) is one
    assert len(one.keys[0]) == len(shop.identity._index) == MAX_COMBINATIONS
