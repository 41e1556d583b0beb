"""A delivery refused as a whole: why, in our code and in the error codes of SAP's API family."""

import msgspec


class ErrorCode:
    """Error codes of the family (documented for Gigya, inferred for CDP). The HTTP status is the first three digits."""

    INVALID_FORMAT = 400001
    MISSING_PARAMETER = 400002
    INVALID_PARAMETER = 400006
    VALIDATION = 400009
    FORBIDDEN = 403000
    REQUEST_EXPIRED = 403002
    INVALID_SIGNATURE = 403003
    DUPLICATE_NONCE = 403004
    UNAUTHORIZED_USER = 403005
    SECRET_OVER_HTTP = 403006
    PERMISSION_DENIED = 403007
    INVALID_SECRET = 403010
    INVALID_TOKEN = 403025
    RATE_LIMIT = 403048
    NOT_FOUND = 404000
    INVALID_METHOD = 405001
    TOO_LARGE = 413001
    WRONG_DATA_CENTRE = 301001
    SERVER_ERROR = 500001
    TIMEOUT = 504002


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a delivery was refused before its events were judged.

    Attributes:
        code: Ours, kebab case, such as `wrong-secret`; counted like a violation's code.
        error_code: The family's six digits, see `ErrorCode`.
        message: One line: what was wrong.
        details: Where, what was found, what to do. Never holds a secret.
        status: HTTP status; 0 means the first three digits of *error_code*.
        pointer: JSON Pointer into the body, when there is one.
        basis: How we know that SAP refuses here: documented, observed or assumed.
    """

    code: str
    error_code: int
    message: str
    details: str = ""
    status: int = 0
    pointer: str = ""
    basis: str = "assumed"

    @property
    def http_status(self) -> int:
        """Return the HTTP status to answer with."""
        return self.status or self.error_code // 1000
