"""How far a gate is: a bar on a terminal, else a line now and then, which is what a pipeline's log can show."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from mock_cdp.gate.runner import Step

_EVERY = 50  # trials from one line to the next


@contextmanager
def telling() -> Iterator[Callable[["Step"], None]]:
    """Give what is to be told of every trial."""
    if not sys.stderr.isatty():
        yield _Lines().tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", said="")

        def tell(step: "Step") -> None:
            bar.update(task, description=step.round, completed=step.trials, total=max(step.most, step.trials), said=_said(step))

        yield tell


def _said(step: "Step") -> str:
    return f"{step.causes} cause{'s' * (step.causes != 1)}: {step.latest}" if step.causes else ""


class _Lines:
    """Says a line for each round, each new cause, and every so many trials."""

    def __init__(self) -> None:
        self._round = ""
        self._causes = 0

    def tell(self, step: "Step") -> None:
        """Say how far it is, if that is worth a line."""
        if step.round != self._round or step.causes != self._causes or step.trials % _EVERY == 0:
            self._round, self._causes = step.round, step.causes
            far = f"{step.trials} of {step.most}" if step.trials <= step.most else f"{step.trials}, making messages smaller"
            click.echo(f"{step.round}: {far} {_said(step)}".rstrip(), err=True)
