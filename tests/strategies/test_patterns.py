"""Texts of regular expressions: they match, the first is the simplest, and lengths are met."""

import re

import pytest

from mock_cdp.strategies.names import names_matching
from mock_cdp.strategies.patterns import language
from mock_cdp.strategies.tape import random_tape

PATTERNS = (
    r"^[A-Z0-9]+-\d{8}-\d+-\d+$",
    r"^[A-Z]{3}$",
    r"^\+[1-9]\d{1,14}$",
    r"^(a|b(c|d)?)*$",
    r"^(?:x|(?P<name>y))z{2,}$",
    r"[^a-z]\D\S\W",
    r"^[\w.-]+@[\w-]+\.com$",
    r"^\x41\u00e4[\]\-a]$",
    r"^a{0,300}$",
    r"^\bword\b$",
    r"",
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match(pattern):
    """Every text holds the pattern, read as ASCII."""
    texts = language(pattern, 0, 40)
    assert all(re.search(pattern, texts.text(random_tape(seed)), re.ASCII) for seed in range(60))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(PATTERNS[0], "0-00000000-0-0"), (PATTERNS[1], "AAA"), (PATTERNS[2], "+10"), (PATTERNS[3], ""), (r"^(EUR|USD)$", "EUR")],
)
def test_the_first_text_is_the_simplest(pattern, text):
    """Zeros lead to the shortest text of the first characters."""
    assert language(pattern, 0, 40).text(random_tape(0)) == text


@pytest.mark.parametrize(
    ("pattern", "least", "most"), [(r"^[A-Z]+$", 12, 14), (r"^a", 30, 40), (r"^(x|y+)-\d*$", 9, 12), (r"^\d*[a-z]*$", 0, 2)]
)
def test_lengths_are_met(pattern, least, most):
    """Repetitions are stretched and cut to what is asked for."""
    texts = [language(pattern, least, most).text(random_tape(seed)) for seed in range(40)]
    assert sum(least <= len(text) <= most for text in texts) >= 20


@pytest.mark.parametrize("pattern", [r"(a)\1", r"^[a", r"(?i:a)", r"a{2,1}", r"\p{Weird}", r"a)"])
def test_what_cannot_be_read_is_none(pattern):
    """An expression beyond the reader is left to the judge."""
    assert language(pattern, 0, 40) is None


def test_names_of_an_unreadable_pattern_are_tried_out():
    """Names come from a list when the pattern is beyond the reader."""
    assert names_matching(r"(?i:KEY)") == ["key"]


def test_a_dash_beside_a_class_is_a_dash():
    """A set whose range has a class for an end holds the class, the dash and the other end, as ECMAScript has it."""
    for pattern in (r"^[\d-a]$", r"^[a-\d]$"):
        texts = {language(pattern, 0, 40).text(random_tape(seed)) for seed in range(200)}
        assert texts == {*"0123456789", "-", "a"}
