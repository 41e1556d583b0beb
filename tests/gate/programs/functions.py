"""Functions of an integration, for a driver in the same process."""

import os
import sys

import httpx


def send(body, environ):
    """Post a message to where *environ* says."""
    params = {"userKey": environ["CDP_USER_KEY"], "secret": environ["CDP_SECRET"]}
    return httpx.post(environ["CDP_LISTENER_URL"], params=params, content=body).status_code


def send_from_environment(body):
    """Post a message to where the environment of the process says."""
    send(body, os.environ)


_kept: list[httpx.AsyncClient] = []


async def send_later(body, *, environ):
    """Post a message with a client that is kept from one message to the next."""
    if not _kept:
        _kept.append(httpx.AsyncClient())
    params = {"userKey": environ["CDP_USER_KEY"], "secret": environ["CDP_SECRET"]}
    return (await _kept[0].post(environ["CDP_LISTENER_URL"], params=params, content=body)).status_code


def fail(body, environ):
    """Fail within a library."""
    httpx.URL(f"http://host:{environ['CDP_SECRET']}")


def leave(body):
    """End as a command line does."""
    sys.exit(int(body))


def leave_saying(body):
    """End as a command line does that has something to say."""
    sys.exit("no receipts")


def nothing(body):
    """Do nothing."""


def needs_more(body, connection):
    """Take what nobody gives."""


CONSTANT = 1
