"""Catalogs nobody would write, for exports to survive: any text as a name, models in any draft, twins, disabled events."""

from hypothesis import strategies as st

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Catalog, Contract, Sample, Unit
from mock_cdp.contract.entities import Application, BusinessUnit, Credentials, Event, MetadataConfig
from mock_cdp.contract.model import Model

MODELS = (
    {"type": "object"},
    {"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}}, "definitions": {"a": {"type": "string"}}},
    {"type": "object", "properties": {"me": {"$ref": "#"}}, "additionalProperties": False},
    {"type": "object", "properties": {"pair": {"items": [{}, {"type": "string"}], "additionalItems": False}}},
    {"type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}, "default": 5, "discriminator": "kind"},
    {"type": "object", "properties": {"q": {"$ref": "#/shared/%7Bodd%7D~1%25"}}, "shared": {"{odd}/%": {"type": "integer"}}},
    {"$id": "http://models.example/m.json", "type": "object", "properties": {"x": {"$ref": "m.json#/properties/y"}, "y": True}},
    {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "id": "urn:four",
        "type": "object",
        "properties": {"n": {"minimum": 3, "exclusiveMinimum": True}, "m": {"maximum": 3, "exclusiveMaximum": False}},
    },
    {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"s": {"$anchor": "s", "type": "string"}},
        "properties": {"s": {"$ref": "#s"}},
        "unevaluatedProperties": False,
    },
)

names = st.text(max_size=8) | st.sampled_from(
    ["{{x}}", ":id", "{a}", "a/b", "Event", "Violation", "Refused", "é", "$ref", "\u2028"]
)
folders = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,5}", fullmatch=True) | st.sampled_from(["a", "A", "a-b", "a2", "event"])
payloads = st.dictionaries(names, names | st.integers(-5, 5) | st.none(), max_size=3)
samples = st.lists(st.builds(Sample, name=names, event=payloads), max_size=3, unique_by=lambda sample: sample.name)
rejected = st.builds(
    Sample,
    name=names,
    event=payloads | st.lists(st.integers(), max_size=2) | st.none(),
    violations=st.lists(st.tuples(names, names), min_size=1, max_size=2).map(tuple),
)


def folder_lists(most: int) -> st.SearchStrategy[list[str]]:
    """Return strategies of folder names: unique where folders are."""
    return st.lists(folders, min_size=1, max_size=most, unique=True)


@st.composite
def contracts(draw: st.DrawFn, unit: BusinessUnit, application: Application, path: str) -> Contract:
    """Build a contract whose event may have any text in its id."""
    settings = Event(
        id=draw(st.just(ids.entity_id("dataevent", path)) | names.map(path.__add__)),
        name=draw(names),
        external_id=path,
        enabled=draw(st.booleans()),
        required_purpose_ids=draw(st.lists(names, max_size=1).map(tuple)),
        metadata_config=MetadataConfig(deduplication_field=draw(names)),
    )
    return Contract(
        business_unit=unit,
        application=application,
        event=settings,
        model=Model(draw(st.sampled_from(MODELS))),
        credentials=application.credentials,
        accepted_samples=tuple(draw(samples)),
        rejected_samples=tuple(draw(st.lists(rejected, max_size=2))),
        path=path,
    )


@st.composite
def units(draw: st.DrawFn, slug: str) -> Unit:
    """Build a business unit with its applications and their events."""
    unit = BusinessUnit(id=ids.business_unit_id(slug), name=draw(names), description=draw(names))
    made: list[Contract] = []
    for folder in draw(folder_lists(2)):
        keys = Credentials(user_key=draw(names), user_secret=draw(names))
        application = Application(id=ids.entity_id("application", slug, folder), name=draw(names), credentials=keys)
        made += [draw(contracts(unit, application, f"{slug}/{folder}/{event}")) for event in draw(folder_lists(2))]
    return Unit(business_unit=unit, slug=slug, place=slug, contracts=tuple(made))


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Build a catalog: folder names are plain and unique, all else may be anything."""
    slugs = draw(st.just([]) | folder_lists(2))
    return Catalog(units=tuple(draw(units(slug)) for slug in slugs), revision="0" * 12)
