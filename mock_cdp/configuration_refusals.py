"""Why a call of the configuration API is refused: where, what was found, what to do."""

from collections.abc import Callable
from typing import Final

from mock_cdp.contract.problem import FolderError
from mock_cdp.contract.resources import KINDS, Resource
from mock_cdp.contract.violation import Violation
from mock_cdp.core.refusal import ErrorCode, Refusal

ATTEMPTS: Final = 20  # of a change whose row somebody else changed meanwhile
IfMatch = Callable[[str], bool]  # whether a revision is one that the caller wants to change


def ANY(_revision: str) -> bool:  # noqa: N802  # a constant that is called
    """Take any revision."""
    return True


class Refused(Exception):  # noqa: N818  # a refusal is what the rest of the house calls it
    """A call of the configuration API that is refused.

    Attributes:
        refusal: Why, for the envelope.
        violations: Every broken rule, where there is more to say.
    """

    def __init__(self, refusal: Refusal, violations: tuple[Violation, ...] = ()) -> None:
        """Keep both."""
        super().__init__(refusal.message)
        self.refusal = refusal
        self.violations = violations


def require_match(resource: Resource, if_match: IfMatch) -> None:
    """Refuse a change of a revision that the caller did not mean."""
    if not if_match(resource.revision):
        details = f"If-Match does not name its revision, which is {resource.revision}; read it again and repeat your change"
        raise Refused(_refusal("changed-meanwhile", "Changed meanwhile", details, status=412))


def _refusal(code: str, message: str, details: str, *, status: int = 0, error_code: int = ErrorCode.INVALID_PARAMETER) -> Refusal:
    return Refusal(code=code, error_code=error_code, message=message, details=details, status=status)


def stale(resource: Resource, claimed: str) -> Refused:
    """Return the refusal of an update made from an older reading."""
    details = (
        f'the body was read when "updated" was {claimed[:40]}, meanwhile it is {resource.document.get("updated")}: somebody '
        "else changed it. Read it again and repeat your change, or leave `updated` out to overwrite"
    )
    return Refused(_refusal("changed-meanwhile", "Changed meanwhile", details, status=409))


def not_found(path: str) -> Refusal:
    """Return the refusal of a path where nothing is."""
    parts = path.split("/")
    known = KINDS[parts[-2]].shape.__name__ if parts[-2] in KINDS else "entity"
    details = f"no {known} {parts[-1][:64]!r} here; GET /api/{'/'.join(parts[:-1])[:300]} lists them"
    return unknown(details)


def unknown(details: str) -> Refusal:
    """Return the refusal of something that is not there."""
    return _refusal("unknown-entity", "Not found", details, error_code=ErrorCode.NOT_FOUND)


def busy(path: str) -> Refusal:
    """Return the refusal of a change that others kept coming before."""
    details = f"/api/{path} kept changing while this was written, {ATTEMPTS} times; nothing was changed, try again"
    return _refusal("changed-meanwhile", "Changed meanwhile", details, status=409)


def from_files(resource: Resource) -> Refusal:
    """Return the refusal to change what files hold."""
    details = (
        f"it comes from the contract folder ({resource.file}); edit that, or serve with --writable to let calls change files"
    )
    return _refusal("read-only", "Permission denied", details, error_code=ErrorCode.PERMISSION_DENIED)


def unservable(error: FolderError) -> Refusal:
    """Return the refusal of a change that files cannot take."""
    details = f"the contract folder could not be served afterwards: {error.problems[0]}; nothing was changed"
    return _refusal("unservable-folder", "Still in use", details, status=409)


def in_use(resource: Resource, found: tuple[Violation, ...]) -> Refusal:
    """Return the refusal to delete what is referred to."""
    details = f"{resource.document.get('name')!r} is still used: {found[0].message}; change that first. Nothing was deleted"
    return _refusal("in-use", "Still in use", details, status=409)


def invalid(resource: Resource, found: list[Violation]) -> Refusal:
    """Return the refusal of a document, with the first reason."""
    what = resource.kind.shape.__name__
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    details = f"this {what} cannot be: {found[0].message}{more}; nothing was changed"
    return _refusal("invalid-entity", "Schema validation failed", details, error_code=ErrorCode.VALIDATION)
