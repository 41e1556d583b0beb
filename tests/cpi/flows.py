"""Flows as CPI exports them, built from the keys seen in public exports: `.iflw` files, artefact zips, package exports."""

import base64
import io
import itertools
import json
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

import msgspec

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
IFL = "http:///com.sap.ifl.model/Ifl.xsd"
RESOURCES = "src/main/resources/"
FLOW_PATH = f"{RESOURCES}scenarioflows/integrationflow/{{}}.iflw"

CONVERTER = {
    "activityType": "XmlToJsonConverter",
    "cmdVariantUri": "ctype::FlowstepVariant/cname::XmlToJsonConverter/version::1.0.8",
    "xmlJsonUseStreaming": "true",
    "xmlJsonConvertAllElements": "specific",
    "xmlJsonPathTable": "<row><cell>/Receipt/items</cell><cell></cell></row><row><cell>Receipt/tenders</cell><cell></cell></row>",
    "xmlJsonSuppressRootElement": "true",
    "useNamespaces": "false",
    "jsonNamespaceMapping": "",
    "jsonNamespaceSeparator": ":",
    "jsonOutputEncoding": "",
}
RECEIVER = {
    "ComponentType": "HTTP",
    "direction": "Receiver",
    "httpAddressWithoutQuery": "{{CDP_Address}}",
    "httpAddressQuery": "",
    "httpMethod": "POST",
    "httpRequestTimeout": "60000",
    "httpShouldSendBody": "false",
    "proxyType": "default",
    "authenticationMethod": "OAuth2 Client Credentials",
    "credentialName": "{{CDP_Credential}}",
    "allowedRequestHeaders": "Content-Type|X-Trace",
    "allowedResponseHeaders": "*",
    "throwExceptionOnFailure": "true",
    "TransportProtocolVersion": "1.15.0",
}
PARAMETERS = {
    "CDP_Address": "https://cdp.eu5-prod.gigya.com/api/businessunits/4_U/applications/A/dataevents/E/event",
    "CDP_Credential": "CDP",
}
JSON_TYPE = (("header", "Content-Type", "application/json"),)


class Node(msgspec.Struct, frozen=True):
    """A step: its id, its BPMN element, its properties; in a local process if it names one."""

    id: str
    element: str
    properties: Mapping[str, str] = {}
    process: str = "Process_1"
    handler: bool = False


def converter(**changes: str) -> Node:
    """Return a converter step that is as it should be, but for *changes*."""
    return Node("Convert", "callActivity", CONVERTER | changes)


def modifier(
    rows: Iterable[tuple[str, str, str]] = JSON_TYPE, *, named: str = "Modify", body: str = "", action: str = "Create"
) -> Node:
    """Return a Content Modifier that sets *rows*: header or property, name, constant value."""
    tables = {"header": "", "property": ""}
    for table, name, value in rows:
        kind = "expression" if "${" in value else "constant"
        cells = {"Action": action, "Type": kind, "Value": value, "Default": "", "Name": name, "Datatype": "java.lang.String"}
        tables[table] += "<row>" + "".join(f"<cell id='{key}'>{escape(text)}</cell>" for key, text in cells.items()) + "</row>"
    written = {
        "activityType": "Enricher",
        "wrapContent": body,
        "headerTable": tables["header"],
        "propertyTable": tables["property"],
    }
    return Node(named, "callActivity", written)


def script(file: str = "Patch.groovy", *, named: str = "Run") -> Node:
    """Return a script step."""
    return Node(named, "callActivity", {"activityType": "Script", "subActivityType": "GroovyScript", "script": file})


def call(named: str = "Call") -> Node:
    """Return the step that calls a receiver."""
    return Node(named, "serviceTask", {"activityType": "ExternalCall"})


START, END = Node("Start", "startEvent"), Node("End", "endEvent")


def iflw(
    *nodes: Node,
    routes: Iterable[tuple[str, str]] | None = None,
    channels: Mapping[str, Mapping[str, str]] | None = None,
    settings: Mapping[str, str] | None = None,
    condition: str = "",
) -> bytes:
    """Return a `.iflw` file.

    Args:
        nodes: Steps between start and end, one after the other unless *routes* says otherwise.
        routes: Which step is followed by which.
        channels: Properties of the receiver channel of each step.
        settings: Of the flow as a whole.
        condition: Of the last route.
    """
    every = (START, *nodes, END)
    order = list(routes if routes is not None else [(one.id, other.id) for one, other in itertools.pairwise(every)])
    process_ids = list(dict.fromkeys(node.process for node in every))
    processes = "".join(_process(one, [node for node in every if node.process == one], order, condition) for one in process_ids)
    flows = "".join(
        f'<bpmn2:messageFlow id="MessageFlow_{step}" name="HTTP" sourceRef="{step}" targetRef="Participant_CDP">'
        f"{_properties(written)}</bpmn2:messageFlow>"
        for step, written in (channels if channels is not None else {"Call": RECEIVER}).items()
    )
    whole = _properties(settings or {"allowedHeaderList": ""})
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions xmlns:bpmn2="{BPMN}" xmlns:ifl="{IFL}" id="Definitions_1">'
        f'<bpmn2:collaboration id="Collaboration_1" name="Default Collaboration">{whole}'
        f'<bpmn2:participant id="Participant_CDP" ifl:type="EndpointRecevier" name="CDP"/>{flows}</bpmn2:collaboration>'
        f"{processes}</bpmn2:definitions>"
    ).encode()


def _process(process: str, nodes: list[Node], order: list[tuple[str, str]], condition: str) -> str:
    inside = {node.id for node in nodes}
    plain = "".join(_node(node) for node in nodes if not node.handler)
    handlers = "".join(_node(node) for node in nodes if node.handler)
    when = f"<bpmn2:conditionExpression>{escape(condition)}</bpmn2:conditionExpression>" if condition else ""
    routes = "".join(
        f'<bpmn2:sequenceFlow id="SequenceFlow_{a}_{b}" sourceRef="{a}" targetRef="{b}">{when}</bpmn2:sequenceFlow>'
        for a, b in order
        if a in inside
    )
    subprocess = f'<bpmn2:subProcess id="Sub_{process}" name="On error">{handlers}</bpmn2:subProcess>' if handlers else ""
    return f'<bpmn2:process id="{process}" name="{process}">{_properties({})}{plain}{subprocess}{routes}</bpmn2:process>'


def _node(node: Node) -> str:
    name = quoteattr(f"{node.id} step")
    return f'<bpmn2:{node.element} id="{node.id}" name={name}>{_properties(node.properties)}</bpmn2:{node.element}>'


def _properties(written: Mapping[str, str]) -> str:
    inner = "".join(
        f"<ifl:property><key>{escape(key)}</key><value>{escape(value)}</value></ifl:property>" for key, value in written.items()
    )
    return f"<bpmn2:extensionElements>{inner}</bpmn2:extensionElements>"


def properties_file(parameters: Mapping[str, str]) -> bytes:
    """Return a Java properties file as `Properties.store` writes it."""
    return b"#Mon Jan 05 10:00:00 UTC 2026\n" + "".join(
        f"{_java(name, ' ')}={_java(value, '')}\n" for name, value in parameters.items()
    ).encode("latin-1")


def _java(text: str, more: str) -> str:
    escaped = "".join(f"\\{char}" if char in f"\\:=#!{more}" else char for char in text)
    units = escaped.encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04X}" for code in codes)


def zipped(files: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of *files*."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return target.getvalue()


def artefact(
    flow: bytes,
    *,
    name: str = "Receipts",
    parameters: Mapping[str, str] | None = None,
    scripts: Mapping[str, str] | None = None,
) -> bytes:
    """Return an artefact zip."""
    files: dict[str, bytes | str] = {
        "META-INF/MANIFEST.MF": f"Manifest-Version: 1.0\r\nBundle-Name: {name}\r\n",
        FLOW_PATH.format(name): flow,
        f"{RESOURCES}parameters.prop": properties_file(PARAMETERS if parameters is None else parameters),
        f"{RESOURCES}mapping/Receipt.mmap": "<mapping/>",
    }
    return zipped(files | {f"{RESOURCES}script/{file}": text for file, text in (scripts or {}).items()})


def package(artefacts: Mapping[str, bytes], *, kind: str = "IFlow") -> bytes:
    """Return a package export, each artefact under an id that is not its name."""
    ids = {f"{number:032x}": name for number, name in enumerate(artefacts, start=1)}
    resources = [{"id": one, "name": f"{name}.zip", "displayName": name, "resourceType": kind} for one, name in ids.items()]
    resources.append({"id": "f" * 32, "name": "Package", "resourceType": "ContentPackage"})
    index = json.dumps({"resources": resources, "relations": []}).encode()
    files: dict[str, bytes | str] = {
        "resources.cnt": base64.b64encode(index),
        "contentmetadata.md": base64.b64encode(b"HashVersion=2.0.0\n"),
    }
    return zipped(files | {f"{one}_content": artefacts[name] for one, name in ids.items()})


def good_flow(*, change: Mapping[str, str] | None = None, receiver: Mapping[str, str] | None = None) -> bytes:
    """Return a flow that a linter has nothing to say about, but for what is changed."""
    return iflw(converter(**(change or {})), modifier(), call(), channels={"Call": RECEIVER | (receiver or {})})
