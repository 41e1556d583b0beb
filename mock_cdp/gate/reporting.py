"""A played gate as a report: one check for each property, one finding for each distinct cause."""

import base64
from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import ParseError, indent, tostring

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mock_cdp import __version__
from mock_cdp.gate.cases import Case, as_text, text_of
from mock_cdp.gate.message import Message
from mock_cdp.gate.runner import Found, Played
from mock_cdp.reports.report import Check, CheckOutcome, Finding
from mock_cdp.testing.arrived import Arrived

TOOL = f"mock-cdp {__version__}"
Clean = Callable[[str], str]


def checks_of(
    played: Played, event: str, case_of: Callable[[Played, Found], str], model_file: str, clean: Clean
) -> Iterator[Check]:
    """Yield one check for each property of a round.

    Args:
        played: What came of the round.
        event: Contract path.
        case_of: Writes the case of a finding and returns its path for the report.
        model_file: The model's path for the report, or empty.
        clean: Takes secrets out of a text.
    """
    for name, title in played.round.properties.items():
        found = [one for (of, _), one in played.found.items() if of == name]
        outcome, reason = _outcome(played, found)
        yield Check(
            property=name,
            title=title,
            event=event,
            outcome=outcome,
            trials=played.trials,
            reason=reason,
            findings=tuple(_finding(one, event, case_of(played, one), model_file, clean) for one in found),
            duration_s=played.duration_s,
        )


def _outcome(played: Played, found: Sequence[Found]) -> tuple[CheckOutcome, str]:
    if found:
        return "broken", ""
    if played.skipped:
        return "skipped", played.skipped
    if played.trials and not played.arrived:
        return "skipped", "nothing arrived"
    if not played.telling:
        return "skipped", "the time was up" if played.out_of_time else "no message told anything of it"
    return "kept", ""


def _finding(found: Found, event: str, case_file: str, model_file: str, clean: Clean) -> Finding:
    problem = found.problem
    return Finding(
        code=problem.code,
        title=problem.title,
        message=clean(problem.message),
        fix=problem.fix,
        event=event,
        pointers=problem.pointers,
        sent=clean(readable(found.message)),
        sent_type=found.message.media_type,
        arrived=tuple(clean(text) for text in arrived_texts(found)),
        violations=problem.violations,
        case_file=case_file,
        model_file=model_file if problem.violations else "",
        flaky=found.flaky,
        seen=found.seen,
    )


def readable(message: Message) -> str:
    """Return a message as text, one that stands on a single line indented; the case file holds it as it was."""
    body = message.body
    if body.strip().count(b"\n") > 1 or b"xmlns" in body:  # ElementTree would give prefixes other names
        return as_text(body)
    try:
        if body.lstrip().startswith(b"<"):
            root = fromstring(body, forbid_dtd=True)
            indent(root)
            return tostring(root, encoding="unicode")
        return msgspec.json.format(body, indent=2).decode()
    except (ParseError, DefusedXmlException, msgspec.DecodeError, UnicodeDecodeError):
        return as_text(body)


def arrived_texts(found: Found) -> tuple[str, ...]:
    """Return what arrived, readable."""
    return tuple(_arrived(one) for one in found.problem.arrived)


def _arrived(one: Arrived) -> str:
    if one.event is None:
        return as_text(one.receipt.body)
    return msgspec.json.format(msgspec.json.encode(one.event), indent=2).decode()


def case_for(played: Played, found: Found, event: str, *, seed: int, revision: str, clean: Clean) -> Case:
    """Return the case file of a finding."""
    body = found.message.body
    return Case(
        round=played.round.name,
        property=found.problem.breaks,
        code=found.problem.code,
        title=found.problem.title,
        message=text_of(body),
        message_base64="" if text_of(body) else base64.b64encode(body).decode(),
        media_type=found.message.media_type,
        event=event,
        why=clean(found.problem.message),
        arrived=tuple(clean(text) for text in arrived_texts(found)),
        seed=seed,
        tool=TOOL,
        revision=revision,
    )
