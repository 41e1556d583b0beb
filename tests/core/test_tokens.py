"""Tokens as functions: bearer tokens that any worker honours, self-signed JWTs, and the token endpoint's answers."""

import base64
import subprocess
import sys
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from mock_cdp.core.keyholder import Keyholder
from mock_cdp.core.tokens import TokenError, TokenReply, basic_pair, issue_token, make_token, self_signed, token_holder

NOW = 1_795_489_567.0
TOKEN_KEY = b"not-a-real-key-only-for-tests!!!"
HOLDER = Keyholder(user_key="AFAKE+shop/1", secret=base64.b64encode(b"not a secret, a + / ").decode())
FORM = "application/x-www-form-urlencoded"
PRIVATE = RSAKey.generate_key(2048)
PEM = PRIVATE.as_pem(private=False).decode()


def grant(**changes: str) -> dict[str, str]:
    """Return the fields of a token request."""
    return {"grant_type": "client_credentials", "client_id": HOLDER.user_key, "client_secret": HOLDER.secret} | changes


def request_token(body: str = "", *, content_type=FORM, query="", authorization="", lenient=False) -> TokenReply:
    """Ask the token endpoint."""
    return issue_token(
        content_type=content_type,
        query=query,
        body=body.encode(),
        authorization=authorization,
        find={HOLDER.user_key: HOLDER}.get,
        token_key=TOKEN_KEY,
        lifetime_s=600,
        lenient=lenient,
        now=NOW,
    )


def test_a_token_is_honoured_by_whoever_has_the_key():
    """Nothing is remembered: another worker, or this one after a restart, reads the same user key."""
    token = request_token(urlencode(grant())).body["access_token"]
    assert token_holder(token, TOKEN_KEY, now=NOW + 599) == HOLDER.user_key


@pytest.mark.parametrize(("now", "code"), [(NOW + 600, "expired"), (NOW + 3600, "expired")])
def test_a_token_ends_with_its_lifetime(now: float, code: str):
    """At the very second."""
    with pytest.raises(TokenError) as caught:
        token_holder(make_token("A", TOKEN_KEY, now=NOW, lifetime_s=600), TOKEN_KEY, now=now)
    assert caught.value.code == code


def test_a_token_of_another_mock_is_refused():
    """Signed with another key."""
    token = make_token("A", b"another-key-not-real-at-all!!!!!", now=NOW, lifetime_s=600)
    with pytest.raises(TokenError, match="not issued by this mock"):
        token_holder(token, TOKEN_KEY, now=NOW)


@pytest.mark.parametrize("claims", [{}, {"sub": "A"}, {"sub": "A", "exp": "soon"}])
def test_a_token_without_its_claims_is_refused(claims: dict):
    """Signed with our key and yet not ours."""
    token = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(TOKEN_KEY))
    with pytest.raises(TokenError):
        token_holder(token, TOKEN_KEY, now=NOW)


def test_a_raw_plus_gets_a_token_and_a_warning():
    """OAuth clients ignore what they do not know; a person reads it."""
    reply = request_token("&".join(f"{name}={value}" for name, value in grant().items()))
    assert (reply.status, "%2B" in reply.body["warning"]) == (200, True)
    assert "warning" not in request_token(urlencode(grant())).body


@pytest.mark.parametrize(
    ("reply", "error", "hint"),
    [
        (request_token(urlencode(grant()) + "&client_id=A"), "invalid_request", "client_id stands more than once"),
        (request_token(urlencode(grant(grant_type=HOLDER.secret))), "unsupported_grant_type", "characters"),
        (request_token("client_id=A&client_secret=B"), "unsupported_grant_type", "found none"),
        (request_token(urlencode(grant(client_id="A\0"))), "invalid_client", "client_id"),
        (request_token(urlencode(grant(client_secret=HOLDER.secret[:-1]))), "invalid_client", "client_secret"),
        (request_token("{", content_type="application/json", lenient=True), "unsupported_grant_type", "found none"),
        (request_token("[1]", content_type="application/json", lenient=True), "unsupported_grant_type", "found none"),
        (request_token("", authorization="Basic !", lenient=True), "unsupported_grant_type", "found none"),
    ],
)
def test_a_token_request_that_does_not_fit_is_explained(reply: TokenReply, error: str, hint: str):
    """OAuth's error, what was found, and never the secret."""
    assert reply.body["error"] == error
    assert hint in reply.body["error_description"]
    assert HOLDER.secret not in repr(reply)


@pytest.mark.parametrize("alg", ["HS256", "PS256", "RS384"])
def test_only_rs256_verifies(alg: str):
    """Neither a shared secret nor another method, though the key would do."""
    key = OctKey.import_key(TOKEN_KEY) if alg == "HS256" else PRIVATE
    token = jwt.encode({"alg": alg}, {"iat": int(NOW), "jti": "n"}, key, algorithms=[alg])
    with pytest.raises(TokenError, match=f"RS256, its header says alg '{alg}'"):
        self_signed(token, PEM, now=NOW, skew_s=300)


def test_alg_none_is_refused():
    """A JWT nobody signed."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"A"}').decode().rstrip("=")
    with pytest.raises(TokenError, match="'none'"):
        self_signed(f"{head}.e30.", PEM, now=NOW, skew_s=300)


@pytest.mark.parametrize(
    "pem", ["rubbish", ECKey.generate_key("P-256").as_pem(private=False).decode()], ids=["rubbish", "another kind"]
)
def test_a_public_key_that_is_none_is_named_as_the_cause(pem: str):
    """The contract's mistake is not blamed on the sender's signature."""
    token = jwt.encode({"alg": "RS256"}, {"iat": int(NOW), "jti": "n"}, PRIVATE)
    with pytest.raises(TokenError, match="no RSA public key"):
        self_signed(token, pem, now=NOW, skew_s=300)


def test_a_clock_may_be_off_by_the_skew_and_no_more():
    """Either way."""
    for iat, fits in ((-301, False), (-300, True), (300, True), (301, False)):
        token = jwt.encode({"alg": "RS256"}, {"iat": int(NOW) + iat, "jti": "n"}, PRIVATE)
        if fits:
            assert self_signed(token, PEM, now=NOW, skew_s=300) == "n"
        else:
            with pytest.raises(TokenError) as caught:
                self_signed(token, PEM, now=NOW, skew_s=300)
            assert caught.value.code == "skew"


def test_a_basic_header_is_read_or_none():
    """A password may hold colons."""
    assert basic_pair("Basic " + base64.b64encode(b"A:b:c").decode()) == ("A", "b:c")
    assert basic_pair("Basic " + base64.b64encode(b"no colon").decode()) is None
    assert basic_pair("Basic " + base64.b64encode(b"\xff:").decode()) is None


def test_joserfc_is_not_imported_at_start_up():
    """It costs 70 ms that only tokens are worth."""
    code = "import sys, mock_cdp.core.auth; sys.exit('joserfc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
