"""What refers to what in a contract folder, and where a problem is said to be."""

import json
import shutil
from pathlib import Path

import pytest

from mock_cdp.contract import ids
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.check import check_folder
from mock_cdp.contract.folder import load
from running import contract_of

APPLICATIONS = "retail/applications"
POS = f"{APPLICATIONS}/sap-car/dataevents/pos-receipt"
VIEW = "retail/views/marketing.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the contracts that ship."""
    return Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))


def change(path: Path, **members: object) -> None:
    """Change members of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def places(folder: Path) -> list[tuple[str, str]]:
    """Return file and pointer of every problem."""
    return [(problem.file, problem.pointer) for problem in check_folder(folder)[1]]


def test_every_problem_names_a_file_that_is_there(folder: Path):
    """Also when a file is not called what its entity is called, and when another business unit is broken."""
    shutil.copytree(folder / "retail", folder / "broken")
    (folder / "broken/businessunit.json").write_text("{")
    (folder / VIEW).rename(folder / "retail/views/unified.json")
    change(folder / "retail/views/unified.json", matchRulesPriority=["Hnone"])
    change(folder / POS / "event.json", purposeIds=["none"])
    for name in ("marketing", "analytics"):
        change(folder / f"retail/purposes/{name}.json", id="Hthesame")
    found = places(folder)
    assert {("retail/views/unified.json", "/matchRulesPriority/0"), (f"{POS}/event.json", "/purposeIds/0")} <= set(found)
    assert ("retail/purposes/marketing.json", "/id") in found
    assert [file for file, _ in found if not (folder / file).is_file()] == []
    assert found == places(folder)


@pytest.mark.parametrize(("root", "file"), [("", f"{POS}/event.json"), ("retail", f"{POS.removeprefix('retail/')}/event.json")])
def test_files_are_named_within_the_folder_that_was_given(folder: Path, root: str, file: str):
    """`contracts` or `contracts/retail`."""
    change(folder / POS / "event.json", purposeIds=["none"])
    assert places(folder / root) == [(file, "/purposeIds/0")]


def test_two_events_at_one_url_are_found(folder: Path):
    """An external id may stand once in an application, and again in another one."""
    shutil.copytree(folder / POS, folder / POS / "../till")
    change(folder / POS / "../till/event.json", externalId="pos-receipt")
    assert places(folder) == [(f"{APPLICATIONS}/sap-car/dataevents/till/event.json", "/externalId")]
    change(folder / POS / "../till/event.json", externalId="web-order")
    assert places(folder) == []


def test_ids_and_user_keys_stand_once(folder: Path):
    """The later file is the one to mend, and it is told which the earlier one is."""
    change(folder / POS / "event.json", id="Hthesame")
    change(folder / "retail/purposes/marketing.json", id="Hthesame")
    keys = json.loads((folder / APPLICATIONS / "sap-car/application.json").read_text())["credentials"]
    change(folder / APPLICATIONS / "s4hana/application.json", credentials=keys)
    rules = json.loads((folder / VIEW).read_text())["matchRules"]
    change(folder / VIEW, matchRules=[*rules, rules[0]])
    assert places(folder) == [
        (f"{APPLICATIONS}/sap-car/application.json", "/credentials/userKey"),
        (f"{POS}/event.json", "/id"),
        (VIEW, "/matchRules/3/id"),
    ]


@pytest.mark.parametrize("member", ["id", "externalId"])
def test_what_goes_into_a_url_fits_into_one(folder: Path, member: str):
    """A slash would make another path of it."""
    change(folder / POS / "event.json", **{member: "a/b"})
    assert places(folder) == [(f"{POS}/event.json", f"/{member}")]


@pytest.mark.parametrize("called", ["Marketing", "marketing", "newsletter", "{id}"])
def test_a_purpose_is_known_by_id_name_or_file(folder: Path, called: str):
    """In memory it is always the id: that is what a delivery names."""
    (folder / "retail/purposes/marketing.json").rename(folder / "retail/purposes/newsletter.json")
    purpose_id = ids.entity_id("purpose", "retail", "newsletter")
    named = [called.format(id=purpose_id)]
    change(folder / POS / "event.json", purposeIds=["analytics"], requiredPurposeIds=named)
    change(folder / f"{APPLICATIONS}/s4hana/dataevents/business-partner/event.json", purposeIds=[])
    assert places(folder) == []
    assert contract_of(load(folder), "pos-receipt").purposes_missing == {purpose_id}


def test_a_purpose_granted_by_name_and_required_by_id_is_the_same_purpose(folder: Path):
    """The ingestion grants it, so nothing is missing."""
    purpose_id = ids.entity_id("purpose", "retail", "marketing")
    change(folder / POS / "event.json", purposeIds=["Marketing"], requiredPurposeIds=[purpose_id])
    assert contract_of(load(folder), "pos-receipt").purposes_missing == frozenset()


def test_a_customer_schema_is_known_by_its_files_name(folder: Path):
    """Whatever name it has."""
    change(folder / "retail/customerschemas/orders.json", name="Purchases of any kind")
    assert places(folder) == []


def test_a_broken_customer_schema_is_said_once(folder: Path):
    """Not once more for every mapping into it."""
    for schema in ({"type": "nonsense"}, {"type": "object", "properties": 5, "allOf": 7}):
        change(folder / "retail/customerschemas/orders.json", schema=schema)
        assert {file for file, _ in places(folder)} == {"retail/customerschemas/orders.json"}
        assert len(places(folder)) == 1


def test_a_view_may_name_its_rules_and_knows_the_profile(folder: Path):
    """Priority by rule name when ids are left out; attributes that the profile has."""
    rule = {"name": "Same card", "attributes": ["loyaltyCardNo"]}
    change(folder / VIEW, matchRules=[rule], matchRulesPriority=["Same card"])
    assert places(folder) == []
    view = load(folder).units[0].views[0]
    assert view.match_rules_priority == (view.match_rules[0].id,)
    change(folder / VIEW, matchRules=[rule | {"attributes": ["loyaltyCard"]}])
    problem = check_folder(folder)[1][0]
    assert (problem.file, problem.pointer) == (VIEW, "/matchRules/0/attributes/0")
    assert problem.do == "did you mean 'loyaltyCardNo'?"


def test_samples_and_mappings_are_read_even_if_the_model_is_broken(folder: Path):
    """All problems at once, not one a run."""
    (folder / POS / "model.schema.json").write_text("{")
    (folder / POS / "mappings.json").write_text("[{}]")
    (folder / POS / "samples/rejected/anonymous.json").write_text("{}")
    assert {file for file, _ in places(folder)} == {
        f"{POS}/{name}" for name in ("mappings.json", "model.schema.json", "samples/rejected/anonymous.json")
    }


@pytest.mark.parametrize("customer", [{}, {"loyaltyCardNo": ""}, {"crmId": ""}, {"crmId": None}])
def test_an_anonymous_receipt_is_refused(catalog, customer: dict):
    """Also when CPI leaves the element empty."""
    contract = contract_of(catalog, "pos-receipt")
    receipt = {name: value for name, value in contract.accepted_samples[0].event.items() if name != "crmId"}
    assert contract.model.violations(receipt | customer)
    assert contract.model.accepts(receipt | {"loyaltyCardNo": "9900000000042"})
    assert contract.model.accepts(receipt | {"loyaltyCardNo": "", "crmId": "0000123456"})


def test_the_keys_that_ship_are_fake_and_in_cdps_shape(catalog):
    """One needs no escaping in a curl line, one needs all of it, one is derived."""
    keys = {contract.application.name: contract.credentials for contract in catalog.contracts}
    for one in keys.values():
        assert (len(one.user_key), one.user_key[0], len(one.user_secret)) == (12, "A", 32)
    assert (keys["SAP CAR"].user_key + keys["SAP CAR"].user_secret).isalnum()
    shop = keys["SAP Commerce"]
    assert {"+", "/"} <= set(shop.user_key) & set(shop.user_secret)
    assert shop.user_secret.endswith("=")
    assert all("FAKE" in one.user_secret for name, one in keys.items() if name != "Loyalty engine")


@pytest.mark.parametrize(
    ("given", "place", "do"),
    [
        ({"propertys": {}}, "/propertys", "did you mean 'properties'?"),
        ({"requird": ["a"]}, "/requird", "did you mean 'required'?"),
        ({"additionalProperty": False}, "/additionalProperty", "did you mean 'additionalProperties'?"),
        ({"additionalproperties": False}, "/additionalproperties", "did you mean 'additionalProperties'?"),
        ({"properties": {"a": {"patern": "^x$"}}}, "/properties/a/patern", "did you mean 'pattern'?"),
        ({"properties": {"a": {"items": [{"maxlength": 3}]}}}, "/properties/a/items/0/maxlength", "did you mean 'maxLength'?"),
        ({"properties": {"a": {"format": "datetime"}}}, "/properties/a/format", "did you mean 'date-time'?"),
    ],
)
def test_a_keyword_that_is_nearly_one_is_named(folder: Path, given: dict, place: str, do: str):
    """A validator passes over it, and the rule would not hold."""
    event = folder / APPLICATIONS / "sap-car/dataevents/new"
    event.mkdir()
    (event / "event.json").write_text('{"name": "New"}')
    (event / "model.schema.json").write_text(json.dumps({"type": "object"} | given))
    (problem,) = check_folder(folder)[1]
    assert (problem.file, problem.pointer, problem.do) == (f"{APPLICATIONS}/sap-car/dataevents/new/model.schema.json", place, do)


def test_names_that_only_look_like_keywords_are_fine(folder: Path):
    """Fields may be called anything, values hold anything, and what nobody knows is a remark."""
    event = folder / APPLICATIONS / "sap-car/dataevents/new"
    event.mkdir()
    (event / "event.json").write_text('{"name": "New"}')
    remarks = {"x-owner": "me", "x-nullable": True, "x-example": 1, "@type": "Order", "note": "n", "description_de": "d"}
    remarks |= {"consent": "marketing", "anyRequired": ["a"], "deepProperties": {}, "titleDe": "t", "comment": "c"}
    fields = {name: {"type": "number", "format": name} for name in ("int32", "int16", "uint64", "float32", "bytes")}
    fields |= {"patern": {"type": "integer"}, "requird": {"default": {"patern": 1}} | remarks}
    (event / "model.schema.json").write_text(json.dumps({"type": "object", "properties": fields}))
    assert not places(folder)


@pytest.mark.parametrize(
    ("old", "new", "do"),
    [
        (f"{POS}/mappings.json", f"{POS}/mapping.json", "did you mean mappings.json for mapping.json?"),
        (
            f"{POS}/samples/rejected/anonymous.json",
            f"{POS}/samples/anonymous.json",
            "move it to where its kind belongs, or out of the folder",
        ),
        (f"{POS}/samples/rejected/anonymous.json", f"{POS}/n.json", "move it to where its kind belongs, or out of the folder"),
        ("retail/purposes", "retail/purpose", "did you mean purposes for purpose?"),
        (f"{APPLICATIONS}/sap-car/dataevents", f"{APPLICATIONS}/sap-car/events", "did you mean dataevents for events?"),
        (APPLICATIONS, "retail/application", "did you mean applications for application?"),
    ],
)
def test_a_file_that_nothing_reads_is_named(folder: Path, old: str, new: str, do: str):
    """Its mapping, sample or event would silently be missing."""
    (folder / old).rename(folder / new)
    unread = [problem for problem in check_folder(folder)[1] if problem.found == "nothing reads this file"]
    assert unread
    assert {problem.do for problem in unread} == {do}
    assert all(problem.file.startswith(new) for problem in unread)
