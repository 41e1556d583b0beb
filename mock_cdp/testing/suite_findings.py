"""What a report says of differences: each kind once, with the smallest message, in words, without credentials."""

from collections.abc import Iterable, Iterator

import orjson

from mock_cdp.contract.contract import Contract
from mock_cdp.reports.report import Finding
from mock_cdp.testing.conformance_answers import Difference, entry_of
from mock_cdp.testing.conformance_subject import Subject
from mock_cdp.testing.hiding import Secrets


def findings(contract: Contract, found: Iterable[Difference], subject: Subject) -> Iterator[Finding]:
    """Return a finding for each kind of difference, what is broken first."""
    kinds: dict[tuple[str, str], list[Difference]] = {}
    for one in sorted(found, key=subject.excuses):
        kinds.setdefault((one.code, one.title), []).append(one)
    secrets = Secrets(*subject.secrets_of(contract))
    return (_finding(contract, alike, secrets, excused=subject.excuses(alike[0])) for alike in kinds.values())


def _finding(contract: Contract, alike: list[Difference], secrets: Secrets, *, excused: bool) -> Finding:
    """Write differences of one kind as a finding, with the smallest message."""
    smallest = min(alike, key=lambda one: len(one.answer.sent.body))
    answer = smallest.answer
    broken = (
        contract.model.violations(orjson.loads(answer.sent.body))
        if smallest.code == "accepts-invalid" and answer.sent.body[:1] == "{"
        else []
    )
    return Finding(
        code=smallest.code,
        title=smallest.title,
        message=_message(smallest, alike, excused=excused),
        event=contract.path,
        pointers=tuple(dict.fromkeys(violation.pointer for violation in broken)),
        sent=secrets.hidden(answer.sent.body),
        sent_type=answer.sent.media_type,
        arrived=(secrets.hidden(str(answer)),),
        violations=tuple(broken),
        seen=len(alike),
        ledger=smallest.entry,
    )


def _message(found: Difference, alike: list[Difference], *, excused: bool) -> str:
    requests = "; ".join(dict.fromkeys(one.answer.sent.what for one in alike))
    said = f"{requests}: expected {found.expected}"
    if found.entry:
        entry = entry_of(found.entry)
        said += f". Ledger {entry.id} ({entry.basis}{entry.switch and f', switch {entry.switch}'}): {entry.behaviour.rstrip('.')}"
    elif found.basis == "http":
        said += ". HTTP itself asks for it"
    else:
        said += ". No ledger entry: assumed"
    return f"{said}. {'For information: nothing is broken by it.' if excused else ''}".rstrip()
