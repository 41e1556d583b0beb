"""A delivery to a path where nothing listens is told what it meant."""

import pytest

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.core.addressing import unknown_path, without_query
from mock_cdp.listener import Listener
from running import contract_of

CATALOG = load(shipped_catalog())
POS, WEB = contract_of(CATALOG, "pos-receipt"), contract_of(CATALOG, "web-order")
UNIT, APPLICATION, EVENT = POS.business_unit.id, POS.application.id, POS.event.id


def path(unit: str, application: str, event: str, end: str = "event") -> str:
    """Return a listener path."""
    return f"/api/businessunits/{unit}/applications/{application}/dataevents/{event}/{end}"


@pytest.mark.parametrize(
    ("sent", "said", "meant"),
    [
        (path(UNIT, EVENT, APPLICATION), "another order", POS),
        (path(APPLICATION, UNIT, EVENT), "another order", POS),
        (path("retail", "sap-car", "pos-receipt"), "names where the ids belong", POS),
        (path(UNIT, APPLICATION, WEB.event.id), "another application", WEB),
        (path("4_" + "x" * 22, APPLICATION, EVENT), "another business unit", POS),
        (path(UNIT, APPLICATION, EVENT[:-1] + "!"), "did you mean", POS),
        (path(UNIT, APPLICATION, EVENT, "Event"), "did you mean", POS),
    ],
    ids=["application-and-event", "unit-and-application", "names", "application", "unit", "typo", "case"],
)
def test_what_was_meant_is_named(sent: str, said: str, meant):
    """With the whole path to post to."""
    details = unknown_path(sent, CATALOG.listening).details
    assert said in details
    assert f"{meant.listener_path}/event" in details


@pytest.mark.parametrize("between", ["&", "/", "%3F", "%253F", "/%3F"])
def test_credentials_in_the_path_are_not_echoed(listener: Listener, between: str):
    """The `?` was forgotten or encoded: that is said, and the secret stands neither in the answer nor in a receipt."""
    sent = f"{POS.listener_path}/event{between}userKey=AKEY&secret=HushHushHush"
    answer = create_app(listener).test_client().post(sent, json={})
    assert answer.status_code == 404
    assert (
        f"write an unencoded ? between path and query; post to {POS.listener_path}/event (" in answer.get_json()["errorDetails"]
    )
    assert "HushHushHush" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "sent", [path(UNIT, APPLICATION, "x&secret=HushHushHush"), "/no/api&secret=HushHushHush", "/_mock/no&secret=HushHushHush"]
)
def test_a_secret_in_any_path_is_kept_nowhere(listener: Listener, sent: str):
    """Also where the rest has the shape of a listener's path, which is kept, and below no path of ours."""
    app = create_app(listener).test_client()
    assert "HushHushHush" not in app.post(sent, json={}).get_data(as_text=True)
    assert "HushHushHush" not in app.get("/_mock/receipts").get_data(as_text=True)


def test_a_path_of_slashes_is_looked_through_at_once():
    """Nobody waits for it; a pattern that tries every beginning with every end would not be done with this one today."""
    path = "/" * 1_000_000 + "x"
    assert without_query(path) == path


def test_many_events_are_answered_without_a_slow_guess():
    """What is found by ids is found among any number; what only resembles is not looked for."""
    listening = {f"{key}{n}": one for n in range(100) for key, one in CATALOG.listening.items()}
    assert "another order" in unknown_path(path(UNIT, EVENT, APPLICATION), listening).details
    assert "lists what listens" in unknown_path(path(UNIT, APPLICATION, "Hnope"), listening).details


def test_a_post_to_the_events_settings_is_led_to_its_listener(listener: Listener):
    """405, with the path that takes events."""
    answer = create_app(listener).test_client().post(POS.listener_path, json={})
    assert answer.status_code == 405
    assert f"post events to {POS.listener_path}/event" in answer.get_json()["errorDetails"]


@pytest.mark.parametrize(
    "sent",
    [
        path(UNIT, APPLICATION, EVENT, "event/"),
        path(UNIT, APPLICATION, EVENT, "event%20"),
        path(UNIT, APPLICATION, EVENT, "Event"),
        path(UNIT, APPLICATION, EVENT).replace("dataevents", "dataEvents"),
        path(UNIT, APPLICATION, EVENT).replace("api", "API"),
        path(UNIT, APPLICATION, EVENT, "event&userKey=AKEY&secret=HushHushHush"),
    ],
    ids=["slash", "blank", "capital", "camel-case", "API", "no-question-mark"],
)
def test_an_event_that_misses_its_listener_by_little_is_counted(listener: Listener, sent: str):
    """The sender meant it, so it must not be missing among what was refused."""
    app = create_app(listener).test_client()
    assert app.post(sent, json={}).status_code == 404
    assert app.get("/_mock/counts").get_json()["rejected"] == 1
    assert "HushHushHush" not in app.get("/_mock/receipts").get_data(as_text=True)
