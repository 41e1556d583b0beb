"""Errors of our own API: problem+json (RFC 9457) from one table."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

TYPES = {
    400: ("invalid-request", "The request cannot be understood"),
    404: ("not-found", "There is no such thing"),
    405: ("wrong-method", "This method is not taken here"),
    409: ("conflict", "The request contradicts itself"),
    413: ("too-large", "The body is too large"),
    415: ("unsupported-media-type", "The body must be JSON"),
    500: ("mock-failed", "The mock itself failed"),
    503: ("not-ready", "The mock cannot keep anything now"),
}


class ProblemBody(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is written of a problem."""

    type: Annotated[str, Meta(examples=["urn:mock-cdp:problem:invalid-request"])]
    title: str
    status: int
    detail: Annotated[str, Meta(description="What was wrong, what was found, what to do.")]
    where: Annotated[str, Meta(description="Which parameter, member or header.")] = ""


class Problem(Exception):  # noqa: N818  # a problem is what RFC 9457 calls it
    """A refused request of our own API.

    Attributes:
        status: HTTP status, a key of `TYPES`.
        detail: What was wrong, what was found, what to do.
        where: Which parameter, member or header, or `""`.
        headers: Of the answer, such as `Allow`.
    """

    def __init__(self, status: int, detail: str, *, where: str = "", headers: dict[str, str] | None = None) -> None:
        """Keep what `problem_response` needs."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.where = where
        self.headers = headers or {}


def problem_response(problem: Problem) -> Response:
    """Write *problem* as problem+json."""
    name, title = TYPES.get(problem.status, ("error", HTTPStatus(problem.status).phrase))
    body = ProblemBody(
        type=f"urn:mock-cdp:problem:{name}",
        title=title,
        status=problem.status,
        detail=problem.detail,
        where=problem.where,
    )
    response = Response(msgspec.json.encode(body), problem.status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(problem.headers)
    return response
