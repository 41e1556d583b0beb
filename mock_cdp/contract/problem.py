"""What is wrong with a contract folder: where, what was found, what to do."""

import msgspec


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing to mend.

    Attributes:
        file: Path within the folder.
        pointer: JSON Pointer into the file; `""` is all of it.
        found: What is wrong.
        do: What to do about it.
    """

    file: str
    pointer: str
    found: str
    do: str

    def __str__(self) -> str:
        """Write it on one line."""
        return f"{self.file}{'#' + self.pointer if self.pointer else ''}: {self.found}; {self.do}"


class FolderError(Exception):
    """A contract folder that cannot be served.

    Attributes:
        problems: All that is wrong with it.
    """

    def __init__(self, root: str, problems: list[Problem]) -> None:
        """Keep *problems*; the message lists them, one a line."""
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"contracts in {root} cannot be served, {len(problems)} problem(s):{lines}")
        self.problems = problems
