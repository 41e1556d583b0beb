"""What the linter can find in a flow: one table, which the findings and the documentation take their words from."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

Severity = Literal["error", "warning"]

TIMEOUT_MIN_MS: Final = 10_000  # the adapter's own limit for the TLS handshake (documented)
TIMEOUT_MAX_MS: Final = 300_000  # after which it drops an idle connection (as above)


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of finding.

    Attributes:
        severity: What it is unless the flow shows something that softens it, which its `why` then says.
        symptom: What the flow has.
        why: What comes of it.
        fix: What to change.
        explains: Codes of the diagnosis catalogue that such a flow leads to.
    """

    code: str
    severity: Severity
    symptom: str
    why: str
    fix: str
    explains: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing in a flow that will break or may.

    Attributes:
        code: One of `CODES`.
        step: Where: the step, channel, script or parameter.
        rows: Paths to paste into the converter's table, one a row.
    """

    code: str
    severity: Severity
    step: str
    why: str
    fix: str
    rows: tuple[str, ...] = ()


_ALL: Final = (
    Code(
        code="namespaces-without-map",
        severity="error",
        symptom="XML to JSON converter: Use Namespace Mapping is on, its table is empty",
        why="the XML prefix stays in every name of a namespace (ns0:Orders), and a default namespace stops the step with "
        "Invalid JSON namespace",
        fix="untick Use Namespace Mapping: prefixes are then dropped",
        explains=("S09",),
    ),
    Code(
        code="streaming-all",
        severity="error",
        symptom="XML to JSON converter: streaming converts all elements to arrays",
        why="every element arrives as an array, the root too: [{…}] where the model has an object, [text] where it has text",
        fix="choose Convert XML Elements to JSON Arrays: Specific, and list what the model has as arrays",
        explains=("S03",),
    ),
    Code(
        code="streaming-without-paths",
        severity="error",
        symptom="XML to JSON converter: streaming converts specific elements to arrays, none is listed",
        why="an element that repeats becomes the same member twice, of which a reader keeps one",
        fix="list the elements that repeat, or turn streaming off",
        explains=("S02", "S06"),
    ),
    Code(
        code="arrays-not-listed",
        severity="error",
        symptom="XML to JSON converter: arrays of the event model are not listed",
        why="where the message has the element once, CDP gets an object or text instead of an array",
        fix="turn Streaming on, choose Specific and add these rows",
        explains=("S02", "S06"),
    ),
    Code(
        code="root-kept",
        severity="error",
        symptom="XML to JSON converter: Suppress JSON Root Element is off",
        why="the event arrives wrapped in the name of its root element, where the model has its fields at the top",
        fix="tick Suppress JSON Root Element",
        explains=("S01",),
    ),
    Code(
        code="converter-not-passed",
        severity="warning",
        symptom="HTTP receiver: called with Content-Type JSON on a way that does not pass the converter",
        why="nothing on the way to this call makes JSON; the flow has an XML to JSON converter, but on another branch",
        fix="put the converter on this branch too",
        explains=("S15",),
    ),
    Code(
        code="content-type-missing",
        severity="warning",
        symptom="HTTP receiver: no Content-Type is set before the call",
        why="the adapter sends the header Content-Type as the message has it, and none if it has none",
        fix="set the header Content-Type to the constant application/json in a Content Modifier before the call",
        explains=("E07",),
    ),
    Code(
        code="content-type-not-json",
        severity="error",
        symptom="HTTP receiver: JSON is sent with an XML Content-Type",
        why="the converter makes JSON, and the last Content-Type set before the call says XML",
        fix="set the header Content-Type to the constant application/json after the converter",
        explains=("E07", "S15"),
    ),
    Code(
        code="address-not-externalised",
        severity="warning",
        symptom="HTTP receiver: the address is written in the flow",
        why="a test stage cannot point the flow at a mock, nor another tenant at its own CDP, without changing the flow",
        fix="externalise Address, such as {{CDP_Address}}",
    ),
    Code(
        code="query-in-address",
        severity="error",
        symptom="HTTP receiver: the address carries a query",
        why="Address is without query: with POST, its parameters go into the body, where the event should be",
        fix="move what follows the ? into the field Query",
    ),
    Code(
        code="query-not-encoded",
        severity="error",
        symptom="HTTP receiver: a credential in the query is not percent-encoded",
        why="the adapter sends Query as it is written, and keys hold + / =: the + arrives as a space",
        fix="write + as %2B, / as %2F and = as %3D within a value",
        explains=("E12",),
    ),
    Code(
        code="failure-hidden",
        severity="error",
        symptom="HTTP receiver: Throw Exception on Failure is off",
        why="the flow goes on after a refusal and the message log says Completed: nobody sees that CDP took nothing",
        fix="turn Throw Exception on Failure on, or route on the header CamelHttpResponseCode after the call",
    ),
    Code(
        code="timeout-short",
        severity="warning",
        symptom=f"HTTP receiver: a timeout below {TIMEOUT_MIN_MS} ms",
        why="the adapter grants the TLS handshake alone that long: a slow answer is given up although CDP takes the event, and a "
        "retry sends it twice",
        fix="set Timeout to 60000, the adapter's default",
        explains=("E11",),
    ),
    Code(
        code="timeout-long",
        severity="warning",
        symptom=f"HTTP receiver: a timeout above {TIMEOUT_MAX_MS} ms",
        why="the adapter drops a connection that is idle that long: waiting longer only keeps the message",
        fix="set Timeout to 60000, the adapter's default",
    ),
    Code(
        code="headers-all",
        severity="warning",
        symptom="HTTP receiver: Request Headers is *",
        why="every header of the message goes to CDP, also the sender's Authorization and SAP_ ones",
        fix="list the headers that CDP needs, such as Content-Type",
        explains=("E09",),
    ),
    Code(
        code="allowed-headers-all",
        severity="warning",
        symptom="Integration flow: Allowed Headers is *",
        why="a header CamelHttpUri of the caller replaces the receiver's address, and any other can be sent on",
        fix="list the headers that the flow reads",
        explains=("E09",),
    ),
    Code(
        code="secret-written",
        severity="error",
        symptom="A secret is written in the flow",
        why="everybody who may read the flow, its export or a trace has it",
        fix="keep it as a security artefact (User Credentials, OAuth2 Client Credentials or Secure Parameter), name that in the "
        "flow, and change the secret: it is no longer one",
        explains=("E10",),
    ),
    Code(
        code="parameter-without-value",
        severity="warning",
        symptom="A step or channel refers to a parameter that parameters.prop has no value for",
        why="unless it is configured before deployment, it is empty or sent as it is written",
        fix="give it a value, or take care that the deployment does",
        explains=("N03",),
    ),
    Code(
        code="setting-unread",
        severity="warning",
        symptom="A setting is of a form that this linter does not know",
        why="it was taken for its default, so what depends on it was not judged",
        fix="look at it in the flow; a parameter without a value reads like this too",
    ),
)
CODES: Final[Mapping[str, Code]] = {code.code: code for code in _ALL}


def found(code: str, step: str, *, softened: str = "", because: str = "", rows: tuple[str, ...] = ()) -> Finding:
    """Return a finding in the words of its code.

    Args:
        code: One of `CODES`.
        step: Where it is.
        softened: What makes a warning of an error.
        because: What this flow shows.
        rows: Paths to paste.
    """
    known = CODES[code]
    why = "; ".join(filter(None, (known.why, because, softened)))
    return Finding(code=code, severity="warning" if softened else known.severity, step=step, why=why, fix=known.fix, rows=rows)
