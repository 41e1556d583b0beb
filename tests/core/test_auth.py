"""Authentication: every mode lets the right one in, every mutation is kept out, and each refusal says what to change."""

import base64
import hmac
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from mock_cdp.core import signature
from mock_cdp.core.auth import authenticate
from mock_cdp.core.credentials import parameters, parse_form_event, redact_form, redact_headers, redact_query
from mock_cdp.core.delivery import Delivery
from mock_cdp.core.keyholder import Authenticated, AuthSettings, Keyholder
from mock_cdp.core.refusal import Refusal
from mock_cdp.core.tokens import make_token

NOW = 1_795_489_567.0
TOKEN_KEY = b"not-a-real-key-only-for-tests!!!"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
PRIVATE = RSAKey.generate_key(2048)
SHOP = Keyholder(
    user_key="AFAKE+shop/1",
    secret=base64.b64encode(b"not a secret, a fake one").decode(),
    public_key=PRIVATE.as_pem(private=False).decode(),
    applications=frozenset({"retail/shop"}),
)
CAR = Keyholder(user_key="AFAKEsapcar1", secret="FAKEsecretForSapCarNotReal000000", applications=frozenset({"retail/car"}))
HOLDERS = {holder.user_key: holder for holder in (SHOP, CAR)}


class Nonces:
    """Remembers nonces as a store does."""

    def __init__(self) -> None:
        self.used: set[tuple[str, str]] = set()

    def __call__(self, user_key: str, nonce: str, *, expires_at: float, now: float) -> bool:
        assert expires_at > now
        if (user_key, nonce) in self.used:
            return False
        self.used.add((user_key, nonce))
        return True


def ask(
    query="",
    *,
    headers=(),
    body=b"{}",
    scheme="https",
    application="retail/shop",
    nonces=None,
    now=NOW,
    find=HOLDERS.get,
    **switches,
):
    """Authenticate one delivery."""
    delivery = Delivery("POST", "/api/x/event", query, tuple(headers), body, now, scheme, "cdp.eu5-prod.gigya.com")
    return authenticate(
        delivery,
        application,
        find=find,
        settings=AuthSettings(**switches),
        token_key=TOKEN_KEY,
        claim_nonce=nonces or Nonces(),
        now=now,
    )


def in_query(user_key=SHOP.user_key, secret=SHOP.secret) -> str:
    """Return a strictly encoded query."""
    return f"userKey={quote(user_key, safe='')}&secret={quote(secret, safe='')}"


def refused(result) -> str:
    """Return the code of a refusal whose text holds no secret."""
    assert isinstance(result, Refusal), result
    text = repr(result)
    assert SHOP.secret not in text
    assert CAR.secret not in text
    assert result.details
    return result.code


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """Return an Authorization header."""
    return (("authorization", f"Bearer {token}"),)


def own_jwt(*, key=PRIVATE, alg="RS256", kid=SHOP.user_key, **claims) -> str:
    """Return a JWT as a client signs it."""
    payload = {name: value for name, value in ({"iat": int(NOW), "jti": "n1"} | claims).items() if value is not None}
    return jwt.encode({"alg": alg, "typ": "JWT", "kid": kid}, payload, key)


def forged_jwt() -> str:
    """Return a JWT whose shared secret is the public key: what a verifier that believes the header would take."""

    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    header = json.dumps({"alg": "HS256", "typ": "JWT", "kid": SHOP.user_key}).encode()
    text = f"{part(header)}.{part(json.dumps({'iat': int(NOW), 'jti': 'n1'}).encode())}"
    return f"{text}.{part(hmac.digest(SHOP.public_key.encode(), text.encode(), 'sha256'))}"


def signed_query(*, pairs=None, secret=SHOP.secret, **changes) -> str:
    """Return the query of a signed request."""
    values = {"userKey": SHOP.user_key, "nonce": "948867810607", "timestamp": str(int(NOW * 1000))} | (pairs or {})
    base = signature.base_string("POST", "https://cdp.eu5-prod.gigya.com/api/x/event", values.items())
    values |= {"sig": signature.sign(secret, base)} | changes
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())


def test_user_key_and_secret_in_the_query():
    """The mode SAP's SDK uses."""
    who = ask(in_query() + "&purposeIds=Hone,Htwo&purposeIds=Hthree")
    assert isinstance(who, Authenticated)
    assert (who.holder, who.method, who.warnings) == (SHOP, "query", ())
    assert who.purpose_ids == ("Hone", "Htwo", "Hthree")


def test_a_raw_plus_is_forgiven_with_a_warning():
    """A space where the key or secret has a + is a client that did not encode it."""
    who = ask("userKey=AFAKE shop/1&secret=" + quote(SHOP.secret, safe=""))
    assert [warning.code for warning in who.warnings] == ["unencoded-plus"]
    assert refused(ask("userKey=AFAKE shop/1&secret=x", plus_in_credentials="refuse")) == "wrong-secret"
    for plus in ("%20", "+"):
        query = f"userKey=AFAKE{plus}shop/1&secret=" + quote(SHOP.secret, safe="")
        assert [warning.code for warning in ask(query).warnings] == ["unencoded-plus"]
        assert refused(ask(query, plus_in_credentials="refuse")) == "unencoded-plus"


def test_configured_credentials_may_hold_a_real_space():
    """The contract's schema allows any text; only a lost + is worth a warning."""
    holder = Keyholder(user_key="A FAKE key", secret="not a secret")
    who = ask(in_query(holder.user_key, holder.secret), find={holder.user_key: holder}.get)
    assert (who.holder, who.warnings) == (holder, ())


@given(st.text(BASE64, min_size=1, max_size=40), st.text(BASE64, min_size=1, max_size=40))
def test_any_credential_of_the_base64_alphabet_gets_through(user_key: str, secret: str):
    """Strictly encoded or with raw + / =, the values arrive as they are."""
    holder = Keyholder(user_key=user_key, secret=secret)
    for query in (in_query(user_key, secret), f"userKey={user_key}&secret={secret}"):
        delivery = Delivery("POST", "/", query, (), b"", NOW, "https", "")
        who = authenticate(
            delivery,
            "a/b",
            find=lambda key: holder if key == user_key else None,
            settings=AuthSettings(),
            token_key=TOKEN_KEY,
            claim_nonce=Nonces(),
            now=NOW,
        )
        assert isinstance(who, Authenticated)
        raw_plus = "+" in query and "+" in user_key + secret
        assert [warning.code for warning in who.warnings] == ["unencoded-plus"] * raw_plus


def _flipped(text: str, place: int, character: str) -> str:
    return text[:place] + character + text[place + 1 :]


@given(st.data())
def test_no_mutation_of_key_or_secret_is_let_in(data):
    """Any other character at any place is refused."""
    field = data.draw(st.sampled_from(["user_key", "secret"]))
    value = getattr(SHOP, field)
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from(BASE64.replace(value[place], "")))
    refused(ask(in_query(**{field: _flipped(value, place, other)})))


def test_half_of_the_credentials_is_not_called_misspelt():
    """The half that is there has its right name."""
    assert ask("userKey=AFAKEsapcar1").details == "userKey and secret belong together; secret is missing or empty"


@pytest.mark.parametrize(
    ("query", "code", "hint"),
    [
        ("", "credentials-missing", "userKey"),
        ("userKey=AFAKEsapcar1", "credentials-incomplete", "secret is missing"),
        ("userkey=x&secret=y", "credentials-incomplete", "found userkey, but"),
        ("UserKey=x&Secret=y", "credentials-missing", "found UserKey, Secret, but"),
        (in_query() + "&secret=x", "credentials-repeated", "secret"),
        (in_query("ANOBODY", "x"), "unknown-user-key", "not known here"),
        (in_query(SHOP.secret, SHOP.user_key), "unknown-user-key", "swapped"),
        (in_query(f'"{SHOP.user_key}"'), "unknown-user-key", "quotes"),
        (in_query(quote(SHOP.user_key, safe="")), "unknown-user-key", "encoded twice"),
        (in_query(secret="x"), "wrong-secret", "not its secret"),
        (in_query(secret=SHOP.secret + " "), "wrong-secret", "blanks or quotes"),
        (in_query(secret=SHOP.secret.swapcase()), "wrong-secret", "upper and lower case"),
        (in_query(CAR.user_key, CAR.secret), "permission-denied", "retail/car"),
    ],
)
def test_a_refusal_says_what_to_change(query: str, code: str, hint: str):
    """Never a bare "invalid secret"."""
    result = ask(query)
    assert refused(result) == code
    assert hint in result.details


def test_plain_http_is_refused_by_switch():
    """403006 for a secret over http."""
    result = ask(in_query(), scheme="http", plain_http_secret="refuse")
    assert (refused(result), result.error_code) == ("secret-over-http", 403006)
    assert isinstance(ask(in_query(), scheme="http"), Authenticated)


def test_a_form_holds_credentials_and_event():
    """What one public client sends."""
    body = f"{in_query()}&email=ada%40example.com&note=a+b".encode()
    form = (("content-type", "application/x-www-form-urlencoded"),)
    assert ask(headers=form, body=body).method == "form"
    assert parse_form_event(body, form[0][1]) == {"email": "ada@example.com", "note": "a b"}
    assert refused(ask(headers=form, body=b"userKey=A&secret=B")) == "unknown-user-key"
    assert SHOP.secret not in redact_form(body).decode()


def test_a_bearer_token_of_ours_is_honoured_until_it_expires():
    """Ten minutes, then the seconds since are told."""
    token = make_token(SHOP.user_key, TOKEN_KEY, now=NOW, lifetime_s=600)
    assert ask(headers=bearer(token), now=NOW + 599).method == "bearer"
    late = ask(headers=bearer(token), now=NOW + 603)
    assert (refused(late), late.http_status) == ("token-expired", 401)
    assert "3 s ago" in late.details


@given(st.data())
def test_no_mutation_of_a_token_is_let_in(data):
    """Neither of ours nor of a client's."""
    token = data.draw(st.sampled_from([make_token(SHOP.user_key, TOKEN_KEY, now=NOW, lifetime_s=600), own_jwt()]))
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from((BASE64[:62] + "-_.=").replace(token[place], "")))
    refused(ask(headers=bearer(_flipped(token, place, other))))


def test_a_jwt_the_client_signed():
    """RS256 with kid, iat and jti; each jti once."""
    nonces = Nonces()
    assert ask(headers=bearer(own_jwt()), nonces=nonces).method == "jwt"
    again = ask(headers=bearer(own_jwt()), nonces=nonces)
    assert (refused(again), again.error_code) == ("nonce-reused", 403004)


@pytest.mark.parametrize(
    ("token", "code", "hint"),
    [
        (own_jwt(kid="ANOBODY"), "token-unknown-kid", "ANOBODY"),
        (own_jwt(kid=CAR.user_key), "token-no-public-key", "publicKey"),
        (own_jwt(key=RSAKey.generate_key(2048)), "token-invalid", "public key"),
        (own_jwt(iat=int(NOW) - 400), "token-clock", "400 s behind"),
        (own_jwt(iat=int(NOW) + 400), "token-clock", "400 s ahead"),
        (own_jwt(iat=int(NOW * 1000)), "token-clock", "milliseconds"),
        (own_jwt(jti=None), "token-invalid", "jti"),
        (own_jwt(iat=None), "token-invalid", "iat"),
        (own_jwt(iat=str(int(NOW))), "token-invalid", "a number"),
        (own_jwt(kid=SHOP.secret), "token-unknown-kid", "32 characters"),
        (own_jwt(iat=float("nan")), "token-invalid", "a number"),
        (own_jwt(iat=10**400), "token-invalid", "a number"),
        ("nonsense", "token-invalid", "no JWT"),
        (forged_jwt(), "token-invalid", "RS256"),
    ],
    ids=[
        "kid",
        "no key",
        "other key",
        "behind",
        "ahead",
        "milliseconds",
        "no jti",
        "no iat",
        "text iat",
        "secret",
        "NaN",
        "huge",
        "no JWT",
        "forged",
    ],
)
def test_a_jwt_that_does_not_fit_is_explained(token: str, code: str, hint: str):
    """Which part, and what it must be; a public key cannot be passed off as a shared secret."""
    result = ask(headers=bearer(token))
    assert refused(result) == code
    assert hint in result.details


def test_the_test_vector_of_the_signed_request():
    """The signature known from client code."""
    url = "https://cdp.eu5-prod.gigya.com/api/businessunits/4_BUSINESSUNITID/applications/A/dataevents/E/event"
    pairs = [("userKey", "AK+user/KEY"), ("nonce", "948867810607"), ("timestamp", "1795489567202")]
    base = signature.base_string("POST", url, pairs)
    assert signature.sign("dGhyb3ctYXdheS10ZXN0LXNlY3JldCE=", base) == "1F1vJX6lmRidCry6e7J3mLR+pBU="


@pytest.mark.parametrize("extra", ["", "&purposeIds=Hone"])
def test_the_test_vector_passes_as_a_delivery(extra: str):
    """The JavaScript client signs three parameters, whatever else stands in the query."""
    holder = Keyholder(user_key="AK+user/KEY", secret="dGhyb3ctYXdheS10ZXN0LXNlY3JldCE=")
    sig = quote("1F1vJX6lmRidCry6e7J3mLR+pBU=", safe="")
    delivery = Delivery(
        "POST",
        "/api/businessunits/4_BUSINESSUNITID/applications/A/dataevents/E/event",
        f"userKey=AK%2Buser%2FKEY&nonce=948867810607&timestamp=1795489567202&sig={sig}{extra}",
        (),
        b"{}",
        NOW,
        "https",
        "cdp.eu5-prod.gigya.com",
    )
    who = authenticate(
        delivery,
        "retail/shop",
        find={holder.user_key: holder}.get,
        settings=AuthSettings(),
        token_key=TOKEN_KEY,
        claim_nonce=Nonces(),
        now=NOW,
    )
    assert (who.holder, who.method) == (holder, "signed")


def test_a_signed_request_is_let_in_once():
    """With its few parameters or with all of them, in milliseconds or seconds."""
    nonces = Nonces()
    assert ask(signed_query(), nonces=nonces).method == "signed"
    assert refused(ask(signed_query(), nonces=nonces)) == "nonce-reused"
    everything = signed_query(pairs={"purposeIds": "Hone", "timestamp": str(int(NOW)), "nonce": "2"})
    assert ask(everything, nonces=nonces).method == "signed"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sig": "AAAA"}, "wrong-signature"),
        ({"nonce": "1"}, "wrong-signature"),
        ({"timestamp": str(int(NOW) - 400)}, "request-expired"),
        ({"timestamp": "yesterday"}, "request-expired"),
        ({"userKey": "ANOBODY"}, "unknown-user-key"),
        ({"nonce": ""}, "credentials-incomplete"),
    ],
)
def test_a_changed_signed_request_is_refused(changes: dict, code: str):
    """Whichever part was changed after signing."""
    assert refused(ask(signed_query(**changes))) == code


@given(st.data())
def test_no_mutation_of_a_signed_request_is_let_in(data):
    """Any other character at any place of any of its four parameters."""
    signed = dict(parameters(signed_query()).pairs)
    name = data.draw(st.sampled_from(sorted(signed)))
    value = signed[name]
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from(BASE64.replace(value[place], "")))
    refused(ask(signed_query(**{name: _flipped(value, place, other)})))


def test_a_signed_request_with_a_secret_beside_it_does_not_show_it():
    """The strings to sign are explained, the secret among the parameters is not."""
    result = ask(signed_query(sig="AAAA") + f"&secret={CAR.secret}")
    assert refused(result) == "wrong-signature"
    assert "redacted" in result.details


def test_a_signed_request_names_each_parameter_once():
    """Which of two nonces was meant cannot be told."""
    result = ask(signed_query() + "&nonce=2")
    assert refused(result) == "credentials-repeated"
    assert "nonce" in result.details


def test_a_raw_plus_in_a_signed_request_is_forgiven_with_a_warning():
    """The user key is signed as it is known, however it arrived."""
    query = signed_query().replace("%2B", "+")
    assert [warning.code for warning in ask(query).warnings] == ["unencoded-plus"]
    assert refused(ask(query, plus_in_credentials="refuse")) == "unencoded-plus"


def test_a_secret_that_is_not_base64_signs_nothing():
    """An empty signature is none, and the reason is said."""
    holder = Keyholder(user_key=SHOP.user_key, secret="no base64!")
    result = ask(signed_query(), find={holder.user_key: holder}.get)
    assert "not base64" in result.details
    assert ask(signed_query(sig=""), find={holder.user_key: holder}.get).code == "credentials-incomplete"


def test_basic_is_off_and_can_be_turned_on():
    """An extension, refused with how to turn it on."""
    header = (("authorization", "Basic " + base64.b64encode(f"{SHOP.user_key}:{SHOP.secret}".encode()).decode()),)
    off = ask(headers=header)
    assert (refused(off), off.http_status) == ("basic-auth-off", 401)
    assert "basic_auth" in off.details
    assert ask(headers=header, basic_auth=True).method == "basic"
    wrong = (("authorization", "Basic " + base64.b64encode(f"{SHOP.user_key}:x".encode()).decode()),)
    assert refused(ask(headers=wrong, basic_auth=True)) == "wrong-secret"
    nobody = (("authorization", "Basic " + base64.b64encode(b"ANOBODY:x").decode()),)
    assert refused(ask(headers=nobody, basic_auth=True)) == "unknown-user-key"
    mangled = ask(headers=(("authorization", "Basic !"),), basic_auth=True)
    assert (refused(mangled), "base64 of userKey:secret" in mangled.details) == ("credentials-incomplete", True)
    plain = ask(headers=header, scheme="http", basic_auth=True, plain_http_secret="refuse")
    assert refused(plain) == "secret-over-http"


def test_the_header_goes_before_the_query():
    """Two kinds of credentials at once: the documented order decides, always the same."""
    assert refused(ask(in_query(), headers=bearer("nonsense"))) == "token-invalid"
    assert refused(ask(in_query(), headers=(("authorization", "Digest x"),))) == "authorization-unknown"
    token = make_token(SHOP.user_key, TOKEN_KEY, now=NOW, lifetime_s=600)
    assert ask(in_query(CAR.user_key, "x"), headers=bearer(token)).method == "bearer"
    assert ask(in_query(CAR.user_key, "x") + "&" + signed_query().partition("&")[2]).code == "wrong-signature"


def test_a_token_of_a_holder_that_is_gone_is_refused():
    """A dropped session's token says so."""
    token = make_token("AGONE", TOKEN_KEY, now=NOW, lifetime_s=600)
    result = ask(headers=bearer(token))
    assert (refused(result), "no longer exists" in result.details) == ("token-invalid", True)


@given(st.text(st.characters(codec=None), max_size=20))
def test_no_store_is_asked_for_what_it_cannot_hold(text: str):
    """NUL and half surrogate pairs, in a key or a nonce, never reach a store."""
    asked: list[str] = []

    def find(user_key: str) -> Keyholder | None:
        asked.append(user_key)
        return None

    ask(f"userKey={text}&secret=x", find=find)
    header = json.dumps({"alg": "RS256", "kid": text}).encode()
    ask(headers=bearer(base64.urlsafe_b64encode(header).decode().rstrip("=") + ".e30.AAAA"), find=find)
    assert all(key.isprintable() for key in asked)


@given(st.text(max_size=200))
def test_redaction_never_fails_and_hides_every_secret(noise: str):
    """Whatever else stands in the query, in any spelling of the names."""
    for name in ("secret", "SECRET", "%73ecret", "sig", "client_secret", "access_token", "password"):
        query = f"{noise}&{name}=hush-hush&x=1"
        assert "hush-hush" not in redact_query(query)
        assert redact_query(query).endswith("&x=1")


def test_headers_are_redacted_by_name():
    """The scheme stays, so that a reader sees how a delivery authenticated."""
    headers = (("authorization", "Bearer hush"), ("x-api-key", "hush"), ("cookie", "hush"), ("accept", "*/*"))
    assert redact_headers(headers) == (
        ("authorization", "Bearer [redacted]"),
        ("x-api-key", "[redacted]"),
        ("cookie", "[redacted]"),
        ("accept", "*/*"),
    )


def test_a_holder_never_shows_its_secret():
    """Reprs end in logs."""
    assert SHOP.secret not in repr(SHOP)
