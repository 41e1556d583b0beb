"""`mock-cdp cpi convert`: settings as options or from a flow, JSON on stdout, one line and exit 2 when it cannot be."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_cdp.cli.cpi_convert import convert

ORDERS = '<o:Orders xmlns:o="urn:acme:order"><Order><name>Jörg</name><item>1</item></Order></o:Orders>'
STEP = """<bpmn2:callActivity id="{id}" name="{name}"><bpmn2:extensionElements>
  <ifl:property><key>activityType</key><value>XmlToJsonConverter</value></ifl:property>
  {properties}
</bpmn2:extensionElements></bpmn2:callActivity>"""
FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd">
<bpmn2:process id="Process_1" name="Integration Process">{steps}</bpmn2:process></bpmn2:definitions>"""


def run(*arguments: object, text: bytes | None = None):
    """Run the command in this process."""
    return CliRunner().invoke(convert, [str(argument) for argument in arguments], input=text)


def step(name: str, **properties: str) -> str:
    """Return a converter step."""
    written = "".join(f"<ifl:property><key>{key}</key><value>{value}</value></ifl:property>" for key, value in properties.items())
    return STEP.format(id=f"CallActivity_{name}", name=name, properties=written)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file with one message."""
    path = tmp_path / "orders.xml"
    path.write_text(ORDERS, encoding="utf-8")
    return path


@pytest.fixture
def flow(tmp_path: Path):
    """Return what writes a flow with the given steps."""

    def write(*steps: str) -> Path:
        path = tmp_path / "orders.iflw"
        path.write_text(FLOW.format(steps="".join(steps)), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ((), '{"Orders":{"Order":{"name":"Jörg","item":"1"}}}'),
        (("--suppress-root",), '{"Order":{"name":"Jörg","item":"1"}}'),
        (
            ("--array", "/Orders/Order", "--array", "/Orders/Order/item", "--suppress-root"),
            '{"Order":[{"name":"Jörg","item":["1"]}]}',
        ),
        (("--streaming-all",), '{"Orders":[{"Order":[{"name":["Jörg"],"item":["1"]}]}]}'),
        (("--namespaces",), '{"o:Orders":{"Order":{"name":"Jörg","item":"1"}}}'),
        (
            ("--namespace", "urn:acme:order=acme", "--separator", "."),
            '{"acme.Orders":{"Order":{"name":"Jörg","item":"1"}}}',
        ),
    ],
    ids=["plain", "suppressed", "arrays", "all", "namespaces", "mapped"],
)
def test_options_are_the_settings_of_the_step(source: Path, options: tuple[str, ...], text: str):
    """And stdout is the JSON, to pipe on."""
    done = run(source, *options)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{text}\n", "")


def test_the_message_may_come_from_stdin_and_go_out_in_another_encoding():
    """Bytes, whatever the terminal speaks."""
    done = run("-", "--encoding", "ISO-8859-1", text=ORDERS.encode())
    assert done.stdout_bytes == '{"Orders":{"Order":{"name":"Jörg","item":"1"}}}\n'.encode("iso-8859-1")


def test_a_member_that_cpi_sends_twice_is_printed_twice(tmp_path: Path):
    """Which no JSON library would."""
    path = tmp_path / "two.xml"
    path.write_text("<r><a>1</a><b/><a>2</a></r>")
    assert run(path, "--array", "/r/a").stdout == '{"r":{"a":["1"],"b":"","a":["2"]}}\n'


def test_settings_come_from_a_flow(source: Path, flow):
    """From its only converter, or from the one that is named."""
    arrays = "&lt;row&gt;&lt;cell&gt;/Orders/Order&lt;/cell&gt;&lt;cell&gt;&lt;/cell&gt;&lt;/row&gt;"
    first = step("first", xmlJsonUseStreaming="true", xmlJsonConvertAllElements="specific", xmlJsonPathTable=arrays)
    second = step("second", xmlJsonSuppressRootElement="true")
    assert run(source, "--iflow", flow(first)).stdout == '{"Orders":{"Order":[{"name":"Jörg","item":"1"}]}}\n'
    both = flow(first, second)
    suppressed = '{"Order":{"name":"Jörg","item":"1"}}\n'
    assert run(source, "--iflow", both, "--step", "second").stdout == suppressed
    assert run(source, "--iflow", both, "--step", "CallActivity_second").stdout == suppressed
    found = run(source, "--iflow", both)
    assert (found.exit_code, "2 converters it could be; choose one with --step" in found.stderr) == (2, True)


def test_a_setting_that_is_not_understood_is_said(source: Path, flow):
    """And the default taken."""
    done = run(source, "--iflow", flow(step("only", xmlJsonSuppressRootElement="perhaps")))
    assert (done.exit_code, done.stdout[:10]) == (0, '{"Orders":')
    assert (
        done.stderr == "mock-cdp: only (CallActivity_only): xmlJsonSuppressRootElement has no known form; its default is taken\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--step", "x"), "--step names a converter of a flow; give the flow with --iflow"),
        (("--array", "/a", "--streaming-all"), "--array and --streaming-all do not go together"),
        (("--namespace", "urn:x"), "--namespace urn:x: write URI=PREFIX"),
        (("--namespace", "=x"), "--namespace =x: write URI=PREFIX"),
        (("--separator", "/"), "JSON Prefix Separator: '/' is no separator; choose one of"),
        (("--encoding", "none"), "JSON Output Encoding: unknown encoding: none; choose UTF-8"),
        (("--iflow", "none.iflw"), "none.iflw: cannot be read (No such file or directory); name a file"),
        (
            ("--iflow", "none.iflw", "--separator", ":"),
            "--separator and --iflow do not go together; the flow has its own settings",
        ),
        (("--iflow", __file__), "test_cpi_convert.py"),
    ],
)
def test_settings_that_make_no_sense_are_one_line(source: Path, options: tuple[str, ...], message: str):
    """And exit 2."""
    done = run(source, *options)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("mock-cdp: ")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("steps", "options", "message"),
    [
        ((), (), "has no XML to JSON Converter; name another flow, or give the settings as options"),
        ((step("one"),), ("--step", "two"), "--step two: no converter of this name or id; choose one of one (CallActivity_one)"),
    ],
    ids=["none", "other"],
)
def test_a_flow_without_the_converter_is_one_line(source: Path, flow, steps, options, message: str):
    """With what it has."""
    done = run(source, "--iflow", flow(*steps), *options)
    assert (done.exit_code, message in done.stderr) == (2, True)


@pytest.mark.parametrize("xml", [None, b"<a>\n</b>", b"<a>\xff</a>"], ids=["missing", "mismatch", "bytes"])
def test_a_message_that_cannot_be_converted_is_one_line(tmp_path: Path, xml: bytes | None):
    """With file and place, and no control character that a terminal would obey."""
    path = tmp_path / "broken\x1b.xml"
    if xml is not None:
        path.write_bytes(xml)
    done = run(path)
    assert (done.exit_code, done.stdout, done.stderr.count("\n"), "\x1b" in done.stderr) == (2, "", 1, False)
    assert ("cannot be read" if xml is None else "line ") in done.stderr
