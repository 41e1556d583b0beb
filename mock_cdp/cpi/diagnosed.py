"""What a diagnosis says; apart from the engine, which is loaded when the first event is refused."""

import msgspec

from mock_cdp.contract.violation import Violation


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One cause, with every place it explains.

    Attributes:
        message: What we saw, what CPI did, what to change: at most 300 characters.
        seen: What we saw.
        did: What CPI or the source did.
        change: What to change.
        paths: JSON Pointers into the events as sent, each once, array indexes as `*`.
        count: How many places in all events.
        certain: Undoing it (with the other causes) makes every event valid in which it was found, and it has no second reading.
        indexes: Positions of the events it was found in, at most 100.
        doubt: The second reading, if there is one.
        fix: Lines to paste.
    """

    code: str
    title: str
    message: str
    seen: str
    did: str
    change: str
    paths: tuple[str, ...]
    count: int
    certain: bool
    indexes: tuple[int, ...] = ()
    doubt: str = ""
    fix: tuple[str, ...] = ()


class Diagnosed(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What can be said of a delivery.

    Attributes:
        diagnoses: Causes of the refusal, those with the most places first.
        unexplained: Violations that no cause explains.
        warnings: What is suspicious though the model accepts it.
    """

    diagnoses: tuple[Diagnosis, ...] = ()
    unexplained: tuple[Violation, ...] = ()
    warnings: tuple[Diagnosis, ...] = ()
