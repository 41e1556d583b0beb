"""An export as CPI writes it, read into converter steps and channels; everything else refused with where, what and do."""

import contextlib
import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpi import flows
from mock_cdp.cpi import archive, iflow_xml
from mock_cdp.cpi.converter import ConverterSettings
from mock_cdp.cpi.iflow import FlowError, read_flow, read_flows
from mock_cdp.cpi.iflow_parameters import read_parameters

SECRET = "n0tARealSecret+/=="


def test_an_artefact_zip_gives_converter_and_channel_with_parameters_resolved():
    """The everyday export: settings as typed values, the address from parameters.prop."""
    flow = read_flow("receipts.zip", flows.artefact(flows.good_flow(), scripts={"Patch.groovy": "return message"}))
    (step,), (receiver,) = flow.converters, flow.receivers
    assert step.settings == ConverterSettings(
        suppress_root=True, streaming="specific", paths=("/Receipt/items", "/Receipt/tenders"), separator=":", encoding=""
    )
    assert (step.label, step.unread) == ("Convert step (Convert)", ())
    assert receiver.address == flows.PARAMETERS["CDP_Address"]
    assert receiver.externalised == {"httpAddressWithoutQuery", "credentialName"}
    assert (receiver.method, receiver.timeout_ms, receiver.throws, receiver.step) == ("POST", 60000, True, "Call")
    assert receiver.request_headers == ("Content-Type", "X-Trace")
    assert receiver.settings["authenticationMethod"] == "OAuth2 Client Credentials"
    assert flow.name == "Receipts"
    assert flow.scripts == {"Patch.groovy": "return message"}
    assert "receipts.zip > src/main/resources/scenarioflows/integrationflow/Receipts.iflw" in flow.place


def test_a_lone_flow_file_has_no_parameters_and_unknown_scripts():
    """What it refers to stays as it is written."""
    flow = read_flow("dir/Receipts.iflw", flows.good_flow())
    assert (flow.name, flow.scripts, flow.receivers[0].address) == ("Receipts", None, "{{CDP_Address}}")


def test_a_package_gives_its_flows_by_the_names_it_shows():
    """Not by the ids its files have; documents and script collections in it are passed over."""
    inner = {"Receipts to CDP": flows.artefact(flows.good_flow()), "Orders to CDP": flows.artefact(flows.good_flow(), name="O")}
    found = read_flows("package.zip", flows.package(inner))
    assert [flow.name for flow in found] == ["Receipts to CDP", "Orders to CDP"]
    with pytest.raises(FlowError, match="2 integration flows: Receipts to CDP, Orders to CDP; export the one that is meant"):
        read_flow("package.zip", flows.package(inner))
    documents = flows.package({"Manual": b"%PDF-1.7", "Scripts": flows.zipped({"a.groovy": "1"})}, kind="File")
    with pytest.raises(FlowError, match="there is no integration flow"):
        read_flows("package.zip", documents)


def test_a_zip_of_exports_and_a_zipped_working_copy_are_read_too():
    """Each flow with the parameters of its own root."""
    one, two = (flows.artefact(flows.good_flow(), parameters={"CDP_Address": f"https://{host}/"}) for host in "ab")
    outer = flows.zipped({"one.zip": flows.package({"One": one}), "two.zip": two})
    assert [flow.receivers[0].address for flow in read_flows("all.zip", outer)] == ["https://a/", "https://b/"]
    files = {}
    for folder in "ab":
        files[f"repo/{folder}/{flows.FLOW_PATH.format(folder)}"] = flows.good_flow()
        files[f"repo/{folder}/{flows.RESOURCES}parameters.prop"] = flows.properties_file({"CDP_Address": f"https://{folder}/"})
    found = read_flows("repo.zip", flows.zipped(files))
    assert [(flow.name, flow.receivers[0].address) for flow in found] == [("a", "https://a/"), ("b", "https://b/")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"xmlJsonUseStreaming": "false"}, {"streaming": "none"}, id="no-streaming"),
        pytest.param({"xmlJsonConvertAllElements": "all"}, {"streaming": "all"}, id="all"),
        pytest.param({"xmlJsonPathTable": ""}, {"paths": ()}, id="no-paths"),
        pytest.param({"xmlJsonSuppressRootElement": "FALSE"}, {"suppress_root": False}, id="root"),
        pytest.param({"useNamespaces": "1", "jsonNamespaceSeparator": " "}, {"namespaces": True, "separator": " "}, id="space"),
        pytest.param(
            {"jsonNamespaceMapping": "<row><cell>urn:a&amp;b</cell><cell>p</cell></row>"},
            {"namespace_map": {"urn:a&b": "p"}},
            id="table",
        ),
        pytest.param(
            {"jsonNamespaceMapping": "xmlns:p=urn:a;q=urn:b"}, {"namespace_map": {"urn:a": "p", "urn:b": "q"}}, id="text"
        ),
        pytest.param({"jsonNamespaceSeparator": " | "}, {"separator": "|"}, id="separator-with-blanks"),
        pytest.param({"jsonOutputEncoding": "ISO-8859-1"}, {"encoding": "ISO-8859-1"}, id="encoding"),
        pytest.param({"useNamespaces": "{{On}}"}, {"namespaces": True}, id="switch-by-parameter"),
        pytest.param({"xmlJsonPathTable": "{{Rows}}"}, {"paths": ("/R/a",)}, id="table-by-parameter"),
        pytest.param({"xmlJsonPathTable": "<row><cell>/R/{{Name}}</cell></row>"}, {"paths": ("/R/a&b",)}, id="cell-by-parameter"),
    ],
)
def test_every_converter_setting_is_read(changes: dict[str, str], expected: dict[str, object]):
    """As the converter wants it, parameters resolved in values and cells."""
    parameters = {"On": "true", "Rows": "<row><cell>R/a</cell></row>", "Name": "a&b"}
    flow = read_flow("f.zip", flows.artefact(flows.good_flow(change=changes), parameters=parameters))
    read = flow.converters[0].settings
    assert {key: getattr(read, key) for key in expected} == expected
    assert flow.converters[0].unread == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("xmlJsonUseStreaming", "{{Missing}}"),
        ("xmlJsonConvertAllElements", "some"),
        ("xmlJsonPathTable", "[]"),
        ("xmlJsonPathTable", "<row><cell>/R</row>"),
        ("jsonNamespaceMapping", "urn:a"),
        ("jsonNamespaceMapping", "<p/>"),
        ("jsonNamespaceSeparator", "/"),
        ("jsonOutputEncoding", "EBCDIC-9"),
    ],
)
def test_a_value_of_no_known_form_is_named_and_taken_for_the_default(key: str, value: str):
    """It does not hide the rest of the flow."""
    step = read_flow("f.iflw", flows.good_flow(change={key: value})).converters[0]
    assert step.unread == (key,)
    assert step.settings.suppress_root


def test_a_channel_says_what_it_does_not_say():
    """A receiver without a property has the adapter's default; other adapters and senders are no HTTP receivers."""
    bare = {"ComponentType": "HTTP", "direction": "Receiver", "httpRequestTimeout": "soon"}
    others = {"S": bare | {"direction": "Sender"}, "F": bare | {"ComponentType": "SFTP"}}
    flow = read_flow("f.iflw", flows.iflw(flows.call(), channels={"Call": bare} | others))
    (receiver,) = flow.receivers
    assert (receiver.method, receiver.timeout_ms, receiver.throws, receiver.unread) == (
        "POST",
        None,
        True,
        ("httpRequestTimeout",),
    )
    assert len(flow.channels) == 3
    without = read_flow("f.iflw", flows.iflw(flows.call(), channels={"Call": {"ComponentType": "HTTP", "direction": "receiver"}}))
    assert without.receivers[0].timeout_ms == 60000


def test_no_repr_shows_what_a_flow_holds():
    """A failing test or a log prints them."""
    rows = (("header", "Authorization", f"Basic {SECRET}"),)
    flow = read_flow(
        "f.zip",
        flows.artefact(
            flows.iflw(
                flows.modifier(rows, body=SECRET),
                flows.call(),
                channels={
                    "Call": flows.RECEIVER
                    | {"httpAddressQuery": f"secret={SECRET}", "httpAddressWithoutQuery": f"https://{SECRET}"}
                },
            ),
            parameters={"P": SECRET},
            scripts={"a.groovy": SECRET},
        ),
    )
    shown = repr(
        [flow, *flow.steps, *flow.receivers, *(one for step in flow.steps for one in step.assignments), *flow.converters]
    )
    assert SECRET not in shown
    assert "Authorization" in shown


@given(st.dictionaries(st.text(min_size=1).filter(lambda t: "\r" not in t and "\n" not in t), st.text(), max_size=5))
def test_parameters_come_back_as_java_wrote_them(parameters: dict[str, str]):
    """Blanks, separators, comments' signs and any letter, escaped as `Properties.store` does."""
    stored = {name: value.removeprefix(" ").strip() for name, value in parameters.items() if name.strip() == name}
    stored = {name: value for name, value in stored.items() if not any(0xD800 <= ord(char) < 0xE000 for char in name + value)}
    assert read_parameters(flows.properties_file(stored)) == stored


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a=1\r\nb : 2\rc 3\nd", {"a": "1", "b": "2", "c": "3", "d": ""}),
        (b"# no\n! no\n\n  a = x \\\n   y\\\\\nb=\\u00e4\\t\\q", {"a": "x y\\", "b": "ä\tq"}),
        (b"My\\ Host=https\\://h\\=\n", {"My Host": "https://h="}),
        ("a=ä".encode(), {"a": "ä"}),
        ("a=ä".encode("latin-1"), {"a": "ä"}),
        (b"a=b\\", {"a": "b"}),
        (b"", {}),
    ],
)
def test_parameters_written_by_hand_are_read(raw: bytes, expected: dict[str, str]):
    """Every separator, continuation and line end of Java's format."""
    assert read_parameters(raw) == expected


def bomb(size: int) -> bytes:
    """Return a zip with a file of zeros."""
    return flows.zipped({"zeros.bin": bytes(size), "f.iflw": flows.good_flow()})


def encrypted() -> bytes:
    """Return a zip that says its file is encrypted."""
    raw = bytearray(flows.artefact(flows.good_flow()))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def doubled() -> bytes:
    """Return a zip with the same name twice."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("f.iflw", flows.good_flow())
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("f.iflw", b"other")
    return target.getvalue()


def nested(depth: int) -> bytes:
    """Return zips within zips."""
    raw = flows.artefact(flows.good_flow())
    for _ in range(depth):
        raw = flows.zipped({"inner.zip": raw})
    return raw


def flow_zip(path: str) -> bytes:
    """Return a zip with a flow at *path*."""
    return flows.zipped({path: flows.good_flow()})


GOOD = flows.artefact(flows.good_flow())
DTD = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("make", "what"),
    [
        pytest.param(lambda: flow_zip("../../etc/f.iflw"), "its name leads out of the zip", id="slip"),
        pytest.param(lambda: flow_zip("a/..\\f.iflw"), "its name leads out of the zip", id="slip-backslash"),
        pytest.param(lambda: flow_zip("/f.iflw"), "its name leads out of the zip", id="absolute"),
        pytest.param(lambda: flow_zip("C:f.iflw"), "its name leads out of the zip", id="drive"),
        pytest.param(lambda: bomb(8 << 20), "grows more than 200 times", id="bomb"),
        pytest.param(encrypted, "encrypted", id="encrypted"),
        pytest.param(doubled, "there twice", id="twice"),
        pytest.param(lambda: nested(3), "zips within zips, more than 3 deep", id="deep"),
        pytest.param(lambda: flows.zipped({"f.iflw": b"x"}, zipfile.ZIP_BZIP2), "packed with something else", id="bzip2"),
        pytest.param(lambda: GOOD[: len(GOOD) // 2], "broken or cut off", id="cut"),
        pytest.param(lambda: b"PK\x03\x04", "broken or cut off", id="signature-only"),
        pytest.param(lambda: flows.package({"A": b"not a zip"}), "broken or cut off", id="flow-no-zip"),
        pytest.param(lambda: flows.zipped({"resources.cnt": b"????"}), "not base64 over JSON", id="index"),
        pytest.param(lambda: flows.zipped({"resources.cnt": b"WzFd"}), "not base64 over JSON", id="index-shape"),
        pytest.param(lambda: flows.zipped({"readme.txt": b"hello"}), "no integration flow", id="nothing"),
        pytest.param(lambda: b"", "not well-formed XML", id="empty"),
        pytest.param(lambda: b"<a>", "not well-formed XML at line 1", id="xml"),
        pytest.param(lambda: b"<a/>", "not BPMN definitions", id="other-xml"),
        pytest.param(lambda: DTD + flows.good_flow().partition(b"?>")[2], "a document type", id="dtd"),
        pytest.param(lambda: b'<?xml version="1.0" encoding="EBCDIC-9"?><a/>', "encoding", id="encoding"),
        pytest.param(lambda: b"<a>" * 100 + b"</a>" * 100, "more than 64 elements deep", id="deep-xml"),
    ],
)
def test_what_is_broken_or_made_to_harm_is_refused(make, what: str):
    """With where it stands, what is wrong and what to do, in one line."""
    with pytest.raises(FlowError, match=what) as caught:
        read_flows("export.zip", make())
    error = caught.value
    assert error.where.startswith("export.zip")
    assert str(error) == f"{error.where}: {error.what}; {error.do}"


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    """All of it counts, zips within included; nothing is unpacked before."""
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(FlowError, match="more than 10000 bytes or 20000 files when it is unpacked"):
        read_flows("e.zip", flows.package({"A": GOOD, "B": GOOD, "C": GOOD}))
    monkeypatch.setattr(archive, "MAX_EXPORT_BYTES", 100)
    with pytest.raises(FlowError, match="more than 100; export fewer artefacts"):
        read_flows("e.zip", GOOD)
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(FlowError, match="or 3 files"):
        read_flows("e.zip", GOOD)
    monkeypatch.setattr(iflow_xml, "MAX_XML_BYTES", 100)
    with pytest.raises(FlowError, match="more than 100 bytes of XML"):
        read_flows("e.iflw", flows.good_flow())


@settings(max_examples=150)
@given(st.sampled_from([GOOD, flows.package({"A": GOOD}), flows.good_flow()]), st.randoms(use_true_random=False))
def test_damage_anywhere_is_refused_or_harmless(whole: bytes, dice: random.Random):
    """Never another error than ours, whatever byte is wrong."""
    raw = bytearray(whole)
    for _ in range(dice.randint(1, 4)):
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    raw = raw[: dice.choice([len(raw), dice.randrange(len(raw))])]
    with contextlib.suppress(FlowError):
        read_flows("e.zip", bytes(raw))
