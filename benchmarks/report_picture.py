"""Makes docs/images/gate-report.png: the report of a gate that found a bug of examples/python-pos. Needs Chromium."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import chromium  # noqa: E402  # it lies beside the tests that use it, too

PICTURE = ROOT / "docs/images/gate-report.png"
WIDTH = 860  # pixels: both messages beside each other
PROPERTIES = ("accepted", "nothing-lost", "nothing-twice")  # few, so that all of the page is a picture one can look at
COLOURS = 256  # of a palette; text has shades, and the eye does not miss the rarest
HEADER = 8  # bytes before the first chunk

Row = bytes


def main() -> None:
    """Run the gate with its bug, photograph its report, and write the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as page:
        page.open(report(Path(folder)).as_uri(), width=WIDTH)
        raw = small(page.picture("article"))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(raw)
    print(f"{PICTURE.relative_to(ROOT)}: {len(raw):,} bytes")


def report(folder: Path) -> Path:
    """Run the gate in a copy of the example, and return its page."""
    project = folder / "python-pos"
    shutil.copytree(ROOT / "examples/python-pos", project, ignore=shutil.ignore_patterns("gate-*", ".*"))
    chosen = [word for name in PROPERTIES for word in ("--property", name)]
    command = [str(Path(sys.executable).parent / "mock-cdp"), "gate", *chosen]
    done = subprocess.run(command, cwd=project, env=os.environ | {"BUG": "comma"}, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 1:
        sys.exit(f"the gate should have found the bug, and ended with {done.returncode}")
    return project / "gate-reports/cdp-contract.html"


def small(raw: bytes) -> bytes:
    """Return a PNG of Chromium with a palette instead of true colours: a third of the size."""
    width, rows = pixels(raw)
    colours = Counter(row[at : at + 3] for row in rows for at in range(0, len(row), 3))
    palette = [colour for colour, _ in colours.most_common(COLOURS)]
    number = {colour: at for at, colour in enumerate(palette)}
    for colour in colours:
        number.setdefault(colour, nearest(colour, palette))
    body = b"".join(b"\0" + bytes(number[row[at : at + 3]] for at in range(0, len(row), 3)) for row in rows)
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return raw[:HEADER] + b"".join(chunk(kind, content) for kind, content in parts)


def nearest(colour: bytes, palette: list[bytes]) -> int:
    """Return the number of the colour in *palette* that is most like *colour*."""

    def distance(at: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(colour, palette[at], strict=True))

    return min(range(len(palette)), key=distance)


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG: length, kind, content, checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and content of each chunk."""
    at = HEADER
    while at < len(raw):
        length, kind = struct.unpack(">I4s", raw[at : at + 8])
        yield kind, raw[at + 8 : at + 8 + length]
        at += 12 + length


def pixels(raw: bytes) -> tuple[int, list[Row]]:
    """Return the width and the rows of a PNG of 8 bits for each of red, green and blue, as Chromium makes them."""
    parts = list(chunks(raw))
    width, _, depth, kind = struct.unpack(">IIBB", parts[0][1][:10])
    assert (depth, kind) == (8, 2), "no true colours without transparency"
    flat = zlib.decompress(b"".join(content for name, content in parts if name == b"IDAT"))
    length = width * 3
    rows: list[Row] = []
    before = bytes(length)
    for start in range(0, len(flat), length + 1):
        before = unfiltered(flat[start], flat[start + 1 : start + 1 + length], before)
        rows.append(before)
    return width, rows


def unfiltered(how: int, line: bytes, above: bytes) -> Row:
    """Return a row from what is stored of it: differences to its neighbours."""
    row = bytearray(line)
    for at in range(len(row)) if how else ():
        left = row[at - 3] if at >= 3 else 0
        corner = above[at - 3] if at >= 3 else 0
        row[at] = (row[at] + predicted(how, left, above[at], corner)) & 0xFF
    return bytes(row)


def predicted(how: int, left: int, above: int, corner: int) -> int:
    """Return what a byte is expected to be, by the four filters of PNG."""
    if how == 1:
        return left
    if how == 2:
        return above
    if how == 3:
        return (left + above) // 2
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


if __name__ == "__main__":
    main()
