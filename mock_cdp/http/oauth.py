"""`POST /oauth2/token`: the family's token endpoint."""

import time

from flask import Blueprint, Response, request

from mock_cdp.core.tokens import issue_token
from mock_cdp.http import answers
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener


def blueprint(listener: Listener) -> Blueprint:
    """Return the token route."""
    routes = Blueprint("oauth", __name__)

    @routes.post("/oauth2/token", provide_automatic_options=False)
    def token() -> Response:
        delivery, rules = read_delivery(request.environ, listener.limits), listener.rules.auth
        reply = issue_token(
            content_type=delivery.header("content-type"),
            query=delivery.query,
            body=delivery.body,
            authorization=delivery.header("authorization"),
            find=listener.holder,
            token_key=listener.token_key,
            lifetime_s=rules.token_lifetime_s,
            lenient=rules.token_request == "lenient",
            refuse_plain_http=delivery.scheme == "http" and rules.plain_http_secret == "refuse",
            refuse_raw_plus=rules.plus_in_credentials == "refuse",
            now=time.time(),
        )
        return answers.bare(reply.body, status=reply.status)

    return routes
