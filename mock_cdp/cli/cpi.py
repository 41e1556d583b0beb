"""`mock-cdp cpi`: what SAP Cloud Integration does to a payload, offline."""

import rich_click as click

from mock_cdp.cli.cpi_codes import codes
from mock_cdp.cli.cpi_convert import convert
from mock_cdp.cli.cpi_lint import lint


@click.group()
def cpi() -> None:
    """Convert XML as CPI does, and find in an exported flow what will break before it runs."""


cpi.add_command(convert)
cpi.add_command(lint)
cpi.add_command(codes)
