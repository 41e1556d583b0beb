"""The fidelity ledger: every behaviour we imitate, how we know it, and the switch that changes it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

Basis = Literal["documented", "observed", "assumed"]


class FidelityEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One behaviour.

    Attributes:
        id: Kebab case; never changes.
        behaviour: What the mock does, in one sentence.
        basis: documented (by SAP), observed (in client code), assumed (nobody outside SAP can know).
        source: Where that comes from.
        switch: The setting that changes it, `name = default`, or empty.
    """

    id: str
    behaviour: str
    basis: Basis
    source: str
    switch: str = ""


@cache
def ledger() -> tuple[FidelityEntry, ...]:
    """Return all entries, in the order of the file."""
    text = files("mock_cdp.contract").joinpath("fidelity.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["entry"], tuple[FidelityEntry, ...])
