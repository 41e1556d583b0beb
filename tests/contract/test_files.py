"""Reading files: whatever stands in a folder, nothing is raised, nothing hangs, no secret is shown."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.check import check_folder
from mock_cdp.contract.files import MAX_FILE_BYTES
from mock_cdp.contract.folder import load, read_folder
from mock_cdp.contract.json_texts import MAX_DEPTH
from running import contract_of

POS = "retail/applications/sap-car/dataevents/pos-receipt"
APPLICATION = "retail/applications/sap-car/application.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the contracts that ship."""
    return Path(shutil.copytree(shipped_catalog(), tmp_path / "contracts"))


def _linked_to_itself(path: Path) -> None:
    path.unlink() if path.is_file() else shutil.rmtree(path)
    path.symlink_to(path.name)


def _dangling(path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to("nowhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _huge(path: Path) -> None:
    path.write_bytes(b" " * (MAX_FILE_BYTES + 1))


def _file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("{}")


@pytest.mark.parametrize(
    ("name", "put", "said"),
    [
        ("event.json", _linked_to_itself, "cannot be read (Too many levels of symbolic links)"),
        ("mappings.json", _linked_to_itself, "cannot be read (Too many levels of symbolic links)"),
        ("", _linked_to_itself, "cannot be read (Too many levels of symbolic links)"),
        ("", _dangling, "a link that leads nowhere"),
        ("samples/accepted", _linked_to_itself, "cannot be read as a folder"),
        ("samples/accepted", _file, "cannot be read as a folder"),
        ("event.json", _pipe, "not a file"),
        ("event.json", _folder, "not a file"),
        ("event.json", _huge, f"{MAX_FILE_BYTES + 1} bytes, more than {MAX_FILE_BYTES}"),
    ],
)
def test_what_is_no_readable_file_is_a_problem(folder: Path, name: str, put: Callable[[Path], None], said: str):
    """Links in circles, pipes that never end, folders, giants: located, and the rest is still read."""
    path = folder / POS / name
    put(path)
    catalog, problems = read_folder(folder)
    assert [(problem.file, said in problem.found) for problem in problems] == [(path.relative_to(folder).as_posix(), True)]
    assert len(catalog.contracts) >= 3


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "zero-length"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{\n"name": "\xfc"}', "not UTF-8: byte 0xfc in line 2"),
        ('{"name": "x"}'.encode("utf-16"), "not UTF-8: byte 0xff in line 1"),
        (b'{"name": "\\ud800"}', "surrogate"),
        (b'{"name":\n  NaN}', "(line 2, column 3)"),
        (b'{"name": 1e400}', "infinity"),
        (b'{"name": "x"} x', "not JSON"),
        (b"[" * 100_000, "depth limit"),
        (b"[" * 1_000 + b"]" * 1_000, f"nested deeper than {MAX_DEPTH} levels"),
        (b"null", "null is not of type"),
        (b'{"name": "x", "a": {"b": 1, "b": 2}}', "the member 'b' stands twice"),
    ],
)
def test_what_is_no_json_is_said_with_its_place(folder: Path, raw: bytes, said: str):
    """One problem a file, naming line and column where there is one."""
    (folder / POS / "event.json").write_bytes(raw)
    _, problems = read_folder(folder)
    assert [(problem.file, said in problem.found) for problem in problems] == [(f"{POS}/event.json", True)], problems


@pytest.mark.parametrize("name", ["event.json", "model.schema.json", "mappings.json", "samples/accepted/one-item.json"])
def test_null_is_never_taken_for_nothing(folder: Path, name: str):
    """A file that holds `null` is a problem, not a contract that silently went missing."""
    (folder / POS / name).write_text("null")
    assert [problem.file for problem in check_folder(folder)[1]] == [f"{POS}/{name}"]


def test_nesting_up_to_the_limit_is_read(folder: Path):
    """The deepest sample that is taken can also be judged."""
    value: object = 1
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    sample = folder / POS / "samples/accepted/one-item.json"
    sample.write_text(json.dumps(json.loads(sample.read_text()) | {"more": value}))
    assert check_folder(folder)[1] == []
    sample.write_text(json.dumps(json.loads(sample.read_text()) | {"more": [value]}))
    assert "nested deeper" in check_folder(folder)[1][0].found


def test_an_integer_of_any_size_stays_one(folder: Path):
    """Samples hold what the file says, not the nearest float."""
    sample = folder / POS / "samples/accepted/one-item.json"
    sample.write_text(json.dumps(json.loads(sample.read_text()) | {"more": 10**30}))
    event = next(s.event for s in contract_of(load(folder), "pos-receipt").accepted_samples if s.name == "one-item")
    assert event["more"] == 10**30
    assert isinstance(event["more"], int)


@pytest.mark.parametrize(
    "value",
    [
        {"name": "x", "credentials": "TOPSECRET"},
        {"name": "x", "credentials": {"userKey": "AFAKEsapcar1", "userSecret": ["TOPSECRET"]}},
        {"name": "x", "credentials": {"userKey": "AFAKEsapcar1", "userSecert": "TOPSECRET"}},
        {"name": "x", "credentials": {"userKey": "AFAKEsapcar1", "userSecret": "x", "publicKey": {"pem": "TOPSECRET"}}},
        {"name": {"credentials": {"userSecret": "TOPSECRET"}}},
        [{"name": "x", "credentials": {"userSecret": "TOPSECRET"}}],
    ],
)
def test_no_problem_shows_a_secret(folder: Path, value: object):
    """Whatever is wrong with an application's file: problems end in logs and in health."""
    (folder / APPLICATION).write_text(json.dumps(value))
    _, problems = read_folder(folder)
    assert problems
    assert "TOPSECRET" not in "\n".join(map(str, problems))


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_name_that_is_not_utf_8_is_said_in_utf_8(folder: Path):
    """It can be printed and sent, and the revision does not fail over it."""
    shutil.copy(folder / POS / "samples/accepted/one-item.json", os.fsencode(folder / POS / "samples/accepted") + b"/\xff.json")
    _, problems = read_folder(folder)
    assert [problem.found for problem in problems] == ["the name is not UTF-8"]
    assert problems[0].file.encode().endswith(b"/\\udcff.json")


def test_what_editors_leave_behind_is_not_read(folder: Path):
    """Locks and backups begin with a dot; Emacs' lock is even a link that leads nowhere."""
    before = load(folder).revision
    (folder / POS / "samples/accepted/.#one-item.json").symlink_to("somebody@somewhere:1")
    (folder / POS / "samples/accepted/.one-item.json").write_text("{")
    (folder / "retail/applications/.git").mkdir()
    (folder / "retail/.marketing.json").write_text("{")
    assert load(folder).revision == before


_AS_SOMEBODY_ELSE = """
import os, pathlib, sys
from mock_cdp.contract.folder import read_folder
root = pathlib.Path(sys.argv[1])
read_folder(root)  # everything is imported while we still may
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("\\n".join(map(str, read_folder(root)[1])))
"""


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
@pytest.mark.parametrize("shut", ["", "retail", "retail/applications", POS, f"{POS}/event.json", f"{POS}/samples/accepted"])
@pytest.mark.parametrize("mode", [0o000, 0o644])
def test_what_may_not_be_read_is_a_problem(shut: str, mode: int):
    """A folder without its search bit, a file without its read bit: said, not raised."""
    with tempfile.TemporaryDirectory() as base:  # pytest's own folders are shut for others already
        Path(base).chmod(0o755)
        root = Path(shutil.copytree(shipped_catalog(), Path(base) / "contracts"))
        path = root / shut
        path.chmod(mode)
        command = [sys.executable, "-c", _AS_SOMEBODY_ELSE, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    readable = path.suffix == ".json" and mode == 0o644
    assert bool(done.stdout.strip()) is not readable, done.stdout
