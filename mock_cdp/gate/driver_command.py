"""The driver `command`: a program of the integration, started for each message or once for all."""

import base64
import os
import shlex
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec
from msgspec import Meta

from mock_cdp.gate.child import Child, TalkingChild
from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import Handed, likely_secrets, secrets_of
from mock_cdp.gate.message import Message
from mock_cdp.testing.cdp import Cdp
from mock_cdp.testing.hiding import Secrets

_FAREWELL_S: Final = 2.0  # for a program to end by itself when there are no more messages


class CommandSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="command"):
    """A program. Its environment says where to post with which credentials: `CDP_LISTENER_URL`, `CDP_USER_KEY`, `CDP_SECRET`."""

    command: Annotated[
        tuple[str, ...], Meta(description="Program and arguments; no shell reads them. They are shown in reports.", min_length=1)
    ]
    cwd: Annotated[str, Meta(description="Working directory.")] = "."
    env: Annotated[dict[str, str], Meta(description="Further environment variables; they win over those of the gate.")] = {}
    mode: Annotated[
        Literal["per-message", "lines"],
        Meta(
            description="`per-message`: started for each message, which is its stdin; an exit code other than 0 is a complaint. "
            "`lines`: started once; each message is a line of base64, and the program writes one line to stdout, whatever it "
            "holds, when all of it is sent. It is started again when it has ended."
        ),
    ] = "per-message"
    timeout_s: Annotated[float, Meta(description="Longest time for one message, in seconds; then it is killed.", gt=0)] = 60.0


class _Command:
    """What both modes share: how the program is started, and what a report says of it."""

    in_process = False
    notes: tuple[str, ...] = ()

    def __init__(self, settings: CommandSettings, folder: Path, cdp: Cdp, event: str) -> None:
        """Prepare; nothing is started yet.

        Raises:
            GateError: There is no such working directory.
        """
        self._settings = settings
        self._cwd = folder / settings.cwd
        if not self._cwd.is_dir():
            raise GateError(f"[gate.driver] cwd: {self._cwd} is no directory; name the one to start {settings.command[0]} in")
        self._environ = os.environ | cdp.environ(event) | settings.env
        self._secrets = Secrets(*secrets_of(cdp), *likely_secrets(self._environ))
        self.described = self._secrets.hidden(f"command, {settings.mode}: {shlex.join(settings.command)}")

    def _late(self, *said: bytes) -> Handed:
        """Say that the time was up."""
        late = f"not done within {self._settings.timeout_s:g} s, so it was killed"
        return Handed(ok=False, said=self._secrets.said(late, *said))


class CommandDriver(_Command):
    """Starts the program for each message."""

    synchronous = True

    def __enter__(self) -> Self:
        """Do nothing: each message starts its own."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Do nothing: each ended with its message."""

    def hand_over(self, message: Message) -> Handed:
        """Start the program with *message* as its stdin, and wait for its end.

        Raises:
            GateError: It cannot be started.
        """
        child = Child(self._settings.command, self._cwd, self._environ)
        try:
            child.feed(message.body)
            child.end_input()
            status = child.wait(self._settings.timeout_s)
        finally:
            child.end()  # it is in a session of its own, so Ctrl-C would not reach it
        if status is None:
            return self._late(child.output.taken())
        return Handed(ok=status == 0, said=self._secrets.said(child.output.taken()), status=status)


class LinesDriver(_Command):
    """Keeps the program running, and starts it again when it has ended."""

    synchronous = True
    _child: TalkingChild | None = None

    def __enter__(self) -> Self:
        """Start the program.

        Raises:
            GateError: It cannot be started.
        """
        self._child = self._started()
        return self

    def __exit__(self, *_error: object) -> None:
        """Close its stdin, which tells it to end, and kill it if it does not."""
        if self._child is not None:
            self._child.end_input()
            self._child.wait(_FAREWELL_S)
            self._ended(self._child)

    def hand_over(self, message: Message) -> Handed:
        """Write *message* as a line of base64, and wait for the answer.

        Raises:
            GateError: It has ended, and cannot be started again.
        """
        child = self._running()
        child.output.taken()
        child.feed(base64.b64encode(message.body) + b"\n")
        try:
            answer = child.lines.next(self._settings.timeout_s)
        except TimeoutError:
            self._ended(child)
            return self._late(child.output.taken())
        except BaseException:  # Ctrl-C does not reach it
            self._ended(child)
            raise
        if answer is None:
            child.wait(_FAREWELL_S)
            status = self._ended(child)
            return Handed(ok=False, said=self._secrets.said("it ended without an answer", child.output.taken()), status=status)
        return Handed(ok=True, said=self._secrets.said(answer))

    def _running(self) -> TalkingChild:
        """Return the program as it waits for a message."""
        if self._child is not None and self._child.wait(0) is not None:  # it ended between two messages
            self._ended(self._child)
        if self._child is None:
            self._child = self._started()
        self._child.lines.forget()
        return self._child

    def _started(self) -> TalkingChild:
        return TalkingChild(self._settings.command, self._cwd, self._environ)

    def _ended(self, child: TalkingChild) -> int:
        self._child = None
        return child.end()
