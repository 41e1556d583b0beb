"""An integration that watches a directory: posts each file, then does with it as told (delete, move, mark, refuse or keep)."""
# ruff: noqa: T201  # programs print

import sys
import time
from pathlib import Path

from post_stdin import post

directory, then = Path(sys.argv[1]), sys.argv[2]
seen: set[Path] = set()
print("watching", flush=True)
while True:
    for path in set(directory.glob("message-*.*")) - seen:
        if path.suffix in {".done", ".error"}:
            continue
        post(path.read_bytes())
        seen.add(path)
        match then:
            case "delete":
                path.unlink()
            case "move":
                path.rename(directory / ".done" / path.name)
            case "refuse":
                path.rename(directory / "error" / path.name)
            case "mark":
                path.with_name(f"{path.name}.done").touch()
    time.sleep(0.005)
