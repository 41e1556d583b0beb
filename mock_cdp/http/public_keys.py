"""Which public keys a session takes: written as one regular expression, so that the API can promise what it accepts."""

import re

from mock_cdp.http.problems import Problem

_B = "[A-Za-z0-9+/]"
_EOL = r"\r?\n"

# SubjectPublicKeyInfos of RSA keys (RFC 3279) with exponent 65537 differ only in the modulus, whose first bit is set.
# So each size has one beginning, a number of full lines of 64 characters, and one end.
_SIZES = (
    ("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA", 5, f"{_B}[AQgw]IDAQAB"),  # 2048 bits
    ("MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEA", 7, f"{_B}{{44}}AgMBAAE="),  # 3072 bits
    ("MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEA", 10, f"{_B}{{22}}[AEIMQUYcgkosw048]CAwEAAQ=="),  # 4096 bits
)
_BODIES = "|".join(
    f"{re.escape(first)}[g-z0-9+/]{_B}{{19}}{_EOL}(?:{_B}{{64}}{_EOL}){{{lines}}}{end}" for first, lines, end in _SIZES
)

PATTERN = f"^(?:-----BEGIN PUBLIC KEY-----{_EOL}(?:{_BODIES}){_EOL}-----END PUBLIC KEY-----(?:{_EOL})?)?$"
EXPECTED = (
    "the PEM that `openssl pkey -pubout` writes: an RSA public key of 2048, 3072 or 4096 bits with exponent 65537, "
    "beginning with -----BEGIN PUBLIC KEY-----"
)

_PATTERN = re.compile(PATTERN)


def check_public_key(pem: str) -> None:
    """Take `""` or a key that can verify a session's own JWTs.

    Raises:
        Problem: 400; what was sent is never repeated, it may be the private key.
    """
    if "PRIVATE KEY" in pem:
        raise Problem(400, "publicKey holds a private key; keep it to yourself and send the public one", where="publicKey")
    if not _PATTERN.fullmatch(pem) or not _usable(pem):
        raise Problem(400, f"publicKey must be {EXPECTED}", where="publicKey")


def _usable(pem: str) -> bool:
    """Ask the library that will verify with it."""
    if not pem:
        return True
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        RSAKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        return False
    return True
