"""What an entity is called: by its id, its name, or the name of its file."""

from collections.abc import Iterable

from mock_cdp.contract.contract import Placed
from mock_cdp.contract.entities import Entity


def is_called(placed: Placed, named: str) -> bool:
    """Return whether *named* is the entity's id, its name in any case, or its file's name."""
    entity = placed.value
    return isinstance(entity, Entity) and (named in {entity.id, placed.slug} or named.casefold() == entity.name.casefold())


def called(known: Iterable[Placed], named: str) -> Placed | None:
    """Return what *named* means among *known*: by id or file name, else by name, of several the one that was there first.

    A second one of the same name gets a number behind its file name, so the first has the shortest.
    """

    def rank(placed: Placed) -> tuple[bool, int, str]:
        return named not in {getattr(placed.value, "id", ""), placed.slug}, len(placed.slug), placed.slug

    return min((placed for placed in known if is_called(placed, named)), key=rank, default=None)
