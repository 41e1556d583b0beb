"""What a fault makes of an answer, on a socket: it comes late, not at all, or as noise."""

import socket
import time
from collections.abc import Mapping
from typing import Any

from mock_cdp.core.replies import Reply

NOISE = b"\x00\x17this is no HTTP\xff\xfe\r\n\r\n"


def carry_out(reply: Reply, environ: Mapping[str, Any]) -> None:
    """Hold *reply* back, or end the connection so that it cannot be sent.

    Args:
        reply: As the listener gave it.
        environ: Of the request; `werkzeug.socket` is the connection. A server that does not give it can only delay.
    """
    if reply.delay_s:
        time.sleep(reply.delay_s)
    connection = environ.get("werkzeug.socket")
    if reply.fate == "answered" or connection is None:
        return
    if reply.fate == "garbled":
        connection.sendall(NOISE)
    # Whatever is written after this fails, which the server takes for a client that went away.
    connection.shutdown(socket.SHUT_RDWR)
