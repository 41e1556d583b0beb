"""The keys a process remembers."""

from mock_cdp.store.known_keys import KnownKeys


def test_newest_half_window_is_remembered():
    """At every moment at least the newest half window is known, and what is far older is not."""
    known = KnownKeys(window=10, epoch=0)
    for seq in range(1, 101):
        known.add([f"k{seq}"], seq)
        assert all(f"k{n}" in known for n in range(max(1, seq - 4), seq + 1))
    assert "k80" not in known


def test_log_is_needed_only_from_the_older_generation_on():
    """The seq handed back for pruning is never above a key that is still remembered."""
    known = KnownKeys(window=4, epoch=0)
    pruned = [known.add([f"k{seq}"], seq) for seq in range(1, 9)]
    assert pruned == [0, 0, 0, 3, 0, 5, 0, 7] or all(below <= seq - 1 for seq, below in enumerate(pruned, start=1))
    assert max(pruned) > 0


def test_knows_none_of():
    """A delivery is new only if each of its keys is, in both generations."""
    known = KnownKeys(window=2, epoch=0)
    known.add(["old"], 1)
    known.add(["young"], 2)
    assert known.knows_none_of(["other"])
    assert not known.knows_none_of(["other", "young"])
