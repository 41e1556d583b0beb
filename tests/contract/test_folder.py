"""Contract folders: what ships is sound, and every kind of mistake is found, located, and told what to do about."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from mock_cdp.contract import entities, ids
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.check import check_folder
from mock_cdp.contract.contract import Catalog
from mock_cdp.contract.files import schema
from mock_cdp.contract.folder import FolderError, load, read_folder
from running import contract_of

POS = "retail/applications/sap-car/dataevents/pos-receipt/"
SAMPLE = POS + "samples/rejected/amount-as-string.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the contracts that ship."""
    return Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))


def change(path: Path, **members: object) -> None:
    """Change members of a JSON file; None removes one."""
    value = json.loads(path.read_text()) | members
    path.write_text(json.dumps({name: inner for name, inner in value.items() if inner is not None}))


def found(folder: Path) -> list[tuple[str, str, str, str]]:
    """Return every problem as (file, pointer, found, do)."""
    return [msgspec.structs.astuple(problem) for problem in check_folder(folder)[1]]


def only(folder: Path) -> tuple[str, str, str, str]:
    """Return the only problem there is."""
    problems = found(folder)
    assert len(problems) == 1, problems
    return problems[0]


def test_the_contracts_that_ship_are_sound(catalog: Catalog):
    """Nothing to mend, four events, samples of both kinds for each."""
    assert found(shipped_catalog()) == []
    assert [contract.slug for contract in catalog.contracts] == [
        "loyalty-movement",
        "business-partner",
        "pos-receipt",
        "web-order",
    ]
    for contract in catalog.contracts:
        assert contract.accepted_samples
        assert contract.rejected_samples
        assert contract.mappings


def test_ids_are_in_cdps_shape_and_the_same_everywhere(catalog: Catalog):
    """Derived from folder names."""
    contract = contract_of(catalog, "pos-receipt")
    assert contract.business_unit.id == ids.business_unit_id("retail") == "4_cY8a-QUuP6rIBgZlVKkiuO"
    assert contract.event.id == ids.entity_id("dataevent", "retail", "sap-car", "pos-receipt") == "Hm0IFiMyK1RrcMe-LwH_Vu"
    assert contract.event.external_id == "pos-receipt"
    assert len(contract.application.id) == 22


def test_a_given_id_is_kept(folder: Path):
    """A tenant's own ids make its own URLs."""
    change(folder / POS / "event.json", id="Htenantsownid000000000", externalId="till")
    contract = contract_of(load(folder), "pos-receipt")
    assert contract.listener_path.endswith("/dataevents/Htenantsownid000000000")
    assert contract.external_path.endswith("/external/till")


def test_credentials_left_out_are_derived(catalog: Catalog):
    """In CDP's shape."""
    keys = contract_of(catalog, "loyalty-movement").credentials
    assert (len(keys.user_key), keys.user_key[0], len(keys.user_secret)) == (12, "A", 32)
    assert keys.user_secret not in repr(keys)


def test_a_business_unit_folder_itself_can_be_served(folder: Path):
    """`contracts/retail` as well as `contracts`, with the same URLs."""
    assert [c.listener_path for c in load(folder / "retail").contracts] == [c.listener_path for c in load(folder).contracts]


def test_the_revision_changes_with_any_file(folder: Path):
    """And only then."""
    before = load(folder).revision
    assert load(folder).revision == before
    change(folder / SAMPLE, note="changed")
    assert load(folder).revision != before


def test_a_model_may_be_a_string(folder: Path):
    """As it travels on dataevents."""
    path = folder / POS / "model.schema.json"
    path.write_text(json.dumps(path.read_text()))
    assert contract_of(load(folder), "pos-receipt").model.schema["title"] == "POS receipt"


def test_unknown_members_are_kept_out_of_the_way(folder: Path):
    """A tenant export carries more than we use."""
    change(folder / POS / "event.json", created="2024-01-01T00:00:00Z", configValues={})
    assert found(folder) == []


@pytest.mark.parametrize(
    ("kind", "struct"),
    [
        ("businessunit", entities.BusinessUnit),
        ("application", entities.Application),
        ("event", entities.Event),
        ("customerschema", entities.CustomerSchema),
        ("purpose", entities.Purpose),
        ("view", entities.View),
    ],
)
def test_a_published_schema_names_the_members_of_its_struct(kind: str, struct: type):
    """The two cannot drift apart."""
    assert set(schema(kind)["properties"]) == {field.encode_name for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (POS + "event.json", "{", "not JSON"),
        (POS + "event.json", '{"name": "a", "name": "b"}', "stands twice"),
        (POS + "event.json", '{"name": 5}', "not of type"),
        (POS + "event.json", "[]", "not of type"),
        (POS + "event.json", '{"enabled": true}', "required"),
        (POS + "event.json", '{"name": "x", "enabeld": true}', "unknown member 'enabeld'"),
        (POS + "event.json", '{"name": "x", "metadataConfig": {"deduplicationfield": "a"}}', "unknown member"),
        (POS + "model.schema.json", '{"type": "array"}', '"type": "object"'),
        (POS + "model.schema.json", '"{"', "as a string must hold JSON"),
        (POS + "mappings.json", '[{"sourceField": "crmId"}]', "required"),
        (POS + "samples/accepted/one-item.json", "\ufeff{}", "not JSON"),
        (SAMPLE, '{"event": {}}', "required"),
        ("retail/businessunit.json", '{"name": "x", "id": "4_short"}', "does not match"),
        ("retail/applications/sap-car/application.json", '{"name": "x", "dataQualityPriority": "top"}', "not one of"),
        ("retail/customerschemas/orders.json", '{"name": "Orders", "schemaType": 9, "schema": {}}', "not one of"),
    ],
)
def test_a_broken_file_is_located(folder: Path, file: str, text: str, said: str):
    """The file, what is wrong, and what to do; nothing else fails for it that is not a consequence."""
    (folder / file).write_text(text)
    problems = [problem for problem in found(folder) if problem[0] == file]
    assert problems
    assert said in problems[0][2]
    assert all(do for _, _, _, do in problems)


def test_a_missing_file_is_named(folder: Path):
    """Which one to add."""
    (folder / POS / "model.schema.json").unlink()
    assert only(folder) == (POS + "model.schema.json", "", "missing", "add model.schema.json")


def test_a_sample_must_give_what_it_says(folder: Path):
    """Accepted ones break nothing; rejected ones exactly what they list."""
    change(folder / POS / "samples/accepted/one-item.json", totalAmount="19.90")
    change(folder / SAMPLE, violations=[{"code": "format", "pointer": "/purchasedAt"}])
    assert [(file, place, what) for file, place, what, _ in found(folder)] == [
        (POS + "samples/accepted/one-item.json", "/totalAmount", '/totalAmount must be number, found string "19.90"'),
        (SAMPLE, "/event/purchasedAt", "does not break format at /purchasedAt"),
        (SAMPLE, "/event/totalAmount", "also breaks type at /totalAmount"),
    ]


@pytest.mark.parametrize(
    ("mapping", "place", "said", "do"),
    [
        (
            {"sourceField": "crmID", "targetField": "crmId", "target": "profile"},
            "/0/sourceField",
            "no field 'crmID'",
            "did you mean 'crmId'?",
        ),
        (
            {"sourceField": "items.skuu", "targetField": "crmId", "target": "profile"},
            "/0/sourceField",
            "no field 'items.skuu'",
            "",
        ),
        (
            {"sourceField": "crmId", "targetField": "crmID", "target": "Profile"},
            "/0/targetField",
            "has no field 'crmID'",
            "did you mean 'crmId'?",
        ),
        (
            {"sourceField": "crmId", "targetField": "x", "target": "profil"},
            "/0/target",
            "no customer schema 'profil'",
            "did you mean 'Profile'?",
        ),
    ],
)
def test_a_mapping_leads_from_the_model_to_a_schema(folder: Path, mapping: dict, place: str, said: str, do: str):
    """Both ends exist, and the nearest name is suggested."""
    (folder / POS / "mappings.json").write_text(json.dumps([mapping]))
    file, where, what, advice = only(folder)
    assert (file, where) == (POS + "mappings.json", place)
    assert said in what
    assert do in advice


def test_metadata_and_purposes_refer_to_what_exists(folder: Path):
    """Deduplication field, event time field, granted and required purposes."""
    config = {"deduplicationField": "receiptID", "eventTimeField": "when"}
    change(folder / POS / "event.json", metadataConfig=config, purposeIds=["marketting"], requiredPurposeIds=["none"])
    advice = {place: do for _, place, _, do in found(folder)}
    assert advice.pop("/metadataConfig/eventTimeField").startswith("choose one of: receiptId")
    assert advice == {
        "/metadataConfig/deduplicationField": "did you mean 'receiptId'?",
        "/purposeIds/0": "did you mean 'Marketing'?",
        "/requiredPurposeIds/0": "choose one of: Analytics, Marketing",
    }


def test_ids_and_user_keys_are_unique(folder: Path):
    """Two events with one id, two applications with one key."""
    for event in (POS, "retail/applications/sap-commerce/dataevents/web-order/"):
        change(folder / event / "event.json", id="Hthesame00000000000000")
    keys = json.loads((folder / "retail/applications/sap-car/application.json").read_text())["credentials"]
    change(folder / "retail/applications/s4hana/application.json", credentials=keys)
    said = [what for _, _, what, _ in found(folder)]
    assert any("the id 'Hthesame00000000000000' is also used by" in what for what in said)
    assert any("the user key 'AFAKEsapcar1' is also used by" in what for what in said)


def test_a_priority_names_a_rule(folder: Path):
    """An id that no matching rule has is found."""
    change(folder / "retail/views/marketing.json", matchRulesPriority=["Hnone"])
    file, place, what, _ = only(folder)
    assert (file, place) == ("retail/views/marketing.json", "/matchRulesPriority/0")
    assert "'Hnone'" in what


def test_everything_is_reported_at_once(folder: Path):
    """Three mistakes in three files are three problems, and `load` lists them all."""
    (folder / POS / "event.json").write_text("{")
    (folder / "retail/applications/sap-commerce/dataevents/web-order/model.schema.json").write_text("{}")
    change(folder / "retail/purposes/marketing.json", name=None)
    with pytest.raises(FolderError) as refused:
        load(folder)
    assert len(refused.value.problems) == 3
    assert str(refused.value).count("\n") == 3


def test_no_folder_and_an_empty_folder_are_said(tmp_path: Path):
    """What to name instead."""
    for path, said in ((tmp_path / "none", "no such folder: "), (tmp_path, f"no contracts in {tmp_path}")):
        catalog, problems = read_folder(path)
        assert catalog.contracts == ()
        assert said in problems[0].found
        assert "name a folder that holds businessunit.json" in problems[0].do


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        (".", "contracts"),
        ("notes/list.txt", "notes/new"),
        ("contracts/retail/applications", "contracts/retail"),
        ("contracts/retail/applications/sap-car/dataevents/pos-receipt", "contracts/retail"),
        ("contracts/retail/businessunit.json", "contracts/retail"),
        ("notes/deep", "."),
    ],
)
def test_the_nearest_folder_with_contracts_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, named: str, meant: str):
    """Whole, whether it is above or below, and not one that is hidden."""
    (folder.parent / "notes/deep").mkdir(parents=True)
    (folder.parent / "notes/list.txt").touch()
    if meant == "notes/new":
        shutil.copytree(folder, folder.parent / meant)
    shutil.copytree(folder / "retail", folder.parent / ".aside/retail")
    if meant == ".":
        (folder / "retail").rename(folder.parent / "retail")
    monkeypatch.chdir(folder.parent)
    [problem] = read_folder(Path(named))[1]
    assert problem.do == f"did you mean {(folder.parent / meant).resolve()}?"
    assert str(Path(named).resolve()) in problem.found
    assert ("is a file" in problem.found) == Path(named).is_file()


def test_of_two_purposes_of_one_name_the_first_is_meant(folder: Path):
    """A second one, made through the API and exported, changes no event that calls the first by its name."""
    change(folder / POS / "event.json", purposeIds=["ANALYTICS"])
    before = contract_of(load(folder), "pos-receipt").event.purpose_ids
    purposes = folder / "retail/purposes"
    (purposes / "analytics-2.json").write_text((purposes / "analytics.json").read_text())
    assert contract_of(load(folder), "pos-receipt").event.purpose_ids == before
    change(folder / POS / "event.json", purposeIds=["analytics-2"])
    assert contract_of(load(folder), "pos-receipt").event.purpose_ids != before
