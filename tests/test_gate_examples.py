"""The examples of the gate: sound, each is told nothing; with a seeded bug, the cause and the smallest message that shows it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

pytestmark = pytest.mark.examples

EXAMPLES = Path(__file__).parents[1] / "examples"
SEEDS = (1, 2, 3)
MOST_TRIALS = 200  # in which a bug has to be found

RECEIPT = r"<receipt>.*?</receipt>"
ORDER = r'"number"'
LINE = r'"sku"'
PARTNER = r"<BusinessPartner>"


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """A bug and what the gate says of it.

    Attributes:
        code: Of the cause.
        breaks: The property that is broken.
        parts: What stands once in the smallest message, as patterns.
        options: Of the gate, such as the only property that can tell, where looking at all takes a minute.
    """

    code: str
    breaks: str = "accepted"
    parts: tuple[str, ...]
    options: tuple[str, ...] = ()


def _only(name: str) -> tuple[str, ...]:
    return "--property", name


SEEDED = {
    "python-pos": {
        "collapse": Seeded(code="S02", parts=(RECEIPT, "<item>")),
        "comma": Seeded(code="T04", parts=(RECEIPT, "<item>")),
        "twice": Seeded(code="twice", breaks="retry-dropped", parts=(RECEIPT, "<item>"), options=_only("retry-dropped")),
    },
    "node-orders": {
        "nullish": Seeded(code="N02", parts=(ORDER, LINE)),
        "falsy": Seeded(code="N01", parts=(ORDER, LINE, r'"totalCents": ?0\b')),
        "spread": Seeded(code="personal orders[].customer.phone", breaks="no-leak", parts=(ORDER, LINE, '"phone"')),
        "loop": Seeded(code="lost", breaks="nothing-lost", parts=(ORDER, LINE)),
        "ok": Seeded(code="lost", breaks="retry-unavailable", parts=(ORDER, LINE), options=_only("retry-unavailable")),
        "resend": Seeded(code="twice", breaks="retry-dropped", parts=(ORDER, LINE), options=_only("retry-dropped")),
    },
    "cpi-iflow": {
        "collapse": Seeded(code="S02", parts=(PARTNER, "<consents>")),
        "root": Seeded(code="S01", parts=(PARTNER,)),
        "streaming-all": Seeded(code="S03", parts=(PARTNER,)),
        "swallow": Seeded(code="lost", breaks="retry-unavailable", parts=(PARTNER,)),
    },
}


class Ran(msgspec.Struct, frozen=True):
    """A run of the gate: its exit code as make saw it, what it printed, its report as JSON."""

    status: int
    said: str
    report: dict


def ran(example: str, folder: Path, *options: str, bug: str = "") -> Ran:
    """Run `make gate` in a copy of *example*, so that no known case of another run is there."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST_", "MOCK_CDP_"))}
    copied = folder / example
    made_by_runs = shutil.ignore_patterns("__pycache__", ".hypothesis", ".pytest_cache", ".venv", "gate-*s", "build")
    shutil.copytree(EXAMPLES / example, copied, ignore=made_by_runs)
    mock_cdp = Path(sys.executable).with_name("mock-cdp")
    command = ["make", "gate", f"PYTHON={sys.executable}", f"ARGS={' '.join(options)}"]
    command += [] if example == "python-pos" else [f"MOCK_CDP={mock_cdp}"]
    done = subprocess.run(command, cwd=copied, env=clean | {"BUG": bug}, capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    written = copied / "gate-reports/cdp-contract.json"
    assert written.exists(), said
    return Ran(done.returncode, said, json.loads(written.read_text()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("example", SEEDED)
def test_a_sound_integration_is_told_nothing(example, seed, tmp_path):
    """Exit 0, and no property is broken or could not be looked at, whatever is made up."""
    gate = ran(example, tmp_path, "--seed", str(seed))
    assert gate.status == 0, gate.said
    assert {check["outcome"] for check in gate.report["checks"]} <= {"kept", "skipped"}


BUGS = [(example, bug) for example, bugs in SEEDED.items() for bug in bugs]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("example", "bug"), BUGS, ids=[f"{example}-{bug}" for example, bug in BUGS])
def test_each_bug_is_found_named_and_made_small(example, bug, seed, tmp_path):
    """Exit 1, with the property, the cause and a message of one record with one item."""
    wanted = SEEDED[example][bug]
    gate = ran(example, tmp_path, "--seed", str(seed), *wanted.options, bug=bug)
    assert "Error 1" in gate.said, gate.said  # make says the exit code of the gate, and has its own
    broken = {check["property"]: check for check in gate.report["checks"] if check["outcome"] == "broken"}
    assert wanted.breaks in broken, gate.said
    [finding] = [one for one in broken[wanted.breaks]["findings"] if one["code"] == wanted.code]
    assert not finding["flaky"]
    for part in wanted.parts:
        assert len(re.findall(part, finding["sent"], re.DOTALL)) == 1, (part, finding["sent"])


@pytest.mark.parametrize("example", SEEDED)
def test_an_example_asks_for_no_more_trials_than_a_bug_may_take(example):
    """What is found above is found within the trials that are allowed."""
    settings = (EXAMPLES / example / "mock-cdp.toml").read_text()
    assert all(int(trials) <= MOST_TRIALS for trials in re.findall(r"^trials = (\d+)", settings, re.MULTILINE))


@pytest.mark.parametrize(
    ("example", "command"),
    [("node-orders", ["node", "orders-to-cdp.mjs"]), ("cpi-iflow", [sys.executable, "export.py"])],
    ids=["node-orders", "cpi-iflow"],
)
def test_a_bug_that_is_not_there_is_named(example, command):
    """A typing error must not pass for a sound integration."""
    done = subprocess.run(
        command, cwd=EXAMPLES / example, env=os.environ | {"BUG": "typo"}, input="", capture_output=True, text=True
    )
    assert done.returncode != 0
    assert f"BUG=typo: no such bug; there are {', '.join(sorted(SEEDED[example]))}" in done.stderr


@pytest.mark.parametrize("example", SEEDED)
def test_the_guide_of_an_example_shows_each_bug(example):
    """Every seeded bug has its row and its command in the README, and nothing else has."""
    guide = (EXAMPLES / example / "README.md").read_text()
    assert set(re.findall(r"^\$ BUG=([\w-]+) make", guide, re.MULTILINE)) == set(SEEDED[example])
    assert set(re.findall(r"^\| `([\w-]+)` \|", guide, re.MULTILINE)) >= set(SEEDED[example])
