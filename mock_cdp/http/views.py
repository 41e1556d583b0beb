"""What our own API shows of receipts, sessions and contracts: structs, written as JSON and described by OpenAPI."""

import base64
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mock_cdp.contract import contract as contracts
from mock_cdp.contract.entities import Event, Mapping
from mock_cdp.contract.times import time_text
from mock_cdp.contract.violation import Violation
from mock_cdp.core import receipt as kept
from mock_cdp.core.receipt import Outcome
from mock_cdp.cpi.diagnosed import Diagnosis

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every answer is: an object with camel-case members."""


class Receipt(View, frozen=True, kw_only=True):
    """A delivery with its outcomes, as kept. Its body stands in `body`, or in `bodyBase64` when it is not UTF-8."""

    call_id: str
    seq: int
    session: str
    application: str
    event: str
    received_at: Time
    method: str
    path: str
    host: str
    query: str
    headers: dict[str, str]
    body: str | UnsetType = UNSET
    body_base64: str | UnsetType = UNSET
    outcomes: list[Outcome]
    violations: list[Violation]
    warnings: list[Violation]
    diagnoses: Annotated[list[Diagnosis], Meta(description="Why events were refused, in CPI's terms: each cause once.")]
    suspicions: Annotated[
        list[Diagnosis], Meta(description="What is odd although it was accepted; found when one receipt is asked for.")
    ] = []
    status: int
    error_code: int
    revision: str
    auth: str


class Page(View, frozen=True, kw_only=True):
    """Some receipts, newest first."""

    receipts: list[Receipt]
    total: Annotated[int, Meta(description="Kept receipts that match.")]
    next_before: Annotated[int | None, Meta(description="Give it as `before` for the next page.")]
    complete: Annotated[bool, Meta(description="False when evicted receipts might have matched.")]
    evicted: int


class Awaited(View, frozen=True, kw_only=True):
    """What was waited for; the newest of it."""

    satisfied: bool
    matched: int
    complete: Annotated[bool, Meta(description="False when evicted receipts might have matched.")]
    receipts: list[Receipt]


class Quiet(View, frozen=True, kw_only=True):
    """Whether nothing arrived, and what did."""

    quiet: bool
    receipts: list[Receipt]


class Session(View, frozen=True, kw_only=True):
    """A session without its secret."""

    id: str
    user_key: str
    label: str
    created_at: Time
    has_public_key: bool


class OpenedSession(Session, frozen=True, kw_only=True):
    """A session with the secret, which is shown once, and the URL to post one event to, by event."""

    secret: str
    listeners: dict[str, str]


class ListenerUrls(View, frozen=True, kw_only=True):
    """Where an event is posted to."""

    event: str
    events: str
    by_external_id: str


class SampleNames(View, frozen=True, kw_only=True):
    """What the samples are called."""

    accepted: list[str]
    rejected: list[str]


class Contract(View, frozen=True, kw_only=True):
    """A contract in short."""

    path: str
    business_unit: str
    application: str
    event: str
    enabled: Annotated[bool, Meta(description="False when the event, its application or its business unit is disabled.")]
    listener: ListenerUrls
    samples: SampleNames
    revision: str


class BrokenRule(View, frozen=True, kw_only=True):
    """A rule that a rejected sample must break."""

    code: str
    pointer: str


class RejectedSample(View, frozen=True, kw_only=True):
    """A payload with every rule it must break."""

    event: Any
    violations: list[BrokenRule]


class FullContract(Contract, frozen=True, kw_only=True):
    """A contract with its model, mappings and samples; never its secret."""

    user_key: str
    settings: Event
    model: dict[str, Any]
    mappings: tuple[Mapping, ...]
    accepted_samples: dict[str, Any]
    rejected_samples: dict[str, RejectedSample]


class ContractFolder(View, frozen=True, kw_only=True):
    """A contract folder: the text of each file by its path. Without credentials."""

    files: dict[str, str]


class Live(View, frozen=True, kw_only=True):
    """The process answers."""

    status: Annotated[str, Meta(extra_json_schema={"const": "live"})]
    version: str


class ContractsHealth(View, frozen=True, kw_only=True):
    """Which contracts are in force, and why the last edit was not taken up."""

    revision: str
    count: int
    trouble: tuple[str, ...]


class Ready(View, frozen=True, kw_only=True):
    """Events are kept; `degraded` when an edit of the contracts was not taken up."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["ready", "degraded"]})]
    contracts: ContractsHealth


def receipt_view(receipt: kept.Receipt, suspicions: list[Diagnosis] = []) -> Receipt:  # noqa: B006  # never changed
    """Return one receipt; a body that is not UTF-8 comes as base64."""
    try:
        body = {"body": receipt.body.decode()}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(receipt.body).decode()}
    return Receipt(
        call_id=receipt.call_id,
        seq=receipt.seq,
        session=receipt.session,
        application=receipt.application,
        event=receipt.event,
        received_at=time_text(receipt.received_at),
        method=receipt.method,
        path=receipt.path,
        host=receipt.host,
        query=receipt.query,
        headers=dict(receipt.headers),
        outcomes=receipt.outcomes,
        violations=receipt.violations,
        warnings=receipt.warnings,
        diagnoses=receipt.diagnoses,
        suspicions=suspicions,
        status=receipt.status,
        error_code=receipt.error_code,
        revision=receipt.revision,
        auth=receipt.auth,
        **body,
    )


def receipt_views(receipts: Iterable[kept.Receipt]) -> list[Receipt]:
    """Return receipts in the order given."""
    return [receipt_view(receipt) for receipt in receipts]


def page_view(page: kept.Page) -> Page:
    """Return a page of receipts."""
    return Page(
        receipts=receipt_views(page.receipts),
        total=page.total,
        next_before=page.next_before,
        complete=page.complete,
        evicted=page.evicted,
    )


def session_view(session: kept.Session) -> Session:
    """Return a session without its secret."""
    return Session(**_session(session))


def opened_session_view(session: kept.Session, secret: str, listeners: dict[str, str]) -> OpenedSession:
    """Return a session just made, with its secret and listener URLs."""
    return OpenedSession(**_session(session), secret=secret, listeners=listeners)


def _session(session: kept.Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_key": session.user_key,
        "label": session.label,
        "created_at": time_text(session.created_at),
        "has_public_key": bool(session.public_key),
    }


def listener_urls(catalog: contracts.Catalog, base: str) -> dict[str, str]:
    """Return the URL to post one event to, by event; by full path where two events share a name."""
    slugs = [contract.slug for contract in catalog.contracts]
    return {
        (contract.slug if slugs.count(contract.slug) == 1 else contract.path): f"{base}{contract.listener_path}/event"
        for contract in catalog.contracts
    }


def contract_view(contract: contracts.Contract, revision: str, base: str) -> Contract:
    """Return a contract in short."""
    return Contract(**_contract(contract, revision, base))


def contract_in_full(contract: contracts.Contract, revision: str, base: str) -> FullContract:
    """Return a contract with its model, mappings and samples; never its secret."""
    return FullContract(
        **_contract(contract, revision, base),
        user_key=contract.credentials.user_key,
        settings=contract.event,
        model=dict(contract.model.schema),
        mappings=contract.mappings,
        accepted_samples={sample.name: sample.event for sample in contract.accepted_samples},
        rejected_samples={sample.name: _rejected(sample) for sample in contract.rejected_samples},
    )


def _contract(contract: contracts.Contract, revision: str, base: str) -> dict[str, Any]:
    return {
        "path": contract.path,
        "business_unit": contract.business_unit.name,
        "application": contract.application.name,
        "event": contract.event.name,
        "enabled": contract.enabled,
        "listener": ListenerUrls(
            event=f"{base}{contract.listener_path}/event",
            events=f"{base}{contract.listener_path}/events",
            by_external_id=f"{base}{contract.external_path}/event",
        ),
        "samples": SampleNames(
            accepted=[sample.name for sample in contract.accepted_samples],
            rejected=[sample.name for sample in contract.rejected_samples],
        ),
        "revision": revision,
    }


def _rejected(sample: contracts.Sample) -> RejectedSample:
    broken = [BrokenRule(code=code, pointer=pointer) for code, pointer in sample.violations]
    return RejectedSample(event=sample.event, violations=broken)
