"""A view's merge rules: what a new value does to the values that a profile holds, and which of them cannot go together."""

from collections.abc import Hashable, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from mock_cdp.core.attributes import Attributes, Held, arrival
from mock_cdp.core.nesting import Path, path_of


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


class Policies:
    """A view's merge rules, by attribute. What is no merge rule is passed over: views are kept as they come."""

    def __init__(self, merge_rules: Mapping[str, Any]) -> None:
        """Read `{"properties": {attribute: {"writePolicy", "maxValues", "writeConflictRule"}}}`."""
        named = merge_rules.get("properties")
        rules = named.items() if isinstance(named, Mapping) else ()
        self._by_path = {path_of(name): _policy(rule) for name, rule in rules if isinstance(rule, Mapping)}
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
        union = {key: choose(before.get(key, entry), entry, key=arrival) for key, entry in new.values.items()}
        ordered = sorted((before | union).items(), key=lambda item: arrival(item[1]))
        held.values = dict(ordered[:limit] if policy.immutable else ordered[-limit:])
        fresh = {key: entry for key, entry in held.values.items() if key not in before}
        return fresh, not before.keys() <= held.values.keys()


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
