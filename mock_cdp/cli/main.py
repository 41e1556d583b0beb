"""The `mock-cdp` command: its groups, loaded when named."""

import importlib
from typing import Any

import rich_click as click

from mock_cdp import __version__

COMMANDS: dict[str, tuple[str, str, str]] = {
    "serve": ("mock_cdp.cli.serve", "serve", "Serve the contracts on this machine."),
    "contracts": ("mock_cdp.cli.contracts", "contracts", "Check, list, show, export and pull contract folders; infer models."),
    "export": ("mock_cdp.cli.export", "export", "Write the contracts as OpenAPI, for Postman or for a Message Mapping."),
    "check": ("mock_cdp.cli.check", "check", "Say offline whether a payload would be accepted, and why not."),
    "gate": (
        "mock_cdp.cli.gate",
        "gate",
        "Put generated messages through an integration and hold what it sends to the contract.",
    ),
    "conformance": ("mock_cdp.cli.conformance", "conformance", "Hold a running mock or a tenant against the contracts."),
    "cpi": ("mock_cdp.cli.cpi", "cpi", "Convert XML as CPI does; find what will break in an exported flow."),
    "counts": ("mock_cdp.cli.control", "counts", "Show how many events a running mock accepted and refused."),
    "receipts": ("mock_cdp.cli.control", "receipts", "Show what a running mock received."),
    "coverage": ("mock_cdp.cli.coverage", "coverage", "Show which rules of a model events kept and broke."),
    "await": ("mock_cdp.cli.control", "await_", "Wait until a running mock has received something."),
    "reset": ("mock_cdp.cli.control", "reset", "Forget what a running mock received."),
    "sessions": ("mock_cdp.cli.control", "sessions", "Make, list and drop sessions of a running mock."),
}


class LazyGroup(click.RichGroup):
    """A group that imports a command when it is run, and only its one line of help before."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the commands in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> click.Command | None:
        """Return a command; a stand-in with its help line while only `--help` is printed."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, attribute, help_line = entry
        if ctx.protected_args or ctx.args or not _listing(ctx):
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        return click.Command(cmd_name, help=help_line)


def _listing(ctx: Any) -> bool:
    import sys

    return ctx.parent is None and sys.argv[1:2] in ([], ["--help"], ["-h"])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mock-cdp")
def main() -> None:
    """A mock of SAP CDP's listener: it enforces event models, counts what it accepted and says why it refused."""
