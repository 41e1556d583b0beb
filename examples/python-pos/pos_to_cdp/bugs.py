"""Mistakes of real integrations, for the demonstration only: `BUG=collapse`, `BUG=comma` or `BUG=twice` switches one on."""

import os
from typing import Literal, get_args

Bug = Literal["collapse", "comma", "twice"]


def switched_on(bug: Bug) -> bool:
    """Return whether the environment asks for *bug*.

    Raises:
        ValueError: The environment names a bug that does not exist.
    """
    named = os.environ.get("BUG", "")
    if named and named not in get_args(Bug):
        raise ValueError(f"BUG={named}: no such bug; there are {', '.join(get_args(Bug))}")
    return named == bug
