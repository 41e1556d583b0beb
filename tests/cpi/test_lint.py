"""What a linter finds in flows: each code where it should be, nothing in a good flow, and no secret ever shown."""

import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpi import flows
from mock_cdp.contract.contract import Catalog
from mock_cdp.cpi.iflow import Flow, read_flow
from mock_cdp.cpi.lint import CODES, Finding, lint
from mock_cdp.cpi.lint_arrays import array_paths, missing_rows
from running import contract_of

TYPE = flows.JSON_TYPE
NO_TYPE = (("header", "X-Trace", "1"),)


def read(flow: bytes, **files) -> Flow:
    """Read a flow within an artefact zip."""
    return read_flow("f.zip", flows.artefact(flow, **files))


def codes(findings: list[Finding]) -> list[str]:
    """Return their codes."""
    return [finding.code for finding in findings]


def errors(findings: list[Finding]) -> list[str]:
    """Return the codes of those that are errors."""
    return [finding.code for finding in findings if finding.severity == "error"]


@pytest.mark.parametrize("slug", ["pos-receipt", None])
def test_nothing_is_found_in_a_flow_as_it_should_be(catalog: Catalog, slug: str | None):
    """With or without the contract that it keeps."""
    contract = contract_of(catalog, slug) if slug else None
    assert lint(read(flows.good_flow()), contract) == []


CONVERTER_CASES = {
    "namespaces": ({"useNamespaces": "true"}, ["namespaces-without-map"]),
    "namespaces-mapped": ({"useNamespaces": "true", "jsonNamespaceMapping": "<row><cell>urn:a</cell><cell>p</cell></row>"}, []),
    "streaming-all": ({"xmlJsonConvertAllElements": "all"}, ["streaming-all"]),
    "no-paths": ({"xmlJsonPathTable": ""}, ["streaming-without-paths", "arrays-not-listed"]),
    "no-streaming": ({"xmlJsonUseStreaming": "false", "xmlJsonPathTable": ""}, ["arrays-not-listed"]),
    "root": ({"xmlJsonSuppressRootElement": "false"}, ["root-kept"]),
    "unread": ({"xmlJsonUseStreaming": "{{Streams}}", "xmlJsonPathTable": ""}, ["setting-unread", "arrays-not-listed"]),
}


@pytest.mark.parametrize("case", CONVERTER_CASES)
def test_a_converter_setting_that_breaks_the_event_is_found(catalog: Catalog, case: str):
    """At the step, in the console's words."""
    changes, expected = CONVERTER_CASES[case]
    findings = lint(
        read(flows.good_flow(change=changes), parameters=flows.PARAMETERS | {"Streams": "maybe"}),
        contract_of(catalog, "pos-receipt"),
    )
    assert codes(findings) == expected
    assert all(finding.step.startswith("Convert step (Convert)") for finding in findings)


def test_missing_arrays_come_as_rows_to_paste(catalog: Catalog):
    """Below the root that the listed paths name, or below ROOT where none is."""
    contract = contract_of(catalog, "pos-receipt")
    one = "<row><cell>/ns0:Receipts/Receipt/items</cell><cell/></row>"
    rows = [
        finding.rows
        for table in (one, "", "<row><cell>/Receipts</cell></row>")
        for finding in lint(read(flows.good_flow(change={"xmlJsonPathTable": table})), contract)
        if finding.code == "arrays-not-listed"
    ]
    assert rows == [
        ("/ns0:Receipts/Receipt/tenders",),
        ("/ROOT/items", "/ROOT/tenders"),
        ("/Receipts/items", "/Receipts/tenders"),
    ]


def test_arrays_within_arrays_references_and_branches_are_found():
    """And a model that refers to itself ends."""
    schema = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/definitions/item"}},
            "maybe": {"type": ["null", "array"]},
            "text": {"type": "string"},
            "address": {"type": "object", "properties": {"lines": {"anyOf": [{"type": "array"}, {"type": "null"}]}}},
        },
        "definitions": {
            "item": {"type": "object", "properties": {"parts": {"type": "array"}, "item": {"$ref": "#/definitions/item"}}}
        },
    }
    found = array_paths(schema)
    assert found[:4] == (("items",), ("maybe",), ("items", "parts"), ("address", "lines"))
    assert ("items", "item", "parts") in found
    assert len(found) < 20


names = st.text(string.ascii_letters, min_size=1, max_size=5)
paths = st.lists(names, min_size=1, max_size=3).map(tuple)


@given(
    st.lists(paths, unique=True, max_size=6),
    st.lists(st.lists(names, min_size=1, max_size=4).map(lambda p: "/" + "/".join(p)), max_size=4),
)
def test_once_the_rows_are_pasted_none_is_missing(arrays: list[tuple[str, ...]], listed: list[str]):
    """Whatever was listed before."""
    rows = missing_rows(arrays, listed)
    assert missing_rows(arrays, [*listed, *rows]) == ()
    assert not set(rows) & set(listed)


def test_a_script_after_the_converter_makes_a_warning_of_a_wrong_structure(catalog: Catalog):
    """Scripts that patch JSON are the norm, and what they do is not known."""
    broken = flows.converter(xmlJsonUseStreaming="false", xmlJsonSuppressRootElement="false")
    flow = read(flows.iflw(broken, flows.script(), flows.modifier(), flows.call()), scripts={"Patch.groovy": "return message"})
    findings = lint(flow, contract_of(catalog, "pos-receipt"))
    assert (codes(findings), errors(findings)) == (["root-kept", "arrays-not-listed"], [])
    assert "Run step (Run) comes after the step and may mend it" in findings[0].why


def test_a_converter_of_answers_is_not_held_to_the_contract(catalog: Catalog):
    """Only what is sent is an event."""
    after = flows.converter(xmlJsonUseStreaming="false")
    flow = read(flows.iflw(flows.modifier(body="{}"), flows.call(), after))
    assert codes(lint(flow, contract_of(catalog, "pos-receipt"))) == []


def test_a_model_that_has_the_root_itself_wants_it_kept(catalog: Catalog):
    """`/items/line` listed, and `items` is a field of the model."""
    table = "<row><cell>/items/items</cell></row><row><cell>/items/tenders</cell></row>"
    flow = read(flows.good_flow(change={"xmlJsonSuppressRootElement": "false", "xmlJsonPathTable": table}))
    assert codes(lint(flow, contract_of(catalog, "pos-receipt"))) == []


RECEIVER_CASES = {
    "address": ({"httpAddressWithoutQuery": "https://cdp.example/event"}, ["address-not-externalised"]),
    "dynamic-address": ({"httpAddressWithoutQuery": "${property.address}"}, []),
    "query": ({"httpAddressWithoutQuery": "{{CDP_Address}}?a=1"}, ["query-in-address"]),
    "not-encoded": ({"httpAddressQuery": "userKey=${property.k}&secret={{S}}"}, ["query-not-encoded", "secret-written"]),
    "encoded": ({"httpAddressQuery": "userKey=${property.k}&secret=${property.s}"}, []),
    "hidden": ({"throwExceptionOnFailure": "false"}, ["failure-hidden"]),
    "short": ({"httpRequestTimeout": "5000"}, ["timeout-short"]),
    "long": ({"httpRequestTimeout": "600000"}, ["timeout-long"]),
    "no-number": ({"httpRequestTimeout": "1 min"}, ["setting-unread"]),
    "headers": ({"allowedRequestHeaders": "*"}, ["headers-all"]),
    "no-value": ({"privateKeyAlias": "{{Key}}"}, ["parameter-without-value"]),
    "get": ({"httpMethod": "GET"}, []),
}


@pytest.mark.parametrize("case", RECEIVER_CASES)
def test_a_channel_setting_that_breaks_the_delivery_is_found(case: str):
    """At the channel."""
    changes, expected = RECEIVER_CASES[case]
    findings = lint(read(flows.good_flow(receiver=changes), parameters=flows.PARAMETERS | {"S": "n0tARealSecret+Only4Tests/=="}))
    assert codes(findings) == expected


def test_a_flow_that_reads_the_response_code_may_hide_failures():
    """In a router's condition or a script: then it is only a warning."""
    receiver = flows.RECEIVER | {"throwExceptionOnFailure": "false"}
    steps = (flows.converter(), flows.modifier(), flows.call())
    routed = flows.iflw(*steps, channels={"Call": receiver}, condition="${header.CamelHttpResponseCode} > 299")
    findings = lint(read(routed))
    assert (codes(findings), errors(findings)) == (["failure-hidden"], [])


def test_every_header_of_a_caller_is_a_warning():
    """CamelHttpUri among them, which replaces the address."""
    flow = read(flows.iflw(flows.converter(), flows.modifier(), flows.call(), settings={"allowedHeaderList": "*"}))
    assert codes(lint(flow)) == ["allowed-headers-all"]


XML_TYPE = (("header", "content-type", "application/xml"),)
CONVERT = flows.converter()
TYPE_CASES = {
    "none": ([CONVERT, flows.call()], None, ["content-type-missing"]),
    "other-header": ([CONVERT, flows.modifier(NO_TYPE), flows.call()], None, ["content-type-missing"]),
    "property": (
        [CONVERT, flows.modifier((("property", "Content-Type", "application/json"),)), flows.call()],
        None,
        ["content-type-missing"],
    ),
    "deleted": (
        [CONVERT, flows.modifier(), flows.modifier(TYPE, named="D", action="Delete"), flows.call()],
        None,
        ["content-type-missing"],
    ),
    "after-the-call": ([CONVERT, flows.call(), flows.modifier()], None, ["content-type-missing"]),
    "xml": ([CONVERT, flows.modifier(XML_TYPE), flows.call()], None, ["content-type-not-json"]),
    "xml-then-json": ([flows.modifier(XML_TYPE), CONVERT, flows.modifier(named="J"), flows.call()], None, []),
    "xml-without-converter": ([flows.modifier(XML_TYPE), flows.call()], None, []),
    "expression": ([CONVERT, flows.modifier((("header", "Content-Type", "${property.type}"),)), flows.call()], None, []),
    "script-sets": ([CONVERT, flows.script(), flows.call()], "message.setHeader('Content-Type', 'application/json')", []),
    "script-reads": (
        [CONVERT, flows.script(), flows.call()],
        "message.getHeader('Content-Type', String)",
        ["content-type-missing"],
    ),
}


@pytest.mark.parametrize("case", TYPE_CASES)
def test_the_last_content_type_before_the_call_counts(case: str):
    """Whoever sets it."""
    nodes, text, expected = TYPE_CASES[case]
    assert codes(lint(read(flows.iflw(*nodes), scripts={"Patch.groovy": text} if text else None))) == expected


def test_a_script_that_is_not_in_the_export_is_named():
    """It may set the Content-Type."""
    (finding,) = lint(read(flows.iflw(CONVERT, flows.script(), flows.call())))
    assert finding.code == "content-type-missing"
    assert "unless Run step (Run) does it" in finding.why


def test_a_branch_without_content_type_and_without_converter_is_found():
    """Each way to a call counts, also through a local process."""
    router = flows.Node("Router", "exclusiveGateway")
    local = [
        flows.Node("S2", "startEvent", process="P2"),
        msgspec.structs.replace(CONVERT, process="P2"),
        flows.Node("E2", "endEvent", process="P2"),
    ]
    calls = flows.Node("ToLocal", "callActivity", {"activityType": "ProcessCallElement", "processId": "P2"})
    ways = [("Start", "Router"), ("Router", "ToLocal"), ("ToLocal", "Modify"), ("Modify", "Call"), ("Call", "End")]
    inner = [("S2", "Convert"), ("Convert", "E2")]
    nodes = [router, calls, flows.modifier(), flows.call(), *local]
    assert codes(lint(read(flows.iflw(*nodes, routes=[*ways, *inner])))) == []
    assert codes(lint(read(flows.iflw(*nodes, routes=[*ways, *inner, ("Router", "Call")])))) == ["content-type-missing"]
    second = flows.call("Call2")
    apart = [("Start", "Router"), ("Router", "ToLocal"), ("ToLocal", "Call"), ("Router", "Modify"), ("Modify", "Call2"), *inner]
    channels = {"Call2": flows.RECEIVER}
    assert codes(lint(read(flows.iflw(*nodes, second, routes=apart, channels=channels)))) == ["converter-not-passed"]


def test_a_call_that_nothing_comes_before_has_no_content_type():
    """It is the first step itself."""
    assert codes(lint(read(flows.iflw(flows.call(), routes=[("Call", "End")])))) == ["content-type-missing"]


def test_a_call_in_an_error_subprocess_is_not_judged_by_its_content_type():
    """What was set before the error is not known."""
    handler = [msgspec.structs.replace(node, handler=True) for node in (flows.Node("S3", "startEvent"), flows.call("Call3"))]
    flow = flows.iflw(
        CONVERT,
        flows.modifier(),
        flows.call(),
        *handler,
        routes=[("Start", "Convert"), ("Convert", "Modify"), ("Modify", "Call"), ("Call", "End"), ("S3", "Call3")],
        channels={"Call": flows.RECEIVER, "Call3": flows.RECEIVER},
    )
    assert codes(lint(read(flow))) == []


# Where a secret (§) is written: in a row of the Content Modifier, its body, the channel, a parameter or a script; and its place.
CHANNEL, MODIFY = "channel HTTP, CDP (MessageFlow_Call)", "Modify step (Modify)"
PLACES = {
    "query": ({"receiver": {"httpAddressQuery": "a=1&client_secret=§"}}, f"{CHANNEL}: httpAddressQuery"),
    "address": ({"receiver": {"httpAddressWithoutQuery": "{{CDP_Address}}?userKey=§"}}, f"{CHANNEL}: httpAddressWithoutQuery"),
    "user-info": ({"receiver": {"httpAddressWithoutQuery": "https://me:§@host"}}, f"{CHANNEL}: httpAddressWithoutQuery"),
    "channel-property": ({"receiver": {"proxyPassword": "§"}}, f"{CHANNEL}: proxyPassword"),
    "header": ({"row": ("header", "X-CDP-Secret", "§")}, f"{MODIFY}: header X-CDP-Secret"),
    "authorization": ({"row": ("header", "Authorization", "Bearer §")}, f"{MODIFY}: header Authorization"),
    "property": ({"row": ("property", "userKey", "§")}, f"{MODIFY}: property userKey"),
    "value": ({"row": ("property", "Q", "userKey=${property.k}&secret=§")}, f"{MODIFY}: property Q"),
    "body-json": ({"body": '{"client_secret": "§"}'}, f"{MODIFY}: wrapContent"),
    "body-xml": ({"body": "<login><password>§</password></login>"}, f"{MODIFY}: wrapContent"),
    "body-form": ({"body": "grant_type=client_credentials&client_secret=§"}, f"{MODIFY}: wrapContent"),
    "table-of-no-known-form": ({"table": "[secret=§]"}, "Odd step (Odd): headerTable"),
    "parameter-name": ({"parameters": {"CDP Secret": "§"}}, "parameters.prop: CDP Secret"),
    "parameter-value": ({"parameters": {"CDP_Query": "userKey=§"}}, "parameters.prop: CDP_Query"),
    "parameter-used": (
        {"receiver": {"httpAddressQuery": "secret={{P1}}"}, "parameters": {"P1": "§"}},
        "parameters.prop: P1",
    ),
    "script-variable": ({"script": "\ndef secret = '§'\n"}, "script Patch.groovy, line 2"),
    "script-set": ({"script": 'message.setProperty("password", "§")'}, "script Patch.groovy, line 1"),
    "script-map": ({"script": 'def m = ["a", client_secret: "§"]'}, "script Patch.groovy, line 1"),
    "script-index": ({"script": 'map["user_key"] = "§"'}, "script Patch.groovy, line 1"),
    "script-call": ({"script": 'login("me", "password", "§")'}, "script Patch.groovy, line 1"),
    "script-query": ({"script": 'def q = "userKey=${k}&secret=§"'}, "script Patch.groovy, line 1"),
    "script-header": ({"script": "def h = 'Basic §'"}, "script Patch.groovy, line 1"),
    "script-key": ({"script": 'def pem = "-----BEGIN PRIVATE KEY-----§"'}, "script Patch.groovy, line 1"),
}


def with_secret(
    *,
    row: tuple[str, str, str] | None = None,
    body: str = "",
    table: str = "",
    receiver: dict[str, str] | None = None,
    parameters: dict[str, str] | None = None,
    script: str = "",
) -> Flow:
    """Return a flow with a secret in one of these."""
    odd = [flows.Node("Odd", "callActivity", {"activityType": "Enricher", "headerTable": table})] if table else []
    modifier = flows.modifier((*TYPE, row) if row else TYPE, body=body)
    channels = {"Call": flows.RECEIVER | (receiver or {})}
    flow = flows.iflw(flows.converter(), *odd, flows.script(), modifier, flows.call(), channels=channels)
    return read(flow, parameters=flows.PARAMETERS | (parameters or {}), scripts={"Patch.groovy": script})


@pytest.mark.parametrize("place", PLACES)
@given(secret=st.text(string.ascii_letters + string.digits, min_size=12, max_size=32).map("x9{}".format))
def test_a_secret_is_named_by_its_place_and_never_shown(place: str, secret: str):
    """Wherever it is written, whatever it is."""
    holds, where = msgspec.json.decode(msgspec.json.encode(PLACES[place]).decode().replace("§", secret))
    flow = with_secret(**holds)
    findings = lint(flow)
    assert [finding.step for finding in findings if finding.code == "secret-written"] == [where]
    assert secret not in msgspec.json.encode(findings).decode() + repr(findings) + repr(flow)


NO_SECRETS = {
    "property": {"row": ("property", "secret", "${property.s}")},
    "authorization": {"row": ("header", "Authorization", "Bearer ${property.token}")},
    "query": {"receiver": {"httpAddressQuery": "userKey=${property.k}&secret=${property.s}"}},
    "parameter": {"receiver": {"httpAddressQuery": "secret={{P1}}"}, "parameters": {"P1": "${property.s}"}},
    "switch": {"receiver": {"usePassword": "true", "password": ""}},
    "alias": {"receiver": {"credentialName": "{{CDP_Secret}}"}, "parameters": {"CDP_Secret": "CDP_SECURE_PARAMETER"}},
}


@pytest.mark.parametrize("case", NO_SECRETS)
def test_expressions_switches_and_aliases_are_no_secrets(case: str):
    """They are what should stand there."""
    assert codes(lint(with_secret(**NO_SECRETS[case]))) == []


@pytest.mark.parametrize(
    "line",
    [
        "def secret = credential.getPassword().toString()",
        'def s = service.getParameter("secret", "partner", String.class)',
        'message.setProperty("secret", "")',
        'message.setProperty("secret", "${secret}")',
        'message.setProperty("secret", "secret")',
        'if (secret == "x") { return message }',
        'def q = "userKey=" + key + "&secret=" + secret',
        'def q = "userKey=$key&secret=$secret"',
        'def alias = service.getUserCredential("CDP_Secret")',
        "def secretAlias = 'CDP_SECURE_PARAMETER'",
        'encrypt(secret, "AES")',
    ],
)
def test_a_script_that_fetches_its_secrets_has_none(line: str):
    """The good way is not found fault with."""
    assert codes(lint(with_secret(script=line))) == []


def test_every_code_has_its_words_and_is_found_somewhere(catalog: Catalog):
    """The table that the documentation is made from holds no code that nothing leads to."""
    assert list(CODES) == [code.code for code in CODES.values()]
    assert all(code.symptom and code.why and code.fix for code in CODES.values())
    shown = {name for case in (CONVERTER_CASES, RECEIVER_CASES) for _, expected in case.values() for name in expected}
    shown |= {name for _, _, expected in TYPE_CASES.values() for name in expected}
    assert set(CODES) == shown | {"allowed-headers-all", "converter-not-passed"}
