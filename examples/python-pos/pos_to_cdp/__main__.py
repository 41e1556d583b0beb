"""`python -m pos_to_cdp FILE…`: one line per receipt; exit code 1 if CDP did not take one, 2 if it could not begin."""

import os
import sys
from pathlib import Path

import httpx

from pos_to_cdp.reading import SourceError, read
from pos_to_cdp.sending import Listener, Sender, Sent


def main(arguments: list[str]) -> int:
    """Send the receipts of the files in *arguments*."""
    try:
        listener = Listener.from_environ(os.environ)
        receipts = [receipt for name in arguments for receipt in read(Path(name))]
    except KeyError as error:
        return _unable(f"{error.args[0]} is not set")
    except SourceError as error:
        return _unable(str(error))
    with httpx.Client(timeout=10) as client:
        sender = Sender(listener, client)
        all_taken = True
        for receipt in receipts:
            sent = sender.send(receipt)
            _say(sent)
            all_taken = all_taken and sent.outcome in {"taken", "skipped"}
    return 0 if all_taken else 1


def _say(sent: Sent) -> None:
    print(sent.receipt_id, sent.outcome)  # noqa: T201 (this is what a command is for)
    for reason in sent.reasons:
        print(f"  {reason}")  # noqa: T201


def _unable(why: str) -> int:
    print(f"pos_to_cdp: {why}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
