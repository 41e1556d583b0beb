"""Parameters are read as a server reads them, and no spelling of a secret's name keeps its value from being redacted."""

import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.core.credentials import (
    form_parameters,
    is_form,
    parameters,
    parse_form_event,
    plussed,
    purpose_ids,
    redact_body,
    redact_form,
    redact_headers,
    redact_named,
    redact_pairs,
    redact_query,
    shown,
)

HUSH = "hushHUSHhush"
NAMES = ["secret", "userSecret", "client_secret", "clientSecret", "access_token", "sig", "password", "token", "api-key"]
FORM = "application/x-www-form-urlencoded"


@given(st.text(max_size=40))
def test_what_was_encoded_is_read_back(text: str):
    """Any text, and so every base64 alphabet: strictly, in lower case, and as forms do."""
    for encoded in (quote(text, safe=""), quote_plus(text, safe="")):
        assert parameters(f"a={encoded}&b=1").get("a") == text
        assert form_parameters(f"a={encoded}".encode()).get("a") == text


@given(st.text(string.ascii_letters + string.digits + "+/-_=", max_size=40))
def test_a_raw_plus_can_be_told_and_put_back(text: str):
    """All else of the base64 alphabets arrives as it is."""
    found = parameters(f"a={text}").get("a")
    assert found == text.replace("+", " ")
    assert plussed(found) == text


def test_first_values_repeats_and_purposes():
    """Repeats are told; purposes are joined from all of theirs."""
    found = parameters("a=1&a=2&b&&purposeIds=Hone,Htwo&purposeIds=,Hthree")
    assert (found.get("a"), found.get("b"), found.get("c")) == ("1", "", "")
    assert found.repeated == {"a", "purposeIds"}
    assert purpose_ids(found) == ("Hone", "Htwo", "Hthree")


def test_a_long_query_is_read_without_being_remembered():
    """Only short queries are kept in memory."""
    long = "a=" + "x" * 2_000
    assert parameters(long) is not parameters(long)
    assert parameters("a=1") is parameters("a=1")
    assert redact_query(f"{long}&secret={HUSH}").endswith("&secret=[redacted]")


def test_a_form_event_keeps_its_fields_as_text():
    """Without credentials and purposes."""
    body = b"userKey=A&secret=B&purposeIds=H&email=ada%40example.com&points=5&note=a+b%2Bc"
    assert parse_form_event(body, FORM) == {"email": "ada@example.com", "points": "5", "note": "a b+c"}
    assert is_form(f"{FORM.upper()}; charset=utf-8", body)
    assert not is_form(FORM, b' {"a": 1}')


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "before", ["", "userKey=A&", "userKey=A;", "userKey=A?", "?", "userKey=A&amp;", "userKey=A%26", "userKey=A%3F", "+", "%20"]
)
@pytest.mark.parametrize("equals", ["=", "%3D", "%253D", "%20=", "]="])
def test_a_secret_is_found_in_every_way_a_url_is_built_wrongly(before: str, name: str, equals: str):
    """Escaped ampersands, second question marks, double encoding, blanks."""
    for spelling in (name, name.upper(), "".join(f"%{ord(letter):02x}" for letter in name)):
        query = f"{before}{spelling}{equals}{HUSH}&x=1"
        assert HUSH not in redact_query(query), query
        assert redact_query(query).endswith("&x=1")
        assert HUSH not in redact_form(query.encode()).decode()


def test_a_secret_sent_as_user_key_is_redacted():
    """Clients swap the two; a user key is shorter than a secret."""
    secret = "FAKE+secret/NotRealAtAll00000000"
    assert redact_query(f"userKey={quote(secret, safe='')}&secret=AFAKEsapcar1") == "userKey=[redacted]&secret=[redacted]"
    assert redact_query("userKey=AFAKE%2Bshop%2F1&purposeIds=Hone") == "userKey=AFAKE%2Bshop%2F1&purposeIds=Hone"


@given(st.text(max_size=60), st.sampled_from(NAMES))
def test_redaction_is_stable_and_leaves_the_rest(noise: str, name: str):
    """Twice is as once; parts that name no secret stay."""
    once = redact_query(f"{noise}&{name}={HUSH}&x=1")
    assert HUSH not in once
    assert redact_query(once) == once
    assert redact_query("userKey=A&timestamp=1&design=b&tokens=c") == "userKey=A&timestamp=1&design=b&tokens=c"


@given(st.binary(max_size=60))
def test_a_form_body_of_any_bytes_is_redacted(noise: bytes):
    """Bytes that are no text stay as they are."""
    redacted = redact_form(noise + b"&secret=" + HUSH.encode())
    assert HUSH.encode() not in redacted
    assert redacted.endswith(b"&secret=[redacted]")


def test_a_large_form_is_redacted_in_time_that_grows_with_its_length():
    """What looks like names without end is not searched again and again."""
    for filler in (b"=", b"a", b"%3D", b"secret", b"-"):
        body = filler * (1_000_000 // len(filler))
        assert redact_form(b"a" + body + b"&secret=x").endswith(b"&secret=[redacted]")


@pytest.mark.parametrize(
    "name", ["x-user-secret", "x-csrf-token", "apikey", "x-api-key", "x-forwarded-authorization", "x-jwt-assertion"]
)
def test_a_header_that_holds_a_secret_is_redacted(name: str):
    """By what its name says."""
    assert redact_headers(((name, HUSH),)) == ((name, "[redacted]"),)


@pytest.mark.parametrize("name", ["referer", "x-original-url", "x-forwarded-uri", "x-original-query"])
def test_a_header_that_repeats_the_address_is_redacted(name: str):
    """Proxies copy the URL, and with it the secret."""
    ((_, value),) = redact_headers(((name, f"http://h/e?userKey=A&secret={HUSH}"),))
    assert value == "http://h/e?userKey=A&secret=[redacted]"
    assert redact_headers(((name, f"secret={HUSH}"),)) == ((name, "secret=[redacted]"),)
    assert redact_headers(((name, "http://h/e"),)) == ((name, "http://h/e"),)


def test_headers_without_secrets_are_not_copied():
    """The everyday delivery."""
    headers = (("content-type", "application/json"), ("accept", "*/*"))
    assert redact_headers(headers) is headers


def test_pairs_and_senders_values_are_safe_to_show():
    """What could be a secret in the wrong place is told by its length."""
    assert redact_pairs((("secret", HUSH), ("userKey", "A"))) == [("secret", "[redacted]"), ("userKey", "A")]
    assert (shown("AFAKE"), shown("x" * 32), shown("\ud800")) == ("'AFAKE'", "32 characters", "'\\ud800'")


BASE64_SECRET = "AB/secret+OfAnApplication0000000="


@pytest.mark.parametrize(
    "spelt",
    [
        BASE64_SECRET,
        BASE64_SECRET.replace("/", r"\/"),
        BASE64_SECRET.replace("+", r"\u002B").replace("=", r"\u003d"),
        quote(BASE64_SECRET, safe=""),
        quote(BASE64_SECRET, safe="").lower().replace("ab", "AB").replace("ofanapplication", "OfAnApplication"),
    ],
    ids=["as it is", "PHP's JSON", "escaped", "in a URL", "in a URL, lower case"],
)
def test_a_secret_in_a_body_is_found_however_it_is_spelt(spelt: str):
    """JSON and URLs have several ways to write the characters of base64."""
    body = b'{"a": "' + spelt.encode() + b'", "b": 1}'
    assert redact_body(body, BASE64_SECRET) == b'{"a": "[redacted]", "b": 1}'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_secret_is_found_in_a_body_that_is_not_utf_8(encoding: str):
    """It is refused as JSON, and kept."""
    body = f'{{"a": "{BASE64_SECRET}"}}'.encode(encoding)
    assert redact_body(body, BASE64_SECRET).decode(encoding) == '{"a": "[redacted]"}'


def test_a_body_without_the_secret_stays_the_very_same():
    """Whoever asks sees by that whether it was in it."""
    body = b'{"secret": "of the house"}'
    assert redact_body(body, BASE64_SECRET) is body


@pytest.mark.parametrize(
    "body",
    [
        f'{{"userKey": "A", "secret": "{HUSH}", "x": 1}}',
        f'{{"userKey": "A", "userSecret" : "{HUSH}"}}',
        f'{{"secret":"{HUSH}", "token": null}}',
        f"<e><userKey>A</userKey><secret>{HUSH}</secret></e>",
        f'--b\r\nContent-Disposition: form-data; name="secret"\r\n\r\n{HUSH}\r\n--b--\r\n',
        f"userKey=A&client_secret={HUSH}&x=1",
    ],
)
def test_a_secret_is_found_in_a_body_of_any_shape(body: str):
    """And nothing else is changed."""
    assert redact_named(body.encode()).decode() == body.replace(HUSH, "[redacted]")


@pytest.mark.parametrize(
    "body", ['{"secretary": "Ada", "note": "no secret here"}', "<secret></secret>", "secret=", "\r\n" * 1000]
)
def test_a_body_without_a_secret_stays(body: str):
    """Names that only begin so, and empty values."""
    assert redact_named(body.encode()) == body.encode()


def test_a_secret_of_several_words_goes_as_a_whole():
    """Up to the quote behind it."""
    assert redact_named(b'{"secret": "a b, hush", "x": 1}') == b'{"secret": "[redacted]", "x": 1}'
    assert redact_named(b"{'password': 'a b'}") == b"{'password': '[redacted]'}"
