"""Why the gate cannot run."""


class GateError(Exception):
    """The gate itself cannot run; one line saying where, what was found and what to do. No word about the contract."""
