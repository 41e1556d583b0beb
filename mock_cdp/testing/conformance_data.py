"""Events that Schemathesis makes from the models' OpenAPI document, and the search for one that a server treats otherwise."""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final, cast
from unittest import SkipTest

import orjson
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable

from mock_cdp.contract.contract import Catalog, Contract
from mock_cdp.exports.openapi import document
from mock_cdp.testing.conformance_answers import Difference

_MOST_SHRINKING: Final = 300  # tries to make a counterexample smaller: they take time, and a tenant is no place for thousands
# Slow is as the server is; but a search that filters out nearly everything would go on for minutes.
_UNHEEDED: Final = [check for check in HealthCheck if check is not HealthCheck.filter_too_much]

Probe = Callable[[bytes], Iterable[Difference]]


class Impossible(Exception):  # noqa: N818  # nothing is wrong; there is just nothing to generate
    """No such event can be made of this model, or hardly any."""


class MisjudgedError(AssertionError):
    """A message was not treated as it should be; Hypothesis now looks for a smaller one."""


class EnoughError(SkipTest):
    """Ends a search: of all exceptions Hypothesis lets this kind through without another try."""


class Events:
    """Strategies over JSON texts of events, valid and invalid, of every contract of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Read the catalog's document."""
        described = _bodies_only(document(catalog, server="http://127.0.0.1"))
        posts = {path: item["post"] for path, item in described["paths"].items() if path.endswith("/event")}
        self._paths = {post["x-contract"]: path for path, post in posts.items()}
        self._schema = schemathesis.openapi.from_dict(described)

    def valid(self, contract: Contract) -> st.SearchStrategy[bytes]:
        """Generate events that keep the model; the model itself has the last word, which also knows formats."""
        return self._events(contract, schemathesis.GenerationMode.POSITIVE, contract.model.accepts)

    def invalid(self, contract: Contract) -> st.SearchStrategy[bytes]:
        """Generate objects that break the model. Bodies that are no JSON object are a matter of their own."""
        return self._events(contract, schemathesis.GenerationMode.NEGATIVE, lambda event: not contract.model.accepts(event))

    def _events(
        self, contract: Contract, mode: schemathesis.GenerationMode, wanted: Callable[[Any], bool]
    ) -> st.SearchStrategy[bytes]:
        texts = (
            self._schema[self._paths[contract.path]]["POST"].as_strategy(generation_mode=mode).map(lambda case: _text(case.body))
        )
        return cast("st.SearchStrategy[bytes]", texts.filter(lambda text: text is not None and wanted(orjson.loads(text))))


def _bodies_only(described: dict[str, Any]) -> dict[str, Any]:
    """Return the document without credentials and parameters: only bodies are to be generated, and to be broken.

    Nor does it hold examples: a counterexample made of one never gets smaller.
    """
    for operation in (item["post"] for item in described["paths"].values()):
        operation.pop("parameters", None)
        operation["requestBody"]["content"]["application/json"].pop("examples", None)
    described["components"].pop("securitySchemes")
    described.pop("security")
    return described


def _text(value: Any) -> bytes | None:
    """Write an object as JSON; None for anything else, and for integers beyond 64 bits, which the ledger has refused."""
    if not isinstance(value, dict):
        return None
    try:
        return orjson.dumps(value)
    except TypeError:
        return None


class Trials:
    """A search for the smallest message that a server treats otherwise than it should.

    Attributes:
        noted: The smallest message of each kind of excused difference.
    """

    def __init__(self, probe: Probe, excuses: Callable[[Difference], bool]) -> None:
        """Keep how to send a message and what is no reason to stop."""
        self._probe = probe
        self._excuses = excuses
        self._known: dict[bytes, Difference | None] = {}
        self.noted: dict[str, Difference] = {}

    @property
    def sent(self) -> int:
        """Return how many different messages were sent."""
        return len(self._known)

    def known(self, texts: Iterable[bytes]) -> list[Difference]:
        """Return what each of *texts* led to, where it was not treated as it should be."""
        return [found for found in map(self._tried, texts) if found]

    def search(self, texts: st.SearchStrategy[bytes], *, examples: int, seed_value: int) -> Difference | None:
        """Return what the smallest misjudged message led to, or None.

        Raises:
            Impossible: The strategy makes nothing.
            Exception: What the probe raised, at once.
        """
        misjudged: list[Difference] = []
        failed: list[Exception] = []
        tries = count()

        @seed(seed_value)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=_UNHEEDED,
        )
        @given(texts)
        def every(text: bytes) -> None:
            if misjudged and next(tries) >= _MOST_SHRINKING:
                raise EnoughError("small enough")
            try:
                found = self._tried(text)
            except Exception as error:
                failed.append(error)
                raise EnoughError("the server is gone") from error
            if found:
                misjudged.append(found)
                raise MisjudgedError(found.title)

        try:
            every()
        except EnoughError:
            if failed:
                raise failed[0] from None
        except MisjudgedError:
            pass
        except (Unsatisfiable, FailedHealthCheck, SkipTest):
            raise Impossible from None
        return min(misjudged, key=_size, default=None)

    def _tried(self, text: bytes) -> Difference | None:
        """Send *text* unless it was sent before: a repeated event is another matter, and shrinking must see one truth."""
        if text not in self._known:
            self._known[text] = self._judged(text)
        return self._known[text]

    def _judged(self, text: bytes) -> Difference | None:
        for found in self._probe(text):
            if not self._excuses(found):
                return found
            before = self.noted.get(found.code)
            if before is None or len(before.answer.sent.body) > len(found.answer.sent.body):
                self.noted[found.code] = found
        return None


def _size(found: Difference) -> tuple[int, str]:
    """Order differences by the message that led to them, the shortest first."""
    return len(found.answer.sent.body), found.answer.sent.body


def drawn(texts: st.SearchStrategy[bytes], *, examples: int, seed_value: int) -> list[bytes]:
    """Return up to *examples* different texts, sending none.

    Raises:
        Impossible: The strategy makes nothing.
    """
    found: list[bytes] = []

    def keep(text: bytes) -> Iterable[Difference]:
        found.append(text)
        return ()

    Trials(keep, lambda _: True).search(texts, examples=examples, seed_value=seed_value)
    return found
