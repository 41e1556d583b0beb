"""Settings: one table, four sources, the later ones winning."""

from pathlib import Path

import pytest

from mock_cdp.contract.fidelity import ledger
from mock_cdp.settings import FIELDS, Settings, SettingsError, load_settings, to_environ


def test_flags_beat_the_environment_and_that_beats_the_file(tmp_path: Path):
    """Default < mock-cdp.toml < MOCK_CDP_* < flag."""
    (tmp_path / "mock-cdp.toml").write_text('port = 1\nhost = "file"\nanswer = "later"\nmax-events = 5\n')
    environ = {"MOCK_CDP_PORT": "2", "MOCK_CDP_HOST": "environment", "MOCK_CDP_WATCH": "false", "HOME": "/"}
    settings = load_settings({"port": 3, "host": None}, environ=environ, folder=tmp_path)
    assert (settings.port, settings.host, settings.answer) == (3, "environment", "later")
    assert (settings.max_events, settings.watch, settings.workers) == (5, False, 1)


def test_settings_pass_to_workers_unchanged(tmp_path: Path):
    """What is written into a worker's environment is read back equal."""
    settings = Settings(port=9, answer="later", basic_auth=True, clock_skew_s=1, store="x.db")
    assert load_settings({}, environ=to_environ(settings), folder=tmp_path) == settings


@pytest.mark.parametrize(
    ("name", "value"), [("port", 70_000), ("answer", "soon"), ("workers", 0), ("watch", "maybe"), ("max_depth", 0)]
)
def test_an_impossible_value_is_refused_with_its_source(tmp_path: Path, name: str, value: object):
    """The message says where the value stood."""
    with pytest.raises(SettingsError, match=rf"the command line: {name} = "):
        load_settings({name: value}, environ={}, folder=tmp_path)


def test_every_switch_of_the_ledger_is_a_setting_with_that_default():
    """The ledger and the settings cannot drift apart."""
    for entry in ledger():
        if entry.switch:
            name, default = entry.switch.split(" = ")
            assert str(FIELDS[name].default).lower() == default, entry.id


def test_every_assumed_switch_is_in_the_ledger():
    """A setting that decides what SAP might do is an entry of the ledger."""
    named = {entry.switch.split(" = ")[0] for entry in ledger() if entry.switch}
    ours = {
        "contracts", "host", "port", "store", "workers", "threads", "watch", "max_receipts", "max_journal_bytes",
    }  # fmt: skip
    assert set(FIELDS) - ours == named


def test_entries_of_the_ledger_are_unique():
    """An id names one behaviour."""
    ids = [entry.id for entry in ledger()]
    assert len(ids) == len(set(ids))
