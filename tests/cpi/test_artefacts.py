"""The loop: break a valid event as CPI would, and the diagnosis names that and nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from valid_events import events

from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.cpi.artefacts import applicable
from mock_cdp.cpi.diagnosis import DIAGNOSABLE, diagnose

CONTRACTS = {contract.slug: contract for contract in load(shipped_catalog()).contracts}
ONLY_IN_BATCHES = {"D11"}  # a batch of twenty
NEEDS_TWO_TIMES = {"D12"}  # the same moment twice in one event
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

each_contract = pytest.mark.parametrize("slug", sorted(CONTRACTS))


def codes(diagnoses) -> set[str]:
    """Return what is named."""
    return {diagnosis.code for diagnosis in diagnoses}


def paths(diagnoses, code: str) -> set[str]:
    """Return the places named for *code*."""
    return {path for diagnosis in diagnoses if diagnosis.code == code for path in diagnosis.paths}


@each_contract
@quick
@given(data=st.data())
def test_each_artefact_is_named_with_its_place_and_nothing_else(slug: str, data: st.DataObject):
    """A refused one as a diagnosis, an accepted one as a warning; nothing is left unexplained."""
    model = CONTRACTS[slug].model
    event = data.draw(events(model, every_field=True))
    for artefact in applicable(model, event):
        broken = artefact.apply(event)
        assert model.accepts(broken) is not artefact.refused, artefact
        found = diagnose(model, [broken], repeated=artefact.repeated)
        named, quiet = (found.diagnoses, found.warnings) if artefact.refused else (found.warnings, found.diagnoses)
        assert codes(named) == {artefact.code}, (artefact, broken, found)
        assert paths(named, artefact.code) == set(artefact.paths), (artefact, broken, found)
        assert not codes(quiet) - {"S07", "S09"}, (artefact, broken, found)  # the attribute beside a text, a wrapper's prefix
        assert found.unexplained == (), (artefact, broken, found)


@each_contract
@quick
@given(data=st.data())
def test_two_artefacts_at_once_are_both_named(slug: str, data: st.DataObject):
    """At two places that do not contain each other."""
    model = CONTRACTS[slug].model
    event = data.draw(events(model, every_field=True))
    offered = [one for one in applicable(model, event) if one.refused and one.at]
    first = data.draw(st.sampled_from(offered))
    apart = [one for one in offered if one.at[:1] != first.at[:1]]
    second = data.draw(st.sampled_from(apart))
    found = diagnose(model, [second.apply(first.apply(event))])
    assert codes(found.diagnoses) == {first.code, second.code}, (first, second, found)
    assert found.unexplained == ()


@each_contract
@quick
@given(data=st.data())
def test_an_artefact_around_the_whole_event_does_not_hide_one_inside(slug: str, data: st.DataObject):
    """The root element kept, and a broken field below it."""
    model = CONTRACTS[slug].model
    event = data.draw(events(model, every_field=True))
    inner = data.draw(st.sampled_from([one for one in applicable(model, event) if one.refused and one.at]))
    around = data.draw(st.sampled_from([one for one in applicable(model, event) if one.code in {"S01", "S09", "S13"}]))
    found = diagnose(model, [around.apply(inner.apply(event))])
    assert codes(found.diagnoses) == {inner.code, around.code}, (inner, around, found)


def test_every_code_can_be_made_on_the_shipped_contracts():
    """So that no code of the catalogue goes untested; those that need several times have tests of their own."""
    made = set()
    for contract in CONTRACTS.values():
        for sample in contract.accepted_samples:
            made |= {artefact.code for artefact in applicable(contract.model, sample.event)}
    assert set(DIAGNOSABLE) - made == ONLY_IN_BATCHES | NEEDS_TWO_TIMES


@each_contract
def test_an_event_is_left_as_it_was(slug: str):
    """An artefact is a copy."""
    contract = CONTRACTS[slug]
    for sample in contract.accepted_samples:
        before = repr(sample.event)
        for artefact in applicable(contract.model, sample.event):
            artefact.apply(sample.event)
        assert repr(sample.event) == before
