"""Causes that show before there is a JSON value to look into: in the bytes, the headers, the endpoint."""

from collections.abc import Sequence
from typing import Final

from mock_cdp.contract.violation import shortened
from mock_cdp.cpi.causes import DIAGNOSABLE, CodeInfo
from mock_cdp.cpi.diagnosed import Diagnosis

_LIMIT: Final = 300  # characters of a message, as of every diagnosis

TRANSPORT: Final = {
    row.code: row
    for row in (
        CodeInfo(
            code="S12",
            title="one for many, or many for one",
            symptom="an array to …/event, an object to …/events",
            did="The converter emits an object; only a script or a splitter makes an array or parts of it.",
            change="Post single events to …/event behind a Splitter, or let a script emit an array for …/events.",
        ),
        CodeInfo(
            code="S15",
            title="XML, no JSON",
            symptom="the body begins with `<`",
            did="The XML to JSON Converter is missing, or stands on another branch.",
            change="Insert the converter on this branch, before the call.",
        ),
        CodeInfo(
            code="E01",
            title="byte order mark",
            symptom="bytes EF BB BF first",
            did="A file was passed on as it came, with its mark.",
            change="Strip it in a script, or read the file with its charset.",
        ),
        CodeInfo(
            code="E02",
            title="not UTF-8",
            symptom="invalid UTF-8, such as E4 for ä",
            did="CamelCharsetName or JSON Output Encoding names another charset, or a script used the JVM's default.",
            change="Set UTF-8 in the converter, delete CamelCharsetName, and give getBytes a charset.",
        ),
        CodeInfo(
            code="E05",
            title="JSON built by hand",
            symptom="an unescaped quote or line break, a comma too many",
            did="A Content Modifier or a script put values into a JSON template without escaping them.",
            change="Let the converter or JsonBuilder write the JSON.",
        ),
        CodeInfo(
            code="E06",
            title="empty body",
            symptom="0 bytes",
            did="A script read the stream (often for logging) and nothing was left, or Send Body is not ticked.",
            change="Read with message.getBody(String) and set the body again.",
        ),
        CodeInfo(
            code="E07",
            title="Content-Type not set",
            symptom="no Content-Type, or that of XML",
            did="The adapter sends what the header says, and nothing if nobody set it.",
            change="Set the header Content-Type = application/json in a Content Modifier before the call.",
        ),
        CodeInfo(
            code="E08",
            title="gzip",
            symptom="bytes 1F 8B first, or a Content-Encoding that does not fit",
            did="A GZIP encoder, or a header of the sender, came along.",
            change="Remove the encoder, or delete the header Content-Encoding.",
        ),
        CodeInfo(
            code="E09",
            title="headers leaked",
            symptom="`SAP_…`, `SapDataStoreId`, `scriptFile` among the headers",
            did="Allowed Request Headers is *: everything in the message goes out.",
            change="List the headers that the receiver needs.",
        ),
        CodeInfo(
            code="E11",
            title="sent again",
            symptom="the deduplication value of an earlier event",
            did="An adapter or JMS repeated the call, often after a timeout.",
            change="Nothing, if it is a retry; else check what the value is made of.",
        ),
        CodeInfo(
            code="I01",
            title="nobody's event",
            symptom="no value for all attributes of any matching rule",
            did="Nothing in it maps to an identifier of a customer.",
            change="Fill a field that a matching rule uses, or map one; `customers` lists such events as unmapped.",
        ),
        CodeInfo(
            code="E12",
            title="+ / = not encoded",
            symptom="a + in the query that arrived as a space",
            did="The Query field of the adapter is sent as it is written.",
            change="Write %2B, %2F and %3D there.",
        ),
    )
}

_OF_REFUSALS: Final = {
    "array-to-event": "S12",
    "object-to-events": "S12",
    "not-an-object": "S11",
    "xml-not-supported": "S15",
    "byte-order-mark": "E01",
    "invalid-utf8": "E02",
    "json-syntax": "E05",
    "control-character": "E05",
    "trailing-content": "E05",
    "empty-body": "E06",
    "gzip-broken": "E08",
    "gzip-truncated": "E08",
    "gzip-undeclared": "E08",
    "gzip-trailing-garbage": "E08",
    "content-encoding": "E08",
    "unencoded-plus": "E12",
}
_LEAKED: Final = ("sap_", "sap-", "sapdatastoreid", "scriptfile", "camel")


def of_refusal(code: str, details: str) -> Diagnosis | None:
    """Return the cause behind a delivery refused as a whole, if CPI usually is.

    Args:
        code: Of the refusal.
        details: What the refusal says was seen.
    """
    known = _OF_REFUSALS.get(code)
    return _diagnosis(known, details) if known else None


def of_delivery(
    headers: Sequence[tuple[str, str]], *, duplicates: Sequence[int], nobodys: Sequence[int], warnings: Sequence[str]
) -> list[Diagnosis]:
    """Return what is suspicious about how a delivery came.

    Args:
        headers: Lower-case names and values.
        duplicates: Positions of events that were duplicates.
        nobodys: Positions of events in which nothing maps to an identifier.
        warnings: Codes of what was odd about it.
    """
    found = []
    content_type = next((value for name, value in headers if name == "content-type"), "")
    if not content_type or "xml" in content_type.lower():
        found.append(_diagnosis("E07", f"Content-Type is {content_type or 'missing'}"))
    leaked = sorted(name for name, _ in headers if name.startswith(_LEAKED) and name != "sap-passport")
    if leaked:
        found.append(_diagnosis("E09", f"the headers {', '.join(leaked[:5])}"))
    if "unencoded-plus" in warnings:
        found.append(_diagnosis("E12", "a + of the credentials arrived as a space"))
    if nobodys:
        found.append(_diagnosis("I01", f"{len(nobodys)} event(s) without an identifier", tuple(nobodys[:100])))
    if duplicates:
        found.append(_diagnosis("E11", f"{len(duplicates)} duplicate(s)", tuple(duplicates[:100])))
    return found


def _diagnosis(code: str, seen: str, indexes: tuple[int, ...] = ()) -> Diagnosis:
    info = TRANSPORT.get(code) or DIAGNOSABLE[code]
    head, rest = f"{code} {info.title}: ", f" {info.did} {info.change}"
    return Diagnosis(
        code=code,
        title=info.title,
        message=f"{head}{shortened(seen, _LIMIT - len(head) - len(rest) - 2)}.{rest}",
        seen=seen,
        did=info.did,
        change=info.change,
        paths=(),
        count=max(1, len(indexes)),
        certain=False,
        indexes=indexes,
    )
