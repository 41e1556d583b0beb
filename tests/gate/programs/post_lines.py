"""An integration that stays: a line of base64 is a message, a line is its answer; some messages are its undoing."""
# ruff: noqa: T201  # programs print

import base64
import os
import sys
import time

from post_stdin import post

for line in sys.stdin.buffer:
    match body := base64.b64decode(line):
        case b"die":
            print("no way to go on", os.environ["CDP_SECRET"], file=sys.stderr)
            sys.exit(7)
        case b"hang":
            time.sleep(600)
        case b"pid":
            print(os.getpid(), flush=True)
        case b"bye":
            print("bye", flush=True)
            sys.exit()
        case b"twice":
            print("one\ntwo", flush=True)
        case b"long":
            print("y" * 1_000_000, flush=True)
        case _:
            print("answered", post(body), flush=True)
