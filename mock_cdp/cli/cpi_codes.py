"""`mock-cdp cpi codes`: every code that a diagnosis or the linter may name, as a Markdown table."""

import rich_click as click


@click.command()
@click.option("--lint", "of_lint", is_flag=True, help="The linter's codes instead of the diagnoses'.")
def codes(*, of_lint: bool) -> None:
    """List every code with symptom, cause and fix, as Markdown."""
    if of_lint:
        from mock_cdp.cpi.lint import CODES

        rows = [(code.code, f"{code.severity}: {code.symptom}", code.why, code.fix) for code in CODES.values()]
    else:
        from mock_cdp.cpi.causes_transport import TRANSPORT
        from mock_cdp.cpi.diagnosis import DIAGNOSABLE

        known = [*DIAGNOSABLE.values(), *TRANSPORT.values()]
        rows = [(row.code, f"{row.title}: {row.symptom}", row.did, row.change) for row in known]
    click.echo("| code | what is seen | why | what to change |\n|---|---|---|---|")
    for row in rows:
        click.echo("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |")
