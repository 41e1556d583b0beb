"""Names for other tools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.exports.names import distinct, pascal


@pytest.mark.parametrize(
    ("text", "word"),
    [("sap-car/pos-receipt", "SapCarPosReceipt"), ("s4hana", "S4hana"), ("Größe 2", "Groe2"), ("…", ""), ("iOS", "IOS")],
)
def test_words_become_one(text: str, word: str):
    """In ASCII."""
    assert pascal(text) == word


@given(st.lists(st.sampled_from(["", "a", "a2", "a3", "a22", "b"])), st.sets(st.sampled_from(["a", "a2", "c"])))
def test_every_name_is_used_once(wanted: list[str], taken: set[str]):
    """And begins with what was wanted; a first one that is free stays as it is."""
    found = distinct(wanted, taken)
    assert len(set(found) | taken) == len(found) + len(taken)
    assert all(name.startswith(want) for name, want in zip(found, wanted, strict=True))
    assert all(found[0] == want for want in wanted[:1] if want not in taken)
