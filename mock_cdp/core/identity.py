"""Which customer an event reaches: accepted events, through mapping and matching rules, to profiles and activities.

Rules in order of which the first that matches wins, merging and keeping, purposes granted and required: documented, or seen in
client code. Everything finer is assumed, and says so where it is decided. Nothing is stored here: events in, profiles out.
"""

import heapq
from collections.abc import Iterable, Mapping
from typing import Any

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Contract, Unit
from mock_cdp.contract.entities import CustomerSchema, MatchingRule, View
from mock_cdp.core.attributes import Attributes, Held, Key, identifiers, rule_keys
from mock_cdp.core.mapping import Plan, customer_schema
from mock_cdp.core.merging import Policies
from mock_cdp.core.nesting import Path, built, path_of
from mock_cdp.core.profile import Accepted, Activity, Profile, Unplaced


class Identity:
    """The customers of one view of a business unit, from the accepted events in journal order.

    Adding costs the same however many customers there are: a rule's values lead to their profiles by look-up.

    Attributes:
        unmapped: Events that hold no identifier: no matching rule has a value for all of its attributes. What SAP does with
            them is unknown; here they reach no profile and leave no activity.
        discarded: Events that lacked a required purpose, or broke a merge rule that discards.
    """

    def __init__(self, unit: Unit, view: View, merge_rules: Mapping[str, Any] = {}) -> None:
        """Start with no customers.

        Args:
            unit: Holds the customer schemas that mappings name.
            view: Holds the matching rules.
            merge_rules: `{"properties": {attribute: {…}}}`; the view's own unless given.
        """
        self.unit = unit
        self.view = view
        self.unmapped: list[Unplaced] = []
        self.discarded: list[Unplaced] = []
        self._rules = [
            (number, rule, [path_of(attribute) for attribute in rule.attributes])
            for number, rule in enumerate(_by_priority(view))
        ]
        self._policies = Policies(merge_rules or view.merge_rules)
        self._profiles: dict[int, Profile] = {}
        self._numbers: dict[str, int] = {}
        self._index: dict[Key, list[int]] = {}  # heaps of profile numbers, the oldest on top; some may be stale
        self._plans: dict[int, tuple[Contract, Plan]] = {}
        self._added = 0

    def add(self, accepted: Accepted) -> Profile | None:
        """Take in the next event of the journal, and return the profile it reached; None when it reached none.

        An event that is discarded leaves nothing behind: no granted purpose, no merge (assumed).
        """
        self._added += 1
        plan = self._plan(accepted.contract)
        brought = plan.brought(accepted.event, self._added)
        matching = self._matching(brought)
        if matching is None:
            self.unmapped.append(_unplaced(accepted, "no value for all attributes of any matching rule"))
            return None
        reason = _purposes_lacking(matching, accepted) or self._conflict(matching, brought)
        if reason:
            self.discarded.append(_unplaced(accepted, reason))
            return None
        profile = self._merged(matching) if matching else self._new(accepted)
        self._absorb(profile, brought)
        self._note(profile, accepted, plan)
        return profile

    def profiles(self) -> list[Profile]:
        """Return every customer, the oldest first."""
        return list(self._profiles.values())

    def profile(self, profile_id: str) -> Profile | None:
        """Return the customer with this id; None as well when it was merged into an older one."""
        return self._profiles.get(self._numbers.get(profile_id, 0))

    def activities(self, profile_id: str, schema_name: str) -> list[Activity]:
        """Return a customer's activities of one schema, in journal order; none of a customer or schema that is not there.

        Args:
            profile_id: Of the customer.
            schema_name: Id, name in any case, or file name.
        """
        profile, schema = self.profile(profile_id), customer_schema(self.unit, schema_name)
        found = profile.recorded.get(schema.id, []) if profile and schema else []
        return [self._activity(schema, number, accepted) for number, accepted in sorted(found, key=_number)] if schema else []

    def _activity(self, schema: CustomerSchema, number: int, accepted: Accepted) -> Activity:
        """Return what became of an event: made when it is asked for, because most never are."""
        unit, contract = self.unit.business_unit.id, accepted.contract
        return Activity(
            id=ids.entity_id("activity", unit, schema.id, accepted.call_id, str(accepted.index)),
            number=number,
            source_id=contract.application.id,
            schema_id=schema.id,
            created_at=accepted.received_at,
            attributes=built(self._plan(contract).activities[schema.id], accepted.event),
        )

    def _plan(self, contract: Contract) -> Plan:
        kept = self._plans.get(id(contract))
        if kept is None:
            kept = self._plans[id(contract)] = contract, Plan(self.unit, contract)  # kept, so that the id stays its own
        return kept[1]

    # -- finding the customer ----------------------------------------------------------------------------------------------

    def _matching(self, brought: Attributes) -> list[Profile] | None:
        """Return the profiles that the first matching rule leads to, oldest first; None when the event identifies nobody.

        With `keepAll` that is the oldest alone: the others stay as they are, and the event needs one place to go (assumed).
        """
        identified = False
        for number, rule, attributes in self._rules:
            keys = rule_keys(number, [identifiers(brought, attribute) for attribute in attributes])
            identified = identified or bool(keys)
            merges = rule.ucp_resolution_policy == "merge"
            found = self._found(number, keys, whole=merges or self._policies.keep_apart)
            if found:
                fitting = self._fitting(brought, found)
                return fitting if merges else fitting[:1]
        return [] if identified else None

    def _found(self, rule: int, keys: Iterable[Key], *, whole: bool) -> list[Profile]:
        """Return the profiles behind *keys*, oldest first, and clean the index on the way.

        Args:
            rule: Number of the rule.
            keys: What the event identifies by it.
            whole: False when the oldest is enough, which then costs no look at the others.
        """
        numbers: set[int] = set()
        for key in keys:
            heap = self._index.get(key, [])
            while heap and not self._leads(rule, key, heap[0]):
                heapq.heappop(heap)
            if whole and len(heap) > 1:
                heap[:] = sorted({number for number in heap if self._leads(rule, key, number)})
            numbers.update(heap if whole else heap[:1])
        return [self._profiles[number] for number in sorted(numbers)]

    def _leads(self, rule: int, key: Key, number: int) -> bool:
        profile = self._profiles.get(number)
        return profile is not None and key in profile.keys[rule]

    def _fitting(self, brought: Attributes, profiles: list[Profile]) -> list[Profile]:
        """Return those of *profiles* that `createUcp` does not keep apart from the event, or from an older one of them."""
        if not self._policies.keep_apart:
            return profiles
        fitting: list[Profile] = []
        for profile in profiles:
            others = [brought, *(one.held for one in fitting)]
            if not any(self._policies.conflict("createUcp", other, profile.held) for other in others):
                fitting.append(profile)
        return fitting

    def _conflict(self, profiles: list[Profile], brought: Attributes) -> str:
        """Return why a merge rule discards the event, or `""`."""
        conflicts = (self._policies.conflict("discardEvent", profile.held, brought) for profile in profiles)
        broken = next(filter(None, conflicts), "")
        return broken and f"the profile holds another value of {broken}, which is immutable: the merge rule discards the event"

    # -- writing to it -----------------------------------------------------------------------------------------------------

    def _new(self, accepted: Accepted) -> Profile:
        unit, view, at = self.unit.business_unit.id, self.view.id, accepted.received_at
        name = ids.entity_id("profile", unit, view, accepted.call_id, str(accepted.index))
        profile = Profile(id=name, number=self._added, created_at=at, updated_at=at)
        self._profiles[profile.number] = profile
        self._numbers[profile.id] = profile.number
        return profile

    def _merged(self, profiles: list[Profile]) -> Profile:
        """Merge *profiles* into the first, the oldest: its id stays."""
        oldest, *others = profiles
        for other in others:
            del self._profiles[other.number], self._numbers[other.id]
            self._absorb(oldest, other.held)
            oldest.updated_at = max(oldest.updated_at, other.updated_at)
            oldest.purposes |= other.purposes
            oldest.events += other.events
            for schema, recorded in other.recorded.items():
                oldest.recorded.setdefault(schema, []).extend(recorded)
        return oldest

    def _note(self, profile: Profile, accepted: Accepted, plan: Plan) -> None:
        profile.updated_at = max(profile.updated_at, accepted.received_at)
        profile.purposes.update(accepted.contract.event.purpose_ids, accepted.granted)
        profile.events.append((accepted.call_id, accepted.index))
        for schema in plan.activities:
            profile.recorded.setdefault(schema, []).append((self._added, accepted))

    def _absorb(self, profile: Profile, given: Attributes) -> None:
        """Write *given* to *profile* as far as the merge rules allow, and let the index follow."""
        added: Attributes = {}
        lost: set[Path] = set()
        for path, new in given.items():
            held = profile.held.setdefault(path, Held(new.is_list))
            fresh, loses = self._policies.write(path, held, new)
            if fresh:
                added[path] = Held(new.is_list, fresh)
            if loses:
                lost.add(path)
        for number, _, attributes in self._rules:
            self._lead(profile, number, attributes, added, lost)

    def _lead(self, profile: Profile, rule: int, attributes: list[Path], added: Attributes, lost: set[Path]) -> None:
        """Let the index lead to *profile* by what it holds now. What was only added costs no look at all that it holds."""
        known = profile.keys.setdefault(rule, set())
        fresh = [identifiers(added, attribute) for attribute in attributes]
        if any(attribute[:cut] in lost for attribute in attributes for cut in range(1, len(attribute) + 1)):
            new = rule_keys(rule, [identifiers(profile.held, attribute) for attribute in attributes])
            known &= new
        else:
            new = set()
            for place in (place for place, values in enumerate(fresh) if values):
                others = enumerate(attributes)
                new |= rule_keys(rule, [fresh[at] if at == place else identifiers(profile.held, one) for at, one in others])
        for key in new - known:
            known.add(key)
            heapq.heappush(self._index.setdefault(key, []), profile.number)


def _by_priority(view: View) -> list[MatchingRule]:
    """Return the view's rules in the order they are tried: those with a priority, then the rest as written."""
    known = {rule.id: rule for rule in view.match_rules}
    first = [known[rule] for rule in dict.fromkeys(view.match_rules_priority) if rule in known]
    ordered = first + [rule for rule in view.match_rules if rule not in first]
    return [rule for rule in ordered if rule.attributes]  # one without attributes would match everybody


def _purposes_lacking(profiles: list[Profile], accepted: Accepted) -> str:
    """Return why a required purpose discards the event, or `""`: what the ingestion grants is granted first (documented)."""
    event = accepted.contract.event
    granted = accepted.granted.union(event.purpose_ids, *(profile.purposes for profile in profiles))
    lacking = [purpose for purpose in event.required_purpose_ids if purpose not in granted]
    return f"the customer has not granted the required purposes: {', '.join(lacking)}" if lacking else ""


def _unplaced(accepted: Accepted, reason: str) -> Unplaced:
    return Unplaced(call_id=accepted.call_id, index=accepted.index, event=accepted.contract.path, reason=reason)


def _number(recorded: tuple[int, Accepted]) -> int:
    return recorded[0]
