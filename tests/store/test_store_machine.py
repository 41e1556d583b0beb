"""Whatever happens to a store, it agrees with a model of plain dictionaries."""

import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_drafts import EVENT, assert_sums_hold, draft, everything, settle

from mock_cdp.core.receipt import Filter, Session
from mock_cdp.store.sql import JournalLimits, open_store

SESSIONS = st.sampled_from(["default", "s1", "s2"])
EVENTS = st.sampled_from([EVENT, "retail/web-shop/web-order"])
KEYS = st.sampled_from([None, "a", "b", "c", "d"])


class StoreMachine(RuleBasedStateMachine):
    """Append, reset, drop and reopen, with small bounds so that eviction happens."""

    @initialize(on_disk=st.booleans(), max_receipts=st.sampled_from([4, 1000]))
    def open(self, on_disk, max_receipts):
        """Start empty."""
        self.folder = tempfile.TemporaryDirectory() if on_disk else None
        self.url = f"{self.folder.name}/store.db" if on_disk else "sqlite://"
        self.max_receipts = max_receipts
        self.store = self.opened()
        self.keys, self.kept, self.counts, self.sessions, self.seq = {}, [], {}, {}, 0

    def opened(self):
        return open_store(self.url, limits=JournalLimits(max_receipts=self.max_receipts))

    @rule(session=SESSIONS, event=EVENTS, keys=st.lists(KEYS, min_size=1, max_size=4))
    def append_accepted(self, session, event, keys):
        """Some of its events may be duplicates."""
        taken = self.keys.setdefault((session, event), set())
        outcomes = []
        for key in keys:
            outcomes.append("duplicate" if key in taken else "accepted")
            taken |= {key} - {None}
        self.expect(draft(*keys, session=session, event=event), outcomes)

    @rule(session=SESSIONS, event=EVENTS, outcomes=st.lists(st.sampled_from(["rejected", "discarded"]), min_size=1))
    def append_refused(self, session, event, outcomes):
        """No key is taken."""
        codes = [("type", index) for index, outcome in enumerate(outcomes) if outcome == "rejected"]
        self.expect(draft(session=session, event=event, outcomes=outcomes, codes=codes), outcomes)

    def expect(self, wanted, outcomes):
        receipt = self.store.append(wanted, settle)
        self.seq += 1
        assert (receipt.seq, receipt.outcomes) == (self.seq, outcomes)
        self.kept = [*self.kept, (receipt.session, receipt.call_id)][-self.max_receipts :]
        counts = self.counts.setdefault(receipt.session, dict.fromkeys(("accepted", "rejected", "duplicate", "discarded"), 0))
        for outcome in outcomes:
            counts[outcome] += 1

    @rule(session=st.none() | SESSIONS)
    def reset(self, session):
        """One session or all."""
        self.store.reset(session)
        self.forget(session)

    def forget(self, session):
        self.keys = {scope: taken for scope, taken in self.keys.items() if session not in (None, scope[0])}
        self.kept = [entry for entry in self.kept if session not in (None, entry[0])]
        self.counts = {name: counts for name, counts in self.counts.items() if session not in (None, name)}

    @rule(name=st.sampled_from(["s1", "s2"]))
    def add_or_drop(self, name):
        """A session comes, or goes with all it held."""
        if name in self.sessions:
            assert self.store.drop_session(name)
            del self.sessions[name]
            self.forget(name)
        else:
            self.sessions[name] = Session(id=name, user_key=f"AFAKE{name}", created_at=float(self.seq))
            self.store.add_session(self.sessions[name])

    @rule()
    def reopen(self):
        """A file goes on where it was."""
        if self.folder:
            self.store.close()
            self.store = self.opened()

    @invariant()
    def agrees_with_the_model(self):
        """Counts, receipts and sessions are the model's."""
        if not hasattr(self, "store"):
            return
        for session in ("default", "s1", "s2"):
            tally, expected = self.store.tally(session), self.counts.get(session, {})
            assert {name: getattr(tally, name) for name in expected} == expected
            assert tally.received == sum(expected.values())
            assert_sums_hold(self.store, session)
        assert [receipt.call_id for receipt in everything(self.store)] == [call_id for _, call_id in self.kept[::-1]]
        assert self.store.count(Filter()) == self.store.tally(None).kept == len(self.kept)
        assert {session.id: session for session in self.store.sessions()} == self.sessions

    def teardown(self):
        """Let go of the files."""
        if hasattr(self, "store"):
            self.store.close()
        if getattr(self, "folder", None):
            self.folder.cleanup()


StoreMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestStoreMachine = StoreMachine.TestCase
