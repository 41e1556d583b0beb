"""The query over customers: what it finds, in which order, and where a mistake stands."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.core.customer_query import LIMIT_CAP, Both, Comparison, Either, Negation, Query, Sorting
from mock_cdp.core.customer_query_matching import matches, matching, shown
from mock_cdp.core.customer_query_reading import MAX_LENGTH, MAX_NESTING, QueryError, parse

ADA = {
    "_id": "H1",
    "attributes": {
        "primaryEmail": "ada@shop.example.com",
        "emails": ["ada@shop.example.com", "ada@crm.example.com"],
        "points": 42,
        "blocked": False,
        "birthdate": None,
        "cookieId": [],
        "orders": [{"sku": "A", "tags": [["new"], "red"]}, {"sku": "B"}],
    },
}
BEN = {"_id": "H2", "attributes": {"primaryEmail": "ben_x@shop.example.com", "points": 7.5, "blocked": True}}
CAT = {"_id": "H3", "attributes": {"points": "7"}}
ALL = [ADA, BEN, CAT]


def select(query: Query, documents: list[dict]) -> list[dict]:
    """Return the first page of what *query* answers over *documents*."""
    return [shown(query, document) for document in matching(query, documents)[: query.limit]]


def quoted(text: str) -> str:
    """Write *text* as a string of the query: in single quotes, those within doubled."""
    return "'" + text.replace("'", "''") + "'"


def found(where: str) -> str:
    """Return the ids' digits of those that *where* finds, in one text."""
    return "".join(document["_id"][1] for document in select(parse(f"select * from profile where {where}"), ALL))


def mistake(text: str) -> QueryError:
    """Return what *text* is refused with."""
    with pytest.raises(QueryError) as caught:
        parse(text)
    return caught.value


# -- what it finds -----------------------------------------------------------------------------------------------------


def test_the_query_that_clients_send():
    """As seen in SAP's own client."""
    query = parse("select * from profile where attributes.primaryEmail='x' limit 10")
    assert (query.source, query.fields, query.limit, query.order) == ("profile", (), 10, ())
    assert query.condition == Comparison("attributes.primaryEmail", "=", "x")
    assert matches(query, {"attributes": {"primaryEmail": "x"}})


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("attributes.primaryEmail = 'ada@shop.example.com'", "1"),
        ('attributes.primaryEmail = "ada@shop.example.com"', "1"),
        ("attributes.emails = 'ada@crm.example.com'", "1"),
        ("attributes.emails != 'ada@crm.example.com'", "1"),
        ("attributes.primaryEmail <> 'ada@shop.example.com'", "2"),
        ("attributes.orders.sku = 'B'", "1"),
        ("attributes.orders.tags = 'new'", "1"),
        ("attributes.points > 7", "12"),
        ("attributes.points >= 7.5", "12"),
        ("attributes.points < 4.2e1", "2"),
        ("attributes.points <= 42 and attributes.points >= -1", "12"),
        ("attributes.points = 42.0", "1"),
        ("attributes.points = '7'", "3"),
        ("attributes.points > '6'", "3"),
        ("attributes.points != 7", "123"),
        ("attributes.blocked = true", "2"),
        ("attributes.blocked = FALSE", "1"),
        ("attributes.blocked = 0", ""),
        ("attributes.blocked < true", ""),
        ("attributes.points in (42, '7', true)", "13"),
        ("attributes.points not in (42)", "23"),
        ("attributes.birthdate in (null, 'x')", "123"),
        ("attributes.primaryEmail like '%@shop.example.com'", "12"),
        ("attributes.primaryEmail like 'ada%shop%com'", "1"),
        ("attributes.primaryEmail like 'ada%ada%'", ""),
        ("attributes.primaryEmail like 'ada@shop.example.com'", "1"),
        ("attributes.primaryEmail like '%zz%'", ""),
        ("attributes.primaryEmail like 'ben%x@shop.example.com%shop.example.com'", ""),
        ("attributes.primaryEmail like 'ada_shop.example.com'", ""),
        ("attributes.primaryEmail like '%n\\_x%'", ""),
        ("attributes.primaryEmail like '%n_x%'", "2"),
        ("attributes.primaryEmail not like 'ada%'", "23"),
        ("attributes.points like '%'", "3"),
        ("attributes.primaryEmail is null", "3"),
        ("attributes.primaryEmail is not null", "12"),
        ("attributes.birthdate is null", "123"),
        ("attributes.cookieId is null", "123"),
        ("attributes.primaryEmail = null", "3"),
        ("attributes.primaryEmail != null", "12"),
        ("attributes.primaryEmail < null", ""),
        ("attributes.primaryEmail.more = 'x'", ""),
        ("attributes = 'x'", ""),
        ("not attributes.points = 42", "23"),
        ("not (attributes.points = 42 or attributes.points = '7')", "2"),
        ("attributes.points = 42 or attributes.points = '7' and attributes.blocked = true", "1"),
        ("(attributes.points = 42 or attributes.points = 7.5) and attributes.blocked = true", "2"),
        ("not not attributes.points = 42", "1"),
    ],
)
def test_what_a_condition_finds(where: str, expected: str):
    """Lists match by any element; like compares with like; what is not there is null and nothing else."""
    assert found(where) == expected


def test_words_bind_as_in_sql():
    """`not` before `and` before `or`."""
    condition = parse("select * from p where not a=1 and b=2 or c=3").condition
    one, two, three = Comparison("a", "=", 1), Comparison("b", "=", 2), Comparison("c", "=", 3)
    assert condition == Either((Both((Negation(one), two)), three))


def test_keywords_in_any_case_and_as_parts_of_names():
    """A field may begin with one, hold one, or stand where none can."""
    query = parse(
        'SeLeCt limit.order, or_1 FROM "My Orders" wHeRe a.not=1 AND order_id IS NOT NULL oRdEr By in.desc DESC, b\nLIMIT 5'
    )
    assert (query.fields, query.source) == (("limit.order", "or_1"), "My Orders")
    assert query.order == (Sorting("in.desc", descending=True), Sorting("b"))
    assert query.limit == 5


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("_id desc", "321"),
        ("attributes.points", "213"),
        ("attributes.points desc", "312"),
        ("attributes.emails", "123"),
        ("attributes.blocked asc, _id", "123"),
        ("attributes.primaryEmail desc", "213"),
        ("attributes", "123"),
        ("attributes.birthdate desc, _id desc", "321"),
    ],
)
def test_order(order: str, expected: str):
    """Numbers before texts; what has no value comes last both ways; equals stay as they were."""
    assert "".join(d["_id"][1] for d in select(parse(f"select * from profile order by {order}"), ALL)) == expected


def test_only_the_selected_fields_are_shown():
    """Each where it stands; through lists; none that is not there."""
    query = parse("select _id, attributes.orders.sku, attributes.points, attributes.none, _id.more from profile limit 1")
    assert select(query, ALL) == [{"_id": "H1", "attributes": {"orders": [{"sku": "A"}, {"sku": "B"}], "points": 42}}]
    assert select(parse("select attributes, attributes.points from profile limit 1"), ALL) == [{"attributes": ADA["attributes"]}]
    assert select(parse("select a.b from p"), [{"a": [1, {"b": 2}, [{"b": 3}]]}]) == [{"a": [{"b": 2}, [{"b": 3}]]}]


@pytest.mark.parametrize(("limit", "expected"), [("limit 0", 0), ("limit 2", 2), ("limit 99999999999999999999", 3), ("", 3)])
def test_the_limit_cuts_what_is_shown(limit: str, expected: int):
    """Not what matches, which a caller counts."""
    query = parse(f"select * from profile {limit}")
    assert len(select(query, ALL)) == expected
    assert len(matching(query, ALL)) == 3
    assert query.limit <= LIMIT_CAP


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "seen", "could_be"),
    [
        ("", 1, "the end", "select"),
        ("select", 7, "the end", "*"),
        ("drop table", 1, "drop", "select"),
        ("select * from profile where a = abc", 33, "abc", "a text in quotes"),
        ("select * from profile where a ~ 1", 31, "~", "a comparison such as ="),
        ("select * from profile where a = 'x", 33, "a text whose quote is never closed", "a text in quotes"),
        ("select * from profile where a = 'x'' or 1=1", 33, "a text whose quote is never closed", "a number"),
        ("select * from profile where a = 'x' 1=1", 37, "1", "and"),
        ("select * from profile where a = 'x'; drop", 36, ";", "or"),
        ("select * from profile where a in ()", 35, ")", "a number"),
        ("select * from profile where a is 5", 34, "5", "null"),
        ("select * from profile where (a = 1", 35, "the end", ")"),
        ("select * from profile\nwhere a =\t'x' and\nb b = 1", 43, "b", "in"),
        ("select * from profile order a", 29, "a", "by"),
        ("select * from profile limit 1.5", 29, "1.5", "a whole number"),
        ("select * from profile limit -1", 29, "-1", "a whole number"),
        ("select * from profile limit 1 2", 31, "2", "the end"),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "4001 characters", "at most 4000"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_mistake_is_shown_where_it_stands(text: str, position: int, seen: str, could_be: str):
    """Its column, what stands there, what could."""
    error = mistake(text)
    assert (error.position, error.found) == (position, seen)
    assert could_be in error.expected
    assert str(error).startswith(f"column {position}: found {seen}, expected ")
    assert "»" in error.snippet
    assert len(error.snippet) < 50


def test_a_message_reads_as_a_sentence():
    """For the one who wrote the query."""
    expected = "column 35: found x, expected and, limit, or, order or the end: …profile where a = 1 »x"
    assert str(mistake("select * from profile where a = 1 x")) == expected


@pytest.mark.parametrize("opening", ["(", "not ", "not ("])
def test_nesting_has_a_limit(opening: str):
    """Instead of a recursion that ends the process."""
    allowed = MAX_NESTING // (2 if opening == "not (" else 1)
    text = "select * from profile where {}attributes.points = 42{}"
    inner = text.format(opening * allowed, ")" * allowed * ("(" in opening))
    assert isinstance(matches(parse(inner), ADA), bool)
    error = mistake(text.format(opening * (allowed + 1), ")" * (allowed + 1) * ("(" in opening)))
    assert error.found == "nesting deeper than 50"


def test_a_long_flat_query_is_no_deep_one():
    """Hundreds of alternatives are read and answered."""
    query = parse("select * from p where " + " or ".join(f"a={number}" for number in range(400)))
    assert matches(query, {"a": 399})
    assert not matches(query, {"a": 400})


def test_lark_is_loaded_with_the_first_query():
    """A mock that is asked none starts without it."""
    script = "import sys, mock_cdp.core.customer_query_reading as q; assert 'lark' not in sys.modules; q.parse('select * from p')"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# -- whatever comes ----------------------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_a_text_stays_a_value(text: str):
    """Whatever is in it, it comes back as it was, and the query around it is unchanged."""
    query = parse(f"select * from profile where a = {quoted(text)} and b like {quoted(text)} limit 3")
    assert query.condition.parts[0] == Comparison("a", "=", text)
    assert query.condition.parts[1].pattern == text
    assert (len(query.condition.parts), query.limit, query.source) == (2, 3, "profile")
    assert matches(query, {"a": text, "b": text})


KEYWORDS = ["select", "from", "where", "and", "or", "not", "in", "like", "is", "null", "order", "by", "asc", "limit", "true"]
WORDS = st.sampled_from([*KEYWORDS, *("profile", "a.b", "*", "(", ")", ",", "=", "!=", "<", "'x'", '"y"', "1", "-2.5e3")])
CONDITIONS = st.lists(WORDS, max_size=12).map(lambda words: f"select * from p where {' '.join(words)}")


@given(st.text() | st.lists(WORDS, max_size=30).map(" ".join) | CONDITIONS)
def test_any_text_is_a_query_or_a_mistake(text: str):
    """And a query can be asked."""
    try:
        query = parse(text)
    except QueryError as error:
        position = error.position
    else:
        assert isinstance(select(query, ALL), list)
        return
    assert 1 <= position <= len(text) + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.sampled_from(["1", "'a'", "true", "null"]))
def test_any_document_can_be_asked(value: object, operator: str, literal: str):
    """Whatever types meet; and a document that is found is found by its own order."""
    document = {"a": value}
    query = parse(f"select a.b from p where a {operator} {literal} or a.b {operator} {literal} order by a.b desc, a")
    assert len(select(query, [document, {}, document])) == len(matching(query, [document, {}, document]))


@given(st.text(alphabet="ab", max_size=8), st.lists(st.text(alphabet="ab", max_size=2), min_size=1, max_size=5))
def test_a_pattern_agrees_with_a_plain_search(text: str, parts: list[str]):
    """`%` for any text between the parts, by trying every way."""

    def tried(rest: str, parts: list[str]) -> bool:
        if len(parts) == 1:
            return rest.endswith(parts[0])
        return any(rest[at:].startswith(parts[0]) and tried(rest[at + len(parts[0]) :], parts[1:]) for at in range(len(rest) + 1))

    first, *others = parts
    expected = text.startswith(first) and tried(text[len(first) :], others) if others else text == first
    assert matches(parse(f"select * from p where a like {quoted('%'.join(parts))}"), {"a": text}) == expected
