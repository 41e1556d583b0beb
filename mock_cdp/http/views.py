"""What our own API shows of receipts, sessions and contracts, as JSON-ready values."""

import base64
from typing import Any

import msgspec

from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.core.receipt import Page, Receipt, Session, Tally
from mock_cdp.core.replies import time_text


def tally_view(tally: Tally) -> dict[str, Any]:
    """Return the counts."""
    shown: dict[str, Any] = msgspec.to_builtins(tally)
    return shown


def receipt_view(receipt: Receipt) -> dict[str, Any]:
    """Return one receipt; a body that is not UTF-8 comes as base64."""
    try:
        body = {"body": receipt.body.decode()}
    except UnicodeDecodeError:
        body = {"bodyBase64": base64.b64encode(receipt.body).decode()}
    return {
        "callId": receipt.call_id,
        "seq": receipt.seq,
        "session": receipt.session,
        "application": receipt.application,
        "event": receipt.event,
        "receivedAt": time_text(receipt.received_at),
        "method": receipt.method,
        "path": receipt.path,
        "host": receipt.host,
        "query": receipt.query,
        "headers": dict(receipt.headers),
        **body,
        "outcomes": receipt.outcomes,
        "violations": msgspec.to_builtins(receipt.violations),
        "warnings": msgspec.to_builtins(receipt.warnings),
        "status": receipt.status,
        "errorCode": receipt.error_code,
        "revision": receipt.revision,
        "auth": receipt.auth,
    }


def page_view(page: Page) -> dict[str, Any]:
    """Return a page of receipts."""
    return {
        "receipts": [receipt_view(receipt) for receipt in page.receipts],
        "total": page.total,
        "nextBefore": page.next_before,
        "complete": page.complete,
        "evicted": page.evicted,
    }


def session_view(session: Session) -> dict[str, Any]:
    """Return a session without its secret."""
    return {
        "id": session.id,
        "userKey": session.user_key,
        "label": session.label,
        "createdAt": time_text(session.created_at),
        "hasPublicKey": bool(session.public_key),
    }


def listener_urls(catalog: Catalog, base: str) -> dict[str, str]:
    """Return the URL to post one event to, by event; by full path where two events share a name."""
    slugs = [contract.slug for contract in catalog.contracts]
    return {
        (contract.slug if slugs.count(contract.slug) == 1 else contract.path): f"{base}{contract.listener_path}/event"
        for contract in catalog.contracts
    }


def contract_view(contract: Contract, revision: str, base: str) -> dict[str, Any]:
    """Return a contract in short."""
    return {
        "path": contract.path,
        "businessUnit": contract.business_unit.name,
        "application": contract.application.name,
        "event": contract.event.name,
        "enabled": contract.event.enabled,
        "listener": {
            "event": f"{base}{contract.listener_path}/event",
            "events": f"{base}{contract.listener_path}/events",
            "byExternalId": f"{base}{contract.external_path}/event",
        },
        "samples": {
            "accepted": [sample.name for sample in contract.accepted_samples],
            "rejected": [sample.name for sample in contract.rejected_samples],
        },
        "revision": revision,
    }


def contract_in_full(contract: Contract, revision: str, base: str) -> dict[str, Any]:
    """Return a contract with its model, mappings and samples; never its secret."""
    return {
        **contract_view(contract, revision, base),
        "userKey": contract.credentials.user_key,
        "settings": msgspec.to_builtins(contract.event),
        "model": contract.model.schema,
        "mappings": msgspec.to_builtins(contract.mappings),
        "acceptedSamples": {sample.name: sample.event for sample in contract.accepted_samples},
        "rejectedSamples": {
            sample.name: {"event": sample.event, "violations": [{"code": c, "pointer": p} for c, p in sample.violations]}
            for sample in contract.rejected_samples
        },
    }
