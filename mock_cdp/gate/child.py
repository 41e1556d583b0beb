"""A process of the integration under test: fed and listened to by threads, so that neither side can stop the other, and ended."""

import contextlib
import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from mock_cdp.gate.failure import GateError

OUTPUT_LIMIT: Final = 65_536  # bytes kept of what a process writes: the newest
_CUT: Final = 1_000  # bytes left out where older output was dropped: a secret cut in two would not be recognised
_LINES_LIMIT: Final = 1_000  # lines kept that nobody asked for
_CHUNK: Final = 65_536
_SETTLING_S: Final = 0.25  # for what was written before the end to be read


class Output:
    """The end of what a process writes to one of its streams."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Read *stream* from now on."""
        self._stream = stream
        self._kept = bytearray()
        self._dropped = False
        self._lock = threading.Lock()
        self._ended = _in_background(self._read)

    def _read(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), _CHUNK):
                with self._lock:
                    self._kept += chunk
                    self._dropped = self._dropped or len(self._kept) > OUTPUT_LIMIT
                    del self._kept[:-OUTPUT_LIMIT]

    def ended(self, timeout_s: float = _SETTLING_S) -> bool:
        """Wait until the stream is closed, and return whether it is."""
        return self._ended.wait(timeout_s)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        with self._lock:
            kept = bytes(self._kept[_CUT if self._dropped else 0 :])
            self._kept.clear()
            self._dropped = False
        return kept


class Lines:
    """The lines that a process writes, each cut to `OUTPUT_LIMIT` bytes."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Read *stream* from now on."""
        self._stream = stream
        self._lines: deque[bytes] = deque(maxlen=_LINES_LIMIT)
        self._closed = False
        self._changed = threading.Condition()
        _in_background(self._read)

    def _read(self) -> None:
        with self._stream:
            while line := self._stream.readline(OUTPUT_LIMIT):
                piece = line
                while piece and not piece.endswith(b"\n"):
                    piece = self._stream.readline(OUTPUT_LIMIT)
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def forget(self) -> None:
        """Forget the lines that nobody asked for."""
        with self._changed:
            self._lines.clear()

    def next(self, timeout_s: float) -> bytes | None:
        """Return the next line; None when the stream is closed.

        Raises:
            TimeoutError: Nothing came in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._lines or self._closed, timeout_s):
                raise TimeoutError
            return self._lines.popleft() if self._lines else None


class Child:
    """A process with a group of its own, so that its children end with it.

    Attributes:
        output: What it writes to stdout and stderr.
    """

    _stderr = subprocess.STDOUT

    def __init__(self, command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
        """Start *command*.

        Args:
            command: Program and arguments; no shell reads it.
            cwd: Its working directory.
            environ: All of its environment variables.

        Raises:
            GateError: It cannot be started.
        """
        try:
            process = subprocess.Popen(  # noqa: S603  # the command is the user's own, from the user's settings
                command,
                cwd=cwd,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            do = "check its name, and that it is installed"
            raise GateError(f"[gate.driver] command: {shlex.quote(command[0])} cannot be started ({why}); {do}") from None
        self._process = process
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        _in_background(self._feed)
        self.output = self._listened(process)
        self._exited = _in_background(process.wait)

    def _listened(self, process: "subprocess.Popen[bytes]") -> Output:
        assert process.stdout is not None  # noqa: S101  # asked for in __init__
        return Output(process.stdout)

    def _feed(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # asked for in __init__
        with contextlib.suppress(OSError), stdin:  # a process may end, or close its input, before it has read everything
            while (piece := self._input.get()) is not None:
                stdin.write(piece)
                stdin.flush()

    def feed(self, piece: bytes) -> None:
        """Write *piece* to its stdin as it reads; returns at once."""
        self._input.put(piece)

    def end_input(self) -> None:
        """Close its stdin after what was fed."""
        self._input.put(None)

    def wait(self, timeout_s: float) -> int | None:
        """Wait for its end and return the exit code; None when it still runs."""
        return self._process.returncode if self._exited.wait(timeout_s) else None

    def end(self) -> int:
        """End it with everything it started, unless it has ended, and return the exit code."""
        self.end_input()
        if not self._exited.is_set():
            self._kill()
        self._exited.wait()
        if not self.output.ended():  # a child of its own still holds the stream
            self._kill()
            self.output.ended()
        return self._process.returncode

    def _kill(self) -> None:
        """Kill its group, of which only this process and its children are."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)


class TalkingChild(Child):
    """A process that answers in lines.

    Attributes:
        output: What it writes to stderr.
        lines: What it writes to stdout.
    """

    _stderr = subprocess.PIPE
    lines: Lines

    def _listened(self, process: "subprocess.Popen[bytes]") -> Output:
        assert process.stdout is not None  # noqa: S101  # asked for in __init__
        assert process.stderr is not None  # noqa: S101  # asked for above
        self.lines = Lines(process.stdout)
        return Output(process.stderr)


def _in_background(work: Callable[[], object]) -> threading.Event:
    """Do *work* in a thread, and return what says that it is done."""
    # Not the thread itself: in Python 3.11 a thread whose join is interrupted by Ctrl-C counts as ended while it runs on.
    done = threading.Event()

    def run() -> None:
        try:
            work()
        finally:
            done.set()

    threading.Thread(target=run, daemon=True, name="mock-cdp gate").start()
    return done
