"""TLS for tests: a certificate authority that lives as long as its mock, and the names that clients look for it by."""

import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

HOSTS = ("127.0.0.1", "::1", "localhost")
VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)  # Python's ssl and httpx, requests, curl, Node


class Authority(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate authority.

    Attributes:
        server_context: For the server.
        variables: Environment variables that make clients trust it.
    """

    server_context: ssl.SSLContext
    variables: Mapping[str, str]

    @staticmethod
    @contextmanager
    def made() -> Iterator["Authority"]:
        """Make one; its file is gone when the block ends."""
        import trustme

        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*HOSTS, key_type=trustme.KeyType.ECDSA).configure_cert(context)
        with tempfile.TemporaryDirectory(prefix="mock-cdp-") as folder:
            file = Path(folder) / "ca.pem"
            authority.cert_pem.write_to_path(str(file))
            yield Authority(server_context=context, variables=dict.fromkeys(VARIABLES, str(file)))
