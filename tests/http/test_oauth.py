"""The token endpoint over HTTP: a token that works, and every way CPI's credential artefact can be set wrong."""

from urllib.parse import urlencode

import pytest

from mock_cdp.app import create_app
from mock_cdp.contract.contract import Catalog
from mock_cdp.core.keyholder import AuthSettings
from mock_cdp.listener import Listener, Rules
from running import contract_of, make_listener

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def shop(catalog: Catalog):
    """Return the contract whose keys hold + / =."""
    return contract_of(catalog, "web-order")


def grant(contract, **changes) -> dict:
    """Return the fields of a token request."""
    keys = contract.credentials
    return {"grant_type": "client_credentials", "client_id": keys.user_key, "client_secret": keys.user_secret} | changes


def test_a_token_authenticates_a_delivery(listener: Listener, shop):
    """Form in, ten minutes out, and the delivery is accepted with it."""
    client = create_app(listener).test_client()
    answer = client.post("/oauth2/token", data=urlencode(grant(shop)), content_type=FORM)
    assert (answer.status_code, answer.json["expires_in"], answer.json["token_type"]) == (200, 600, "Bearer")
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    sent = client.post(f"{shop.listener_path}/event", json=shop.accepted_samples[0].event, headers=headers)
    assert sent.status_code == 202
    kept = listener.store.receipt(sent.headers["x-callid"])
    assert kept.auth == "bearer"
    assert answer.json["access_token"] not in repr(kept)


@pytest.mark.parametrize(
    ("kind", "error", "hint"),
    [
        ("json", "invalid_request", "Content Type"),
        ("basic", "invalid_request", "Send as Body Parameter"),
        ("url", "invalid_request", "form body"),
        ("grant in url", "invalid_request", "grant_type came in the URL only"),
        ("text", "invalid_request", "must be a form"),
        ("other grant", "unsupported_grant_type", "client_credentials"),
        ("unknown", "invalid_client", "client_id"),
        ("wrong secret", "invalid_client", "client_secret"),
    ],
)
def test_a_wrong_request_is_explained_in_cpis_words(listener: Listener, shop, kind: str, error: str, hint: str):
    """OAuth's error and what to change."""
    fields = grant(shop)
    without_grant = {name: value for name, value in fields.items() if name != "grant_type"}
    asked = {
        "json": {"json": fields},
        "basic": {"data": {"grant_type": "client_credentials"}, "auth": (fields["client_id"], fields["client_secret"])},
        "url": {"query_string": fields, "content_type": FORM},
        "grant in url": {"query_string": {"grant_type": "client_credentials"}, "data": without_grant},
        "text": {"data": urlencode(fields), "content_type": "text/plain"},
        "other grant": {"data": grant(shop, grant_type="password")},
        "unknown": {"data": grant(shop, client_id="ANOBODY")},
        "wrong secret": {"data": grant(shop, client_secret="x")},
    }[kind]
    answer = create_app(listener).test_client().post("/oauth2/token", **asked)
    assert answer.status_code in {400, 401}
    assert answer.json["error"] == error
    assert hint in answer.json["error_description"]
    assert shop.credentials.user_secret not in answer.text


@pytest.mark.parametrize("kind", ["json", "basic", "url"])
def test_lenient_takes_what_strict_explains(catalog: Catalog, shop, kind: str):
    """By switch: JSON, Basic and URL parameters."""
    listener = make_listener(catalog, rules=Rules(auth=AuthSettings(token_request="lenient")))
    fields = grant(shop)
    asked = {
        "json": {"json": fields},
        "basic": {"data": {"grant_type": "client_credentials"}, "auth": (fields["client_id"], fields["client_secret"])},
        "url": {"query_string": fields},
    }[kind]
    answer = create_app(listener).test_client().post("/oauth2/token", **asked)
    listener.store.close()
    assert answer.status_code == 200, answer.text


def test_only_post_is_taken(listener: Listener):
    """405 with Allow, as JSON."""
    answer = create_app(listener).test_client().get("/oauth2/token")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json["errorCode"] == 405001


def test_the_switches_of_deliveries_hold_for_tokens_too(catalog: Catalog, shop):
    """A secret over plain http and a raw + are refused when deliveries refuse them."""
    raw = urlencode(grant(shop)).replace("%2B", "+")
    for switches, hint in (({"plain_http_secret": "refuse"}, "plain http"), ({"plus_in_credentials": "refuse"}, "%2B")):
        listener = make_listener(catalog, rules=Rules(auth=AuthSettings(**switches)))
        answer = create_app(listener).test_client().post("/oauth2/token", data=raw, content_type=FORM)
        listener.store.close()
        assert answer.status_code in {400, 401}
        assert hint in answer.json["error_description"]
