"""The driver `files`: drops each message into a directory that the integration watches."""

import mimetypes
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, Self

import msgspec
from msgspec import Meta

from mock_cdp.gate.failure import GateError
from mock_cdp.gate.handed import Handed
from mock_cdp.gate.message import Message
from mock_cdp.testing.cdp import Cdp

_POLL_S: Final = (0.002, 0.05)  # between looks: at first, at most
_NUMBERED: Final = re.compile(r"message-(\d+)\.")
_EXTENSIONS: Final = {"application/json": ".json", "application/xml": ".xml", "text/xml": ".xml", "text/csv": ".csv"}


class FilesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="files"):
    """A directory that the integration watches. Files get a hidden name first, then `message-1.json` and so on."""

    directory: Annotated[str, Meta(description="Where messages are dropped; must exist.")]
    consumed: Annotated[
        Literal["deleted", "moved", "kept"],
        Meta(
            description="How the integration shows that it is done: the file is gone; it stands in `done`, `error`, "
            "`.done` or `.error` below the directory, or beside it with that ending; or not at all: the first delivery tells."
        ),
    ] = "deleted"
    timeout_s: Annotated[float, Meta(description="Longest wait for that, in seconds.", gt=0)] = 60.0


class FilesDriver:
    """Drops files and waits until the integration is done with them."""

    synchronous = False
    in_process = False
    notes: tuple[str, ...] = ()

    def __init__(self, settings: FilesSettings, folder: Path, cdp: Cdp) -> None:
        """Prepare; nothing is written yet."""
        self._settings = settings
        self._directory = folder / settings.directory
        self._cdp = cdp
        self._number = 0
        self._left: list[Path] = []
        self.described = f"files: dropped into {settings.directory}"

    def __enter__(self) -> Self:
        """Begin after the highest number that stands there.

        Raises:
            GateError: There is no such directory.
        """
        if not self._directory.is_dir():
            raise GateError(
                f"[gate.driver] directory: {self._directory} is no directory; create it, or name the one that is watched"
            )
        numbers = (_NUMBERED.match(path.name) for path in self._directory.rglob("message-*"))
        self._number = max((int(found[1]) for found in numbers if found), default=0)
        return self

    def __exit__(self, *_error: object) -> None:
        """Remove the files that the integration left."""
        for path in self._left:
            path.unlink(missing_ok=True)

    def hand_over(self, message: Message) -> Handed:
        """Drop *message*, and wait until the integration is done with it.

        Raises:
            GateError: It cannot be written.
        """
        deliveries = self._cdp.tally().deliveries
        path = self._dropped(message)
        until = time.monotonic() + self._settings.timeout_s
        pause_s = _POLL_S[0]
        while (end := self._end(path, deliveries)) is None and time.monotonic() < until:
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, _POLL_S[1])
        if end is None:
            path.unlink(missing_ok=True)  # or it would be taken for the next message's
            return Handed(ok=False, said=f"{path.name}: not {self._settings.consumed} within {self._settings.timeout_s:g} s")
        if path.exists():  # the integration may still be reading
            self._left.append(path)
        return end

    def _dropped(self, message: Message) -> Path:
        """Write the file where nobody looks, then give it its name, so that it is never seen in part."""
        self._number += 1
        path = self._directory / f"message-{self._number}{_extension(message)}"
        hidden = path.with_name(f".{path.name}.part")
        try:
            hidden.write_bytes(message.body)
            hidden.rename(path)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise GateError(
                f"[gate.driver] directory: {path} cannot be written ({error.strerror}); let the gate write there"
            ) from None
        return path

    def _end(self, path: Path, deliveries: int) -> Handed | None:
        """Return how it ended; None as long as it has not."""
        failed = next((place for place in _places(path, "error") if place.exists()), None)
        if failed is not None:
            path.unlink(missing_ok=True)
            return Handed(ok=False, said=f"the integration put it aside as {failed.relative_to(self._directory)}")
        match self._settings.consumed:
            case "deleted":
                done = not path.exists()
            case "moved":
                done = any(place.exists() for place in _places(path, "done"))
            case _:
                done = self._cdp.tally().deliveries > deliveries
        return Handed(ok=True, said=f"{path.name}: done") if done else None


def _places(path: Path, what: str) -> Iterator[Path]:
    """Yield where a file or its marker stands once it is `done` or `error`."""
    yield path.with_name(f"{path.name}.{what}")
    yield path.parent / what / path.name
    yield path.parent / f".{what}" / path.name


def _extension(message: Message) -> str:
    named = Path(message.name).suffix
    bare = message.media_type.partition(";")[0].strip().lower()
    return named or _EXTENSIONS.get(bare) or mimetypes.guess_extension(bare) or ".txt"
