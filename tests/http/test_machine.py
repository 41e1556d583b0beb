"""A state machine over a real socket: whatever is posted, reset or asked, the counts add up and the journal agrees."""

import contextlib

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from werkzeug.serving import make_server

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.http.door import Door
from running import contract_of, make_listener, query_of, serving

CATALOG = load(shipped_catalog())
POS = contract_of(CATALOG, "pos-receipt")
NUMBERS = st.integers(1, 8)
KINDS = ("accepted", "rejected", "duplicate", "discarded")


class Space:
    """What a session should hold."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.taken: set[int] = set()
        self.deliveries = 0
        self.counts = dict.fromkeys(KINDS, 0)

    def expect(self, numbers: list[int]) -> list[str]:
        """Count events; negative numbers are broken ones."""
        self.deliveries += 1
        outcomes = []
        for number in numbers:
            outcome = "rejected" if number < 0 else "duplicate" if number in self.taken else "accepted"
            if outcome == "accepted":
                self.taken.add(number)
            self.counts[outcome] += 1
            outcomes.append(outcome)
        return outcomes


def event(number: int) -> dict:
    """Return a pos-receipt; broken when *number* is negative."""
    sample = POS.accepted_samples[0].event | {"receiptId": f"R1-20241130-3-{abs(number)}"}
    return sample if number > 0 else sample | {"totalAmount": "19.90"}


class Mock(RuleBasedStateMachine):
    """Two doors on one listener, sessions that come and go."""

    spaces = Bundle("spaces")

    @initialize(target=spaces)
    def start(self):
        """Serve the door on one socket and Flask alone on another."""
        self.open = contextlib.ExitStack()
        self.listener = make_listener(CATALOG)
        self.open.callback(self.listener.store.close)
        app = create_app(self.listener).wsgi_app
        servers = [make_server("127.0.0.1", 0, a, threaded=True) for a in (Door(self.listener, app), app)]
        self.urls = [self.open.enter_context(serving(server)) for server in servers]
        self.client = self.open.enter_context(httpx.Client())
        self.known = {"default": Space(query_of(POS))}
        return "default"

    @rule(target=spaces)
    def open_session(self):
        """A fresh session has fresh credentials and nothing in it."""
        made = self.client.post(f"{self.urls[0]}/_mock/sessions", json={}).json()
        self.known[made["id"]] = Space(f"userKey={made['userKey']}&secret={made['secret']}")
        return made["id"]

    @rule(space=spaces, number=NUMBERS, broken=st.booleans(), door=st.sampled_from([0, 1]))
    def post(self, space, number, broken, door):
        """One event."""
        number = -number if broken else number
        url = f"{self.urls[door]}{POS.listener_path}/event?{self.known[space].query}"
        expected = self.known[space].expect([number])
        answer = self.client.post(url, json=event(number))
        assert answer.json()["outcome"] == expected[0]
        assert answer.status_code == (400 if broken else 202)

    @rule(
        space=spaces,
        numbers=st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=5),
        door=st.sampled_from([0, 1]),
    )
    def post_batch(self, space, numbers, door):
        """Several events, some broken, some repeated."""
        signed = [-n if broken else n for n, broken in numbers]
        url = f"{self.urls[door]}{POS.listener_path}/events?{self.known[space].query}"
        expected = self.known[space].expect(signed)
        assert self.client.post(url, json=[event(n) for n in signed]).json()["outcomes"] == expected

    @rule(space=spaces)
    def reset(self, space):
        """Nothing is left, and the others are untouched."""
        self.client.post(f"{self.urls[1]}/_mock/reset", json={"session": space})
        self.known[space] = Space(self.known[space].query)

    @rule(door=st.sampled_from([0, 1]))
    def post_with_wrong_credentials(self, door):
        """A refused delivery is one rejected event of the default session."""
        url = f"{self.urls[door]}{POS.listener_path}/event?userKey=ANOBODY&secret=nothing"
        self.known["default"].expect([-1])
        assert self.client.post(url, json=event(1)).status_code == 403

    @invariant()
    def counts_add_up(self):
        """Each session's counts are as expected, their sum is `received`, and the journal says the same."""
        for name, space in getattr(self, "known", {}).items():
            counts = self.client.get(f"{self.urls[0]}/_mock/counts?session={name}").json()
            assert {kind: counts[kind] for kind in KINDS} == space.counts
            assert counts["received"] == sum(space.counts.values())
            page = self.client.get(f"{self.urls[1]}/_mock/receipts?session={name}&limit=500").json()
            kept = [outcome for receipt in page["receipts"] for outcome in receipt["outcomes"]]
            assert {kind: kept.count(kind) for kind in KINDS} == space.counts
            assert page["total"] == counts["deliveries"] == space.deliveries

    def teardown(self):
        """Stop both servers."""
        if hasattr(self, "open"):
            self.open.close()


Mock.TestCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
TestMock = Mock.TestCase
