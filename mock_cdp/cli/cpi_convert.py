"""`mock-cdp cpi convert`: the JSON that CPI's converter makes of an XML message, without a tenant."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mock_cdp.cli.saying import fail, plain

if TYPE_CHECKING:
    from mock_cdp.cpi.conversion import ConverterSettings

SETTINGS_OPTIONS = ("suppress_root", "arrays", "streaming_all", "namespaces", "mapped", "separator", "encoding")


@click.command()
@click.argument("source", metavar="SOURCE.xml", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--suppress-root", is_flag=True, help="Suppress JSON Root Element.")
@click.option(
    "--array", "arrays", metavar="PATH", multiple=True, help="Streaming, specific: this element is an array; repeat it."
)
@click.option("--streaming-all", is_flag=True, help="Streaming, all: every element is an array.")
@click.option("--namespaces", is_flag=True, help="Use Namespace Mapping; without it prefixes are dropped.")
@click.option("--namespace", "mapped", metavar="URI=PREFIX", multiple=True, help="Map a namespace; implies --namespaces.")
@click.option("--separator", metavar="CHAR", default=":", show_default=True, help="JSON Prefix Separator.")
@click.option("--encoding", metavar="NAME", default="UTF-8", show_default=True, help="JSON Output Encoding.")
@click.option(
    "--iflow", metavar="FILE", type=click.Path(path_type=Path), help="Take the settings from an exported flow (.iflw or .zip)."
)
@click.option("--step", metavar="NAME", help="Which converter of the flow, by name or id, if it has several.")
@click.pass_context
def convert(
    context: click.Context,
    source: Path,
    *,
    suppress_root: bool,
    arrays: tuple[str, ...],
    streaming_all: bool,
    namespaces: bool,
    mapped: tuple[str, ...],
    separator: str,
    encoding: str,
    iflow: Path | None,
    step: str | None,
) -> None:
    """Print the JSON that CPI's XML to JSON Converter makes of SOURCE.xml (`-` is stdin), settings as in the editor.

    A member that CPI would send twice is printed twice. Exit 2: it cannot be converted, and why.
    """
    from mock_cdp.cpi.converter import ConversionError, ConverterSettings, encoded
    from mock_cdp.cpi.converter import convert as converted

    if iflow is not None:
        if given := [option for option in context.command.params if option.name in _given(context)]:
            fail(f"{given[0].opts[0]} and --iflow do not go together; the flow has its own settings")
        settings = _settings_of(iflow, step)
    elif step is not None:
        fail("--step names a converter of a flow; give the flow with --iflow")
    elif arrays and streaming_all:
        fail("--array and --streaming-all do not go together; a converter streams specific elements or all")
    else:
        settings = ConverterSettings(
            suppress_root=suppress_root,
            streaming="all" if streaming_all else "specific" if arrays else "none",
            paths=arrays,
            namespaces=namespaces or bool(mapped),
            namespace_map=_namespace_map(mapped),
            separator=separator,
            encoding=encoding,
        )
    try:
        written = encoded(f"{converted(_read(source), settings)}\n", settings.encoding)
    except ConversionError as error:
        fail(f"{source}: {error}")
    click.echo(written, nl=False)


def _given(context: click.Context) -> set[str]:
    """Return the options of a converter's settings that the command line names."""
    from click.core import ParameterSource

    return {name for name in SETTINGS_OPTIONS if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def _namespace_map(mapped: tuple[str, ...]) -> dict[str, str]:
    """Return prefix by URI; a URI may hold `=` itself, a prefix not."""
    pairs = {}
    for text in mapped:
        uri, equals, prefix = text.rpartition("=")
        if not (uri and equals and prefix):
            fail(f"--namespace {text}: write URI=PREFIX, as urn:acme:order=ord")
        pairs[uri] = prefix
    return pairs


def _settings_of(iflow: Path, step: str | None) -> "ConverterSettings":
    """Return the settings of the flow's converter, of the one named *step* if it has several."""
    from mock_cdp.cpi.iflow import FlowError, read_flow

    try:
        converters = read_flow(str(iflow), _read(iflow)).converters
    except FlowError as error:
        fail(str(error))
    names = ", ".join(found.label for found in converters)
    chosen = [found for found in converters if step in {None, found.name, found.id}]
    if not converters:
        fail(f"{iflow}: has no XML to JSON Converter; name another flow, or give the settings as options")
    if not chosen:
        fail(f"--step {step}: no converter of this name or id; choose one of {names}")
    if len(chosen) > 1:
        fail(f"{iflow}: {len(chosen)} converters it could be; choose one with --step, by name or id: {names}")
    for key in chosen[0].unread:
        click.echo(f"mock-cdp: {plain(chosen[0].label)}: {key} has no known form; its default is taken", err=True)
    return chosen[0].settings


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        fail(f"{path}: cannot be read ({error.strerror}); name a file")
