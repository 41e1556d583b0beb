"""How the gate hands a file of the till to the service: in this process, so that thousands take seconds."""

import time
from collections.abc import Mapping

import httpx

from pos_to_cdp.reading import from_xml
from pos_to_cdp.sending import Listener, Sender

LONGEST_WAIT_S = 0.05  # between attempts: what is looked at is that they are made, and with what
CLIENT = httpx.Client(timeout=1)  # one for all messages: making one takes longer than sending


def send(message: bytes, environ: Mapping[str, str]) -> None:
    """Send the receipts of *message* as the command does.

    Raises:
        RuntimeError: CDP did not take one of them.
    """
    sender = Sender(Listener.from_environ(environ), CLIENT, sleep=lambda seconds: time.sleep(min(seconds, LONGEST_WAIT_S)))
    sent = [sender.send(receipt) for receipt in from_xml(message.decode())]
    refused = [one for one in sent if one.outcome in {"refused", "unanswered"}]
    if refused:
        raise RuntimeError(f"{len(refused)} of {len(sent)} receipts were not taken: {refused[0].reasons[0]}")
