"""The deduplication keys a process remembers of one session and event: the index to the log that the store keeps."""

from collections.abc import Iterable, Sequence


class KnownKeys:
    """Keys in two generations: at least the newest half window is remembered, never more than a window.

    Attributes:
        last_seq: Of the newest log row taken in.
        epoch: Of the session, when this was loaded.
        checked: The store's version when this was last known to be up to date.
    """

    __slots__ = ("_half", "_old", "_old_start", "_young", "_young_start", "checked", "epoch", "last_seq")

    def __init__(self, window: int, epoch: int) -> None:
        """Remember nothing yet."""
        self._half = max(1, window // 2)
        self._young: set[str] = set()
        self._old: set[str] = set()
        self._young_start = self._old_start = 0
        self.last_seq = 0
        self.epoch = epoch
        self.checked = -1

    def __contains__(self, key: str) -> bool:
        """Whether *key* was used."""
        return key in self._young or key in self._old

    def knows_none_of(self, keys: Sequence[str]) -> bool:
        """Return whether every key is new."""
        return self._young.isdisjoint(keys) and self._old.isdisjoint(keys)

    def add(self, keys: Iterable[str], seq: int) -> int:
        """Take in the keys of one delivery; return the seq below which the log is no longer needed (0: all is)."""
        self._young.update(keys)
        self.last_seq = seq
        if len(self._young) < self._half:
            return 0
        self._old, self._old_start = self._young, self._young_start
        self._young, self._young_start = set(), seq + 1
        return self._old_start
