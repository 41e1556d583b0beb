"""Messages of a Hypothesis strategy that the user wrote: found by name, checked, and each value made a message."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.message import Message
from mock_cdp.gate.named_function import named_function
from mock_cdp.gate.source_message import JSON, TEXT, message_of
from mock_cdp.gate.source_settings import WHERE, SourceSettings


def users_messages(settings: SourceSettings, folder: Path) -> st.SearchStrategy[Message]:
    """Return a strategy for the messages of `settings.strategy`.

    Text and bytes are messages as they are; any other value is written as JSON.

    Args:
        settings: With a strategy.
        folder: Where its module is looked for, before all other places.

    Raises:
        GateError: It cannot be imported, or is no function that returns a strategy. A value that cannot be written raises it
            when it is drawn.
    """
    where = f'{WHERE} strategy = "{settings.strategy}"'
    if str(folder.resolve()) not in sys.path:
        sys.path.insert(0, str(folder.resolve()))  # stays: the function may import more of its neighbours later
    given = _called(named_function(settings.strategy, where), where)
    return given.map(lambda value: _message(value, settings))


def _called(function: Callable[[], Any], where: str) -> st.SearchStrategy[Any]:
    try:
        given = function()
    except Exception as error:  # whatever a function of the user's does
        raise GateError(f"{where}: the function failed: {type(error).__name__}: {error}") from error
    if not isinstance(given, st.SearchStrategy):
        raise GateError(
            f"{where}: it returned {type(given).__name__}, not a Hypothesis strategy; return one, such as st.builds(…)"
        )
    return given


def _message(value: Any, settings: SourceSettings) -> Message:
    """Return what the user's strategy made as a message."""
    if isinstance(value, (bytes, str)):
        try:
            body = value.encode() if isinstance(value, str) else value
        except UnicodeEncodeError as error:
            raise GateError(f'{WHERE} strategy = "{settings.strategy}": made a text that UTF-8 cannot hold: {error}') from None
        return message_of(body, settings.media_type or TEXT)
    try:
        body = msgspec.json.encode(msgspec.to_builtins(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise GateError(
            f'{WHERE} strategy = "{settings.strategy}": made a {type(value).__name__} that is no JSON: {error}; '
            "make bytes, text or JSON values"
        ) from None
    return message_of(body, settings.media_type or JSON)
