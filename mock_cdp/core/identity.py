"""Which customer an event reaches: accepted events, through mapping and matching rules, to profiles and activities.

Rules in order of which the first that matches wins, merging and keeping, purposes granted and required: documented, or seen in
client code. Everything finer is assumed, and says so where it is decided. Nothing is stored here: events in, profiles out.
"""

import heapq
import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

import msgspec

from mock_cdp.contract import ids
from mock_cdp.contract.contract import Contract, Unit
from mock_cdp.contract.entities import CustomerSchema, MatchingRule, View
from mock_cdp.contract.paths import _members, _views
from mock_cdp.core.replies import time_text

PROFILE: Final = 0  # schemaType
ACTIVITY: Final = 1

MAX_PARTS: Final = 50  # of a target's dotted path; deeper than any customer schema
MAX_COMBINATIONS: Final = 1_000  # of values for one rule: a rule over several long lists must not explode

Path = tuple[str, ...]
Key = tuple[Hashable, ...]  # rule number, then one identifier per attribute
Indices = tuple[tuple[Path, int], ...]  # which list of the event, which element of it; outermost first


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a listener accepted.

    Attributes:
        call_id: Of the delivery.
        index: Position in the delivery.
        received_at: Unix time in seconds.
        granted: Ids of the purposes that the delivery granted, beside those the event's settings grant.
    """

    call_id: str
    index: int
    received_at: float
    contract: Contract
    event: dict[str, Any]
    granted: frozenset[str] = frozenset()


class Unplaced(msgspec.Struct, frozen=True, kw_only=True):
    """An event that reached no profile.

    Attributes:
        event: Folder path `business unit/application/event`.
        reason: Why, in words for the sender.
    """

    call_id: str
    index: int
    event: str
    reason: str


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer did, from one event.

    Attributes:
        number: Position of the event among all that were added.
        source_id: Id of the application (that `sourceId` means it is assumed).
        schema_id: Of the activity schema.
        created_at: When the event was received, in Unix seconds.
        attributes: As the activity schema nests them.
    """

    id: str
    number: int
    source_id: str
    schema_id: str
    created_at: float
    attributes: dict[str, Any]


class Held(msgspec.Struct):
    """The values of one attribute.

    Attributes:
        is_list: Whether the profile schema has a list here.
        values: Each value by its key, with when it came: the event's number, and the position in that event.
    """

    is_list: bool
    values: dict[Hashable, tuple[tuple[int, int], Any]] = {}


Attributes = dict[Path, Held]  # a list of objects is one attribute


class Profile(msgspec.Struct, kw_only=True, eq=False):
    """A customer as one view sees it. Read it; only `Identity` writes.

    Attributes:
        number: Number of the event that made it: the lower, the older.
        created_at: When its first event was received, in Unix seconds.
        updated_at: When its last event was received.
        purposes: Ids of the purposes the customer granted.
        events: `(call_id, index)` of every event that reached it; those of a profile merged into it follow its own.
        recorded: By activity schema's id, the events that became activities, each with its number.
        held: What `attributes` is made of.
        keys: What the index leads here from, by rule number.
    """

    id: str
    number: int
    created_at: float
    updated_at: float
    purposes: set[str] = set()
    events: list[tuple[str, int]] = []
    recorded: dict[str, list[tuple[int, Accepted]]] = {}
    held: Attributes = {}
    keys: dict[int, set[Key]] = {}

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the customer's attributes, nested as the profile schema nests them; lists in the order of arrival."""
        root = _Node()
        for path, held in self.held.items():
            values = [value for _, value in sorted(held.values.values(), key=_arrival)]
            _place(root, _Field((), path, (False,) * len(path)), (), values if held.is_list else values[0])
        found: dict[str, Any] = _plain(root)
        return found


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
            (number, rule, [_path(attribute) for attribute in rule.attributes]) for number, rule in enumerate(_by_priority(view))
        ]
        self._policies = _Policies(merge_rules or view.merge_rules)
        self._profiles: dict[int, Profile] = {}
        self._numbers: dict[str, int] = {}
        self._index: dict[Key, list[int]] = {}  # heaps of profile numbers, the oldest on top; some may be stale
        self._plans: dict[int, tuple[Contract, _Plan]] = {}
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
            attributes=_built(self._plan(contract).activities[schema.id], accepted.event),
        )

    def _plan(self, contract: Contract) -> "_Plan":
        kept = self._plans.get(id(contract))
        if kept is None:
            kept = self._plans[id(contract)] = contract, _Plan(self.unit, contract)  # kept, so that the id stays its own
        return kept[1]

    # -- finding the customer ----------------------------------------------------------------------------------------------

    def _matching(self, brought: Attributes) -> list[Profile] | None:
        """Return the profiles that the first matching rule leads to, oldest first; None when the event identifies nobody.

        With `keepAll` that is the oldest alone: the others stay as they are, and the event needs one place to go (assumed).
        """
        identified = False
        for number, rule, attributes in self._rules:
            keys = _keys(number, [_identifiers(brought, attribute) for attribute in attributes])
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

    def _note(self, profile: Profile, accepted: Accepted, plan: "_Plan") -> None:
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
        fresh = [_identifiers(added, attribute) for attribute in attributes]
        if any(attribute[:cut] in lost for attribute in attributes for cut in range(1, len(attribute) + 1)):
            new = _keys(rule, [_identifiers(profile.held, attribute) for attribute in attributes])
            known &= new
        else:
            new = set()
            for place in (place for place, values in enumerate(fresh) if values):
                others = enumerate(attributes)
                new |= _keys(rule, [fresh[at] if at == place else _identifiers(profile.held, one) for at, one in others])
        for key in new - known:
            known.add(key)
            heapq.heappush(self._index.setdefault(key, []), profile.number)


# -- rules -------------------------------------------------------------------------------------------------------------


def _by_priority(view: View) -> list[MatchingRule]:
    """Return the view's rules in the order they are tried: those with a priority, then the rest as written."""
    known = {rule.id: rule for rule in view.match_rules}
    first = [known[rule] for rule in dict.fromkeys(view.match_rules_priority) if rule in known]
    ordered = first + [rule for rule in view.match_rules if rule not in first]
    return [rule for rule in ordered if rule.attributes]  # one without attributes would match everybody


class _Policy(msgspec.Struct, frozen=True):
    """One attribute's merge rule."""

    immutable: bool
    max_values: int | None
    conflict: str

    def limit(self, held: Held) -> int | None:
        """Return how many values there may be; None for any number. An immutable list holds one unless told (assumed)."""
        if not held.is_list:
            return 1
        return self.max_values or (1 if self.immutable else None)


_NO_POLICY: Final = _Policy(immutable=False, max_values=None, conflict="")


class _Policies:
    """A view's merge rules, by attribute. What is no merge rule is passed over: views are kept as they come."""

    def __init__(self, merge_rules: Mapping[str, Any]) -> None:
        named = merge_rules.get("properties")
        rules = named.items() if isinstance(named, Mapping) else ()
        self._by_path = {_path(name): _policy(rule) for name, rule in rules if isinstance(rule, Mapping)}
        self.keep_apart = any(policy.conflict == "createUcp" for policy in self._by_path.values())

    def conflict(self, rule: str, ours: Attributes, theirs: Attributes) -> str:
        """Return the first immutable attribute with this conflict rule of which both hold values that cannot go together."""
        for path, policy in self._by_path.items():
            if policy.conflict == rule and path in ours and path in theirs:
                limit = policy.limit(ours[path])
                one, other = (islice(held.values, limit) for held in (ours[path], theirs[path]))
                if limit is not None and len({*one, *other}) > limit:
                    return ".".join(path)
        return ""

    def write(self, path: Path, held: Held, new: Held) -> tuple[dict[Hashable, Any], bool]:
        """Write *new* to *held*: an immutable attribute keeps the first values, any other the newest.

        Returns:
            What was added, and whether something had to go.
        """
        policy = self._by_path.get(path, _NO_POLICY)
        limit = policy.limit(held)
        if limit is None:
            fresh = {key: entry for key, entry in new.values.items() if key not in held.values}
            held.values |= fresh
            return fresh, False
        before = held.values
        choose = min if policy.immutable else max  # a value that comes again is as new as its last arrival
        union = {key: choose(before.get(key, entry), entry, key=_arrival) for key, entry in new.values.items()}
        ordered = sorted((before | union).items(), key=lambda item: _arrival(item[1]))
        held.values = dict(ordered[:limit] if policy.immutable else ordered[-limit:])
        fresh = {key: entry for key, entry in held.values.items() if key not in before}
        return fresh, not before.keys() <= held.values.keys()


def _number(recorded: tuple[int, Accepted]) -> int:
    return recorded[0]


def _arrival(entry: tuple[tuple[int, int], Any]) -> tuple[int, int]:
    return entry[0]


def _policy(rule: Mapping[str, Any]) -> _Policy:
    immutable = rule.get("writePolicy") == "immutable"
    count = rule.get("maxValues")
    limited = isinstance(count, int) and not isinstance(count, bool) and count > 0
    conflict = rule.get("writeConflictRule")
    return _Policy(
        immutable=immutable,
        max_values=count if limited else None,
        conflict=conflict if immutable and isinstance(conflict, str) else "",  # mutable values are never in conflict
    )


def _keys(rule: int, identifiers: list[list[Hashable]]) -> set[Key]:
    """Return a key for each way to take one identifier per attribute; none unless every attribute has one."""
    return {(rule, *combination) for combination in islice(product(*identifiers), MAX_COMBINATIONS)}


def _identifiers(attributes: Attributes, path: Path) -> list[Hashable]:
    """Return what identifies somebody by *path*: texts that are not blank, numbers, booleans; compared exactly (assumed)."""
    found: list[Hashable] = []
    for cut in range(1, len(path) + 1):
        held = attributes.get(path[:cut])
        if held is not None:
            rest = path[cut:]
            values = (inner for _, value in held.values.values() for _, inner in _reached(value, rest))
            found += [key for value in values if (key := _identifier(value)) is not None]
    return found


def _identifier(value: Any) -> Hashable | None:
    if isinstance(value, str):
        return value if value.strip() else None  # everybody without a card number is not one customer (assumed)
    if isinstance(value, bool):
        return ("boolean", value)  # in Python, True equals 1
    return ("number", value) if isinstance(value, int | float) else None


def _purposes_lacking(profiles: list[Profile], accepted: Accepted) -> str:
    """Return why a required purpose discards the event, or `""`: what the ingestion grants is granted first (documented)."""
    event = accepted.contract.event
    granted = accepted.granted.union(event.purpose_ids, *(profile.purposes for profile in profiles))
    lacking = [purpose for purpose in event.required_purpose_ids if purpose not in granted]
    return f"the customer has not granted the required purposes: {', '.join(lacking)}" if lacking else ""


def _unplaced(accepted: Accepted, reason: str) -> Unplaced:
    return Unplaced(call_id=accepted.call_id, index=accepted.index, event=accepted.contract.path, reason=reason)


# -- mapping -----------------------------------------------------------------------------------------------------------


class _Field(msgspec.Struct, frozen=True):
    """One mapping, taken apart.

    Attributes:
        lists: For each part of the target, whether the customer schema has a list there.
    """

    source: Path
    target: Path
    lists: tuple[bool, ...]


class _Plan:
    """What becomes of one contract's events, worked out once.

    Attributes:
        activities: Fields by id of their activity schema; one activity per event and schema.
    """

    def __init__(self, unit: Unit, contract: Contract) -> None:
        self.activities: dict[str, list[_Field]] = {}
        self._profile: list[_Field] = []
        for mapping in contract.mappings:
            schema = customer_schema(unit, mapping.target)
            source, target = _path(mapping.source_field), _path(mapping.target_field)
            if schema is None or len(target) > MAX_PARTS:
                continue
            field = _Field(source, target, tuple(_lists(schema.schema, target)))
            if schema.schema_type == PROFILE:
                self._profile.append(field)
            elif schema.schema_type == ACTIVITY:
                self.activities.setdefault(schema.id, []).append(field)
        self._attributes = dict(_attribute(field) for field in self._profile)

    def brought(self, event: Any, number: int) -> Attributes:
        """Return what the event says about its customer: the attributes that it has values for."""
        document = _built(self._profile, event)
        found: Attributes = {}
        for path, is_list in self._attributes.items():
            value: Any = document
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            values = value if is_list and isinstance(value, list) else [value]
            entries = ((_value_key(one), ((number, place), one)) for place, one in enumerate(values) if one is not None)
            held = Held(is_list)
            for key, entry in entries:
                held.values.setdefault(key, entry)
            if held.values:
                found[path] = held
        return found


def customer_schema(unit: Unit, called: str) -> CustomerSchema | None:
    """Return the customer schema with this id, this name in any case, or this file name (known by the id derived from it)."""
    derived = ids.entity_id("customerschema", unit.slug, called)
    for schema in unit.customer_schemas:
        if schema.id in {called, derived} or schema.name.casefold() == called.casefold():
            return schema
    return None


def _path(dotted: str) -> Path:
    return tuple(dotted.split("."))


def _attribute(field: _Field) -> tuple[Path, bool]:
    """Return the profile attribute that a field belongs to: up to its first list, which is one attribute with all in it."""
    is_list = True in field.lists
    return (field.target[: field.lists.index(True) + 1] if is_list else field.target), is_list


def _lists(schema: Any, path: Path) -> Iterator[bool]:
    """Yield for each part of *path* whether *schema* has a list there."""
    places = [schema]
    for part in path:
        places = [inner for place in places for name, inner in _members(schema, place) if name == part]
        places = list({id(place): place for place in places}.values())
        yield any(_is_list(view) for place in places for view in _views(schema, place))


def _is_list(view: dict[str, Any]) -> bool:
    kind = view.get("type", "array" if "items" in view else "")
    return "array" in (kind if isinstance(kind, list) else [kind])


def _value_key(value: Any) -> Hashable:
    key = _identifier(value)
    return ("value", json.dumps(value, sort_keys=True)) if key is None else key


class _Node(dict[str, Any]):
    """An object being built; an object of the event, which is never written to, is a plain dict."""


class _Elements(dict[Indices, _Node]):
    """A list of objects being built, each by the place in the event that it comes from."""

    def in_order(self) -> list[_Node]:
        """Return the elements as they stand in the event; those of another list of the event follow."""
        ranks: dict[tuple[Path, ...], int] = {}
        keys = [(ranks.setdefault(tuple(path for path, _ in key), len(ranks)), [at for _, at in key], key) for key in self]
        return [self[key] for *_, key in sorted(keys)]


def _built(fields: Iterable[_Field], event: Any) -> dict[str, Any]:
    """Return the document that *fields* make of *event*.

    A list of the event fills a list of the document: values of one element of the event (`items.sku`, `items.amount`) stay
    together in one element of a list of objects (`products.sku`, `products.amount`), and lists within lists pair up from
    the outside. Where the event has more lists than the document, the elements follow each other; a field that is
    no list takes the first value. Null maps to nothing (assumed, all of it).
    """
    root = _Node()
    for field in fields:
        for indices, value in _reached(event, field.source):
            _place(root, field, indices, value)
    built: dict[str, Any] = _plain(root)
    return built


def _reached(value: Any, path: Path) -> list[tuple[Indices, Any]]:
    """Return every value but null that *path* leads to, with the list elements it came through."""
    found: list[tuple[Indices, Any]] = _spread([((), value)], ())
    for depth, part in enumerate(path, start=1):
        inner = [(indices, one[part]) for indices, one in found if isinstance(one, dict) and part in one]
        found = _spread(inner, path[:depth])
    return [(indices, one) for indices, one in found if one is not None]


def _spread(values: list[tuple[Indices, Any]], path: Path) -> list[tuple[Indices, Any]]:
    """Return *values* with the elements of each list in its place."""
    if not any(isinstance(value, list) for _, value in values):
        return values
    waiting, found = values[::-1], []
    while waiting:
        indices, value = waiting.pop()
        if isinstance(value, list):
            waiting += [((*indices, (path, at)), one) for at, one in reversed(list(enumerate(value)))]
        else:
            found.append((indices, value))
    return found


def _place(root: _Node, field: _Field, indices: Indices, value: Any) -> None:
    """Put *value* at the field's target, unless another mapping put something else in the way."""
    node: _Node | None = root
    *way, last = field.target
    lists = sum(field.lists[:-1])
    for part, is_list in zip(way, field.lists, strict=False):
        if node is not None and is_list:
            lists -= 1
            # The last list of objects tells all elements apart that are left, but for those of a list of values in it.
            taken = 1 if lists else max(1, len(indices) - field.lists[-1])
            elements = _inner(node, part, _Elements)
            node = None if elements is None else elements.setdefault(indices[:taken], _Node())
            indices = indices[taken:]
        elif node is not None:
            node = _inner(node, part, _Node)
    if node is None:
        return
    found = node.setdefault(last, [] if field.lists[-1] else value)
    if field.lists[-1] and isinstance(found, list):
        found.append(value)


def _inner(node: _Node, part: str, kind: Any) -> Any:
    found = node.setdefault(part, kind())
    return found if type(found) is kind else None


def _plain(node: Any) -> Any:
    if isinstance(node, _Elements):
        return [_plain(element) for element in node.in_order()]
    if isinstance(node, _Node):
        return {name: _plain(value) for name, value in node.items()}
    return node


# -- documents ---------------------------------------------------------------------------------------------------------


def profile_document(profile: Profile, view: View) -> dict[str, Any]:
    """Return a profile as SAP's read API shows it (members seen in client code).

    Assumed: first and last seen are receipt times like the others; purposes are ids, sorted. Segments and activity indicators
    are not computed.
    """
    first, last = time_text(profile.created_at), time_text(profile.updated_at)
    return {
        "_id": profile.id,
        "viewId": view.id,
        "created": first,
        "updated": last,
        "firstSeen": first,
        "lastSeen": last,
        "attributes": profile.attributes,
        "activityIndicators": [],
        "segments": [],
        "privacy": {"purposes": sorted(profile.purposes), "subscriptions": []},
    }


def activity_document(activity: Activity) -> dict[str, Any]:
    """Return an activity as SAP's read API shows it (members seen in client code)."""
    return {
        "_id": activity.id,
        "sourceId": activity.source_id,
        "created": time_text(activity.created_at),
        "attributes": activity.attributes,
    }
