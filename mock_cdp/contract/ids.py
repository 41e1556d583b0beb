"""Ids in CDP's shape: derived from names, so that a listener URL is the same on every machine; random for what is made here."""

import base64
import hashlib
import secrets


def business_unit_id(name: str) -> str:
    """Return `4_` and 22 characters of `[A-Za-z0-9_-]`, the shape seen in client code, always the same for *name*."""
    return "4_" + _text("businessunit", name, length=22)


def entity_id(kind: str, *names: str) -> str:
    """Return 22 characters starting with `H`, the shape seen in client code for everything below a business unit.

    Args:
        kind: `application`, `dataevent`, `customerschema`, `purpose`, `view` or `matchingrule`.
        names: The folder names from the business unit down to the entity.
    """
    return "H" + _text(kind, *names, length=21)


def random_id(collection: str) -> str:
    """Return an id for a new entity of *collection* (`businessunits`, `applications`, …, `matchRules`)."""
    random = secrets.token_urlsafe(18)
    return f"4_{random[:22]}" if collection == "businessunits" else f"H{random[:21]}"


def derived_user_key(business_unit: str, application: str) -> str:
    """Return a user key (`A` and 11 characters) for an application that declares no credentials. Public knowledge."""
    return "A" + _text("userkey", business_unit, application, length=11).replace("_", "+").replace("-", "/")


def derived_secret(business_unit: str, application: str) -> str:
    """Return a secret (32 base64 characters) for an application that declares none. Public knowledge, never a secret."""
    return base64.b64encode(_digest("secret", business_unit, application)[:24]).decode()


def _text(*parts: str, length: int) -> str:
    return base64.urlsafe_b64encode(_digest(*parts)).decode()[:length]


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()
