"""docs/contracts.md tells the truth: its tables are the published schemas, its examples the contracts that ship."""

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import pytest

from mock_cdp.cli.contracts import contracts
from mock_cdp.contract import entities
from mock_cdp.contract.files import published, schema, validator

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/contracts.md").read_text()
EXAMPLES = re.findall(r"```json (\S+)\n(.*?)```", PAGE, re.DOTALL)
SHAPES = {
    "businessunit": entities.BusinessUnit,
    "application": entities.Application,
    "event": entities.Event,
    "mappings": entities.Mapping,
    "customerschema": entities.CustomerSchema,
    "view": entities.View,
}
COMMON = {"id", "name", "description"}  # one table for all kinds


def said_of(name: str, described: dict[str, Any], fields: dict[str, Any]) -> str:
    """Return the last column: whether a member is needed, or what holds without it."""
    if name in described.get("required", ()):
        return "needed"
    default = fields[name].default if name in fields else None
    return f"default `{json.dumps(default)}`" if isinstance(default, bool | int | str) and default != "" else ""


def rows(described: dict[str, Any], fields: dict[str, Any], before: str = "") -> Iterator[str]:
    """Yield the rows of a kind's table, those of inner objects after their own."""
    described = described.get("items", described)
    for name, one in described.get("properties", {}).items():
        if (name in COMMON and not before) or "description" not in one:
            continue
        choices = [f"`{choice}`" for choice in one.get("enum", ()) if isinstance(choice, str) and choice]
        what = one["description"] + (f" One of {', '.join(choices)}." if len(choices) > 1 else "")
        yield f"| `{before}{name}` | {what} | {said_of(name, described, fields)} |"
        yield from rows(one, {}, f"{before}{name}{'[]' if 'items' in one else ''}.")


@pytest.mark.parametrize("kind", SHAPES)
def test_a_table_holds_every_member_of_its_kind(kind: str):
    """With the words and the demands of the published schema, and the defaults of the code."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(SHAPES[kind])}
    assert "\n".join(rows(schema(kind), fields)) in PAGE


def holds(whole: Any, part: Any) -> bool:
    """Return whether all of *part* stands in *whole*."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and holds(whole[name], inner) for name, inner in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(holds(one, inner) for one in whole) for inner in part)
    return whole == part


@pytest.mark.parametrize(("file", "text"), EXAMPLES[:-1], ids=[PurePosixPath(file).name for file, _ in EXAMPLES[:-1]])
def test_an_example_is_taken_from_the_contracts_that_ship(file: str, text: str):
    """And would do as it stands where a schema judges it."""
    assert holds(json.loads((ROOT / file).read_text()), json.loads(text))
    for kind in kinds_of(file):
        validator(kind).validate(json.loads(text))


def kinds_of(file: str) -> list[str]:
    """Return what the page's settings for an editor take *file* for."""
    name, text = EXAMPLES[-1]
    assert name == ".vscode/settings.json"
    found = json.loads(text)["json.schemas"]
    matching = [one["url"] for one in found if any(PurePosixPath(file).match(pattern) for pattern in one["fileMatch"])]
    return [url.removeprefix("./contract-schemas/").removesuffix(".schema.json") for url in matching]


def test_an_editor_knows_the_schema_of_every_file():
    """But of models, which name theirs, and accepted samples, which are events."""
    for path in (ROOT / "contracts").rglob("*.json"):
        known = 0 if path.name == "model.schema.json" or path.parent.name == "accepted" else 1
        assert len(kinds_of(path.relative_to(ROOT).as_posix())) == known, path


def test_an_editor_gets_every_schema_that_is_written():
    """None is forgotten."""
    urls = [one["url"] for one in json.loads(EXAMPLES[-1][1])["json.schemas"]]
    assert sorted(urls) == sorted(f"./contract-schemas/{name}" for name in published())


def test_every_command_is_in_the_table():
    """And no other."""
    assert sorted(re.findall(r"^\| `([a-z]+) [^`]*` \|", PAGE, re.MULTILINE)) == sorted(contracts.commands)


def test_every_linked_file_exists():
    """No link leads nowhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
