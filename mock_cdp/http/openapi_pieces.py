"""What the OpenAPI descriptions are made of: operations, answers, references."""

from typing import Any, Final

_ID: Final = "^[A-Za-z0-9_-]{1,64}$"
_REFUSED: Final = {
    400: "It is no JSON, or not as the schema says, or refers to what is not there",
    401: "No credentials, and the caller is not on this machine",
    403: "The key is not good for this business unit, or the entity comes from a contract folder",
    404: "There is no such entity",
    409: "It was changed meanwhile, or is still used",
    412: "It is not the revision that If-Match names",
    413: "The body is too large",
    500: "The mock itself failed",
}
READ: Final = (401, 403, 404, 500)
WRITE: Final = (400, 401, 403, 404, 409, 412, 413, 500)
JSON_ARRAY: Final[dict[str, Any]] = {"type": "array"}
JSON_OBJECT: Final[dict[str, Any]] = {"type": "object"}


def operation(  # noqa: PLR0917  # what every operation has
    name: str,
    summary: str,
    status: int,
    schema: dict[str, Any],
    refused: tuple[int, ...],
    path: str,
    *,
    body: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an operation of the configuration API.

    Args:
        name: Its `operationId`.
        summary: Also of its answer.
        status: When all is well.
        schema: Of the answer then.
        refused: Statuses of refusals, which answer with the envelope.
        path: As OpenAPI writes it; its parameters are described too.
        body: Schema of the body; None when it takes none.
        links: Of the answer.
    """
    refusals = {str(code): answer(_REFUSED[code], ref("Envelope")) for code in refused}
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "tags": ["configuration"],
        "parameters": [_path_parameter(parameter) for parameter in names(path)],
        "responses": {str(status): answer(summary, schema, links)} | refusals,
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": content(body)}
    return found


def answer(description: str, schema: dict[str, Any], links: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a response with a JSON body."""
    return {"description": description, "content": content(schema)} | ({"links": links} if links else {})


def content(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON body that is as *schema* says."""
    return {"application/json": {"schema": schema}}


def names(path: str) -> list[str]:
    """Return the parameters in *path*."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _ID}}


def ref(name: str) -> dict[str, Any]:
    """Return the reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}
