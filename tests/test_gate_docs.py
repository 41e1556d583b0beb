"""The page on the gate tells the truth: its first gate runs as it stands, each snippet is valid, each setting is listed."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from click import Option

from mock_cdp.cli.gate import gate
from mock_cdp.gate.driver_command import CommandSettings
from mock_cdp.gate.driver_cpi import CpiSettings
from mock_cdp.gate.driver_files import FilesSettings
from mock_cdp.gate.driver_http import HttpSettings
from mock_cdp.gate.driver_python import PythonSettings
from mock_cdp.gate.expectation import Correlation
from mock_cdp.gate.settings import PROPERTIES, GateSettings, load_gate
from mock_cdp.gate.sources import SourceSettings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/gate.md").read_text()
DRIVERS = (HttpSettings, CommandSettings, PythonSettings, FilesSettings, CpiSettings)
TABLES = (GateSettings, Correlation, SourceSettings, *DRIVERS)
MISSING = {
    "[gate]": '[gate]\nevent = "pos-receipt"\n',
    "[gate.source]": '[gate.source]\nmessages = "recorded"\n',
    "[gate.driver]": '[gate.driver]\nkind = "files"\ndirectory = "in"\n',
}


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of *language*."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def default(field: msgspec.structs.FieldInfo) -> str:
    """Return how the table writes the default of a setting."""
    if field.required:
        return "required"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"


def meaning(field: msgspec.structs.FieldInfo) -> str:
    """Return the description of a setting."""
    return next(one.description for one in field.type.__metadata__ if one.description)


@pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="the page's own integration is jq and curl")
def test_the_first_gate_is_green_then_finds_the_bug_and_replays_it(tmp_path: Path):
    """Every command runs in order, in a folder with the page's two files, and answers what the page shows."""
    (tmp_path / "movement.schema.json").write_text(blocks("json")[0])
    (tmp_path / "mock-cdp.toml").write_text(blocks("toml")[0])
    (tmp_path / ".venv").symlink_to(sys.prefix)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MOCK_CDP_", "CDP_"))}

    def said(script: str) -> str:
        done = subprocess.run(["bash", "-euc", script], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (script, done.stdout, done.stderr)
        return done.stdout

    green, broken, replayed = [said(script) for script in blocks("sh")]
    shown_green, shown_broken = [[line for line in text.splitlines() if line.strip() not in {"", "…"}] for text in blocks("text")]
    assert [line for line in shown_green if line not in green] == []
    assert [line for line in shown_broken if re.sub(r"\d+ trials", "", line) not in re.sub(r"\d+ trials", "", broken)] == []
    assert "T01 number sent as string" in replayed
    assert "Contract broken" in replayed


@pytest.mark.parametrize("number", range(1, len(blocks("toml"))))
def test_each_snippet_is_valid(number: int, tmp_path: Path):
    """What a snippet leaves out is filled in, and the whole is loaded as the command loads it."""
    snippet = blocks("toml")[number]
    whole = "\n".join([snippet, *(text for table, text in MISSING.items() if table not in snippet)])
    (tmp_path / "mock-cdp.toml").write_text(whole)
    loaded = msgspec.json.decode(msgspec.json.encode(load_gate(tmp_path, {})))
    for table, given in tomllib.loads(whole)["gate"].items():
        assert loaded[table] == given or loaded[table].items() >= given.items()


def test_every_setting_is_listed():
    """With its default and its meaning, in the words of the code."""
    for table in TABLES:
        for field in msgspec.structs.fields(table):
            assert f"| `{field.name}` | {default(field)} | {meaning(field)} |" in PAGE, field.name


def test_every_kind_of_driver_has_a_section_and_a_snippet():
    """And there is no other kind."""
    kinds = [table.__struct_config__.tag for table in DRIVERS]
    assert re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE) == kinds
    for kind in kinds:
        assert f'kind = "{kind}"' in PAGE


def test_every_property_is_in_the_table():
    """In the order in which they are checked."""
    table = PAGE.split("## The properties")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == PROPERTIES


def test_every_option_is_mentioned():
    """Long names, as `--help` shows them."""
    for parameter in gate.params:
        if isinstance(parameter, Option):
            assert f"`{parameter.opts[0]}`" in PAGE, parameter.opts


def test_every_linked_file_exists():
    """No link of the page leads nowhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_the_picture_is_small_and_there():
    """A PNG between 600 and 1000 pixels wide, under 150 KB."""
    raw = (ROOT / "docs/images/gate-report.png").read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert 600 <= int.from_bytes(raw[16:20]) <= 1000
    assert len(raw) < 150_000
