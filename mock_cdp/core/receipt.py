"""A receipt: a delivery with its outcomes, as kept. A tally: the counts. No store is known here."""

from typing import Literal

import msgspec

from mock_cdp.contract.violation import Violation
from mock_cdp.cpi.diagnosed import Diagnosis

Outcome = Literal["accepted", "rejected", "duplicate", "discarded"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "rejected", "duplicate", "discarded")

DEFAULT_SESSION = "default"


class Receipt(msgspec.Struct, kw_only=True, omit_defaults=True, array_like=True):
    """A delivery with its outcomes. Holds no secret: credentials are redacted before it is made.

    Attributes:
        call_id: 32 hex digits; what `x-callid` said.
        seq: Position in the journal, given by the store; 0 until kept.
        session: Id of the session whose credentials were used.
        application: Folder path `business unit/application`, or `""` if none was found.
        event: Folder path `business unit/application/event`, or `""` if none was found.
        received_at: Unix time in seconds.
        path: As received.
        query: With credentials replaced by `[redacted]`.
        body: As received (form bodies: with credentials redacted), cut at the journal's limit.
        outcomes: One per event, in order; a refused delivery counts as one rejected event.
        violations: Of all events, each with its index; a refusal appears as one violation.
        warnings: What was odd about a delivery and yet did not refuse it.
        status: HTTP status answered.
        revision: Of the contracts it was judged by.
        auth: How it authenticated: query, form, bearer, jwt, signed, basic, or `""`.
        diagnoses: Why events were refused, in CPI's terms: each cause once.
    """

    call_id: str
    seq: int = 0
    session: str = DEFAULT_SESSION
    application: str = ""
    event: str = ""
    received_at: float = 0.0
    method: str = "POST"
    path: str = ""
    host: str = ""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    outcomes: list[Outcome] = []
    violations: list[Violation] = []
    warnings: list[Violation] = []
    status: int = 0
    error_code: int = 0
    revision: str = ""
    auth: str = ""
    diagnoses: list[Diagnosis] = []


class Draft(msgspec.Struct, kw_only=True):
    """A judged delivery on its way into the journal; the store turns `accepted` into `duplicate` where a key is taken.

    Attributes:
        receipt: What will be kept.
        keys: Deduplication key of each event, in order; None where an event has none or was not accepted.
            Empty when the event has no deduplication field.
    """

    receipt: Receipt
    keys: list[str | None] = []


class Counts(msgspec.Struct, kw_only=True):
    """How many. `received` is always the sum of the four outcomes."""

    received: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    discarded: int = 0


class Tally(Counts, kw_only=True):
    """The counts of one session (or of all), from one moment.

    Attributes:
        session: The session's id, or `""` for all sessions together.
        deliveries: HTTP requests; `received` counts events.
        applications: By `business unit/application`.
        events: By `business unit/application/event`; `""` holds deliveries that reached no event.
        codes: Code of a violation, a warning or a diagnosis → how many events had it at least once (a batch counts per event).
        kept: Receipts in the journal now.
        evicted: Receipts that made room for newer ones. Counts never shrink by eviction.
    """

    session: str = ""
    deliveries: int = 0
    applications: dict[str, Counts] = {}
    events: dict[str, Counts] = {}
    codes: dict[str, int] = {}
    kept: int = 0
    evicted: int = 0


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which receipts. Every given part must hold.

    Attributes:
        session: Session id; None for all.
        event: Folder path or its last part (`pos-receipt`).
        outcome: At least one event of the delivery has it.
        code: At least one violation, warning or diagnosis of the delivery has it.
        since: Unix seconds, inclusive.
        until: Unix seconds, exclusive.
        after: Only receipts with a higher `seq`.
    """

    session: str | None = None
    event: str | None = None
    outcome: Outcome | None = None
    code: str | None = None
    since: float | None = None
    until: float | None = None
    after: int | None = None


class Page(msgspec.Struct, kw_only=True):
    """Some receipts, newest first.

    Attributes:
        total: How many kept receipts match the filter.
        next_before: Pass as *before* for the next page; None at the end.
        complete: False when evicted receipts might have matched.
        evicted: How many receipts of the session (or of all) have been evicted.
    """

    receipts: list[Receipt]
    total: int
    next_before: int | None = None
    complete: bool = True
    evicted: int = 0


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An isolated space with its own credentials, receipts, tally and deduplication. Its secret is derived, never stored.

    Attributes:
        id: 22 characters.
        user_key: What deliveries of this session name themselves with.
        created_at: Unix seconds.
        public_key: PEM for self-signed JWTs, or `""`.
        label: What the creator called it.
    """

    id: str
    user_key: str
    created_at: float
    public_key: str = ""
    label: str = ""
