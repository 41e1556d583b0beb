"""What commands say on the side: one line each on stderr, nothing in it that a terminal would obey."""

import sys
from typing import NoReturn

import rich_click as click


def fail(*messages: str) -> NoReturn:
    """Say what is wrong, a line for each message, and exit 2."""
    for message in messages:
        note(message)
    sys.exit(2)


def note(message: str) -> None:
    """Say something on the side."""
    click.echo(f"mock-cdp: {plain(message)}", err=True)


def plain(text: str) -> str:
    """Leave no control character that a terminal would obey: names in files and answers are anybody's."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
