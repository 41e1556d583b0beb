"""The XML to JSON Converter: SAP's own examples, what is assumed beyond them, hostile messages, and laws for any message."""

import json
import string
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_cdp.cpi import conversion_source
from mock_cdp.cpi.conversion import MAX_BYTES, MAX_DEPTH, MAX_NAMES, MAX_TAG_BYTES
from mock_cdp.cpi.converter import ConversionError, ConverterSettings, convert, encoded

PLAIN = ConverterSettings()
SUPPRESSED = ConverterSettings(suppress_root=True)
ALL = ConverterSettings(streaming="all")
MAPPED = ConverterSettings(namespaces=True)


def specific(*paths: str, **settings: object) -> ConverterSettings:
    """Return settings of streaming with *paths* as arrays."""
    return ConverterSettings(streaming="specific", paths=paths, **settings)


def refusal(xml: str | bytes, settings: ConverterSettings = PLAIN) -> ConversionError:
    """Return why *xml* is not converted."""
    with pytest.raises(ConversionError) as caught:
        convert(xml.encode() if isinstance(xml, str) else xml, settings)
    return caught.value


# -- documented --------------------------------------------------------------------------------------------------------

SEPARATED = "<root><childA>A1</childA><childB>B</childB><childA>A2</childA></root>"
NEIGHBOURS = "<root>\n  <A>a</A>\n  <B>b1</B>\n  <B>b2</B>\n  <C>c</C>\n</root>"
NESTED = "<root><A>a</A><B><C>c</C></B></root>"
DOCUMENTED = {
    "separated-grouped": (SEPARATED, PLAIN, '{"root":{"childA":["A1","A2"],"childB":"B"}}'),
    "separated-streamed": (SEPARATED, specific("/root/childA"), '{"root":{"childA":["A1"],"childB":"B","childA":["A2"]}}'),
    "multiple": (NEIGHBOURS, PLAIN, '{"root":{"A":"a","B":["b1","b2"],"C":"c"}}'),
    "multiple-all": (NEIGHBOURS, ALL, '{"root":[{"A":["a"],"B":["b1","b2"],"C":["c"]}]}'),
    "multiple-specific": (NEIGHBOURS, specific("/root/A", "/root/B"), '{"root":{"A":["a"],"B":["b1","b2"],"C":"c"}}'),
    "multiple-unlisted": (NEIGHBOURS, specific("/root/A"), '{"root":{"A":["a"],"B":"b1","B":"b2","C":"c"}}'),
    "root-suppressed": ("<root>\n\t<A>a</A>\n\t<B>b</B>\n</root>", SUPPRESSED, '{"A":"a","B":"b"}'),
    "root-text": ("<root>v</root>", SUPPRESSED, '"v"'),
    "root-empty": ("<root></root>", SUPPRESSED, '""'),
    "root-empty-tag": ("<root/>", SUPPRESSED, '""'),
    "root-suppressed-all": (NESTED, ConverterSettings(suppress_root=True, streaming="all"), '{"A":["a"],"B":[{"C":["c"]}]}'),
    "mixed": ("<A>m1<B>b</B>m2</A>", PLAIN, '{"A":{"B":"b","$":"m1m2"}}'),
    "mixed-streamed": ("<A>m1<B>b</B>m2</A>", specific(), '{"A":{"$":"m1","B":"b","$":"m2"}}'),
    "empty": ("<r><element/></r>", PLAIN, '{"r":{"element":""}}'),
    "blank": ("<A> </A>", PLAIN, '{"A":" "}'),
    "blank-streamed": ("<A> </A>", ALL, '{"A":[" "]}'),
    "attribute": ('<r><a b="1">v</a></r>', PLAIN, '{"r":{"a":{"@b":"1","$":"v"}}}'),
    "strings-only": ("<r><a>1.5</a><b>true</b></r>", PLAIN, '{"r":{"a":"1.5","b":"true"}}'),
    "mapped": ('<p:A xmlns:p="u"/>', ConverterSettings(namespaces=True, namespace_map={"u": "q"}), '{"q:A":""}'),
    "default-mapped": ('<A xmlns="u"/>', ConverterSettings(namespaces=True, namespace_map={"u": "q"}), '{"q:A":""}'),
    "xml-prefix": ('<ns:A xmlns:ns="http://test"/>', ConverterSettings(namespaces=True, separator="."), '{"ns.A":""}'),
    "no-namespace": ("<A/>", MAPPED, '{"A":""}'),
    "mapping-off": ('<ns:A xmlns:ns="http://test" ns:b="1"/>', PLAIN, '{"A":{"@b":"1"}}'),
    "unmapped-streamed": ('<A xmlns="http://test">v</A>', ConverterSettings(namespaces=True, streaming="all"), '{"A":["v"]}'),
    "unmapped-specific": ('<A xmlns="http://test">v</A>', specific(namespaces=True), '{"A":"v"}'),
    "comments": ("<r><!-- c --><?pi x?><a>1</a></r><!-- c -->", PLAIN, '{"r":{"a":"1"}}'),
    "predefined": ("<r>&amp;&lt;&gt;&quot;&apos;</r>", PLAIN, r'{"r":"&<>\"' + "'" + '"}'),
    "dtd": ('<!DOCTYPE r [<!ELEMENT r ANY><!ATTLIST r a CDATA "x">]><r>v</r>', PLAIN, '{"r":"v"}'),
    "custom-entity": ('<!DOCTYPE r [<!ENTITY e "x">]><r a="1&e;2">3&e;4</r>', PLAIN, '{"r":{"@a":"12","$":"34"}}'),
}


@pytest.mark.parametrize(("xml", "settings", "text"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_what_sap_documents(xml: str, settings: ConverterSettings, text: str):
    """Golden vectors: SAP-docs/btp-integration-suite, docs/ci/Development, with the typing errors of two results mended."""
    assert convert(xml.encode(), settings) == text


def test_a_default_namespace_that_is_not_mapped_is_an_error_without_streaming():
    """In the words that a CPI developer finds in the message log."""
    found = refusal('<r>\n <A xmlns="http://test"/></r>', MAPPED)
    assert found.what.startswith("IllegalStateException Invalid JSON namespace: http://test (A has no prefix")
    assert found.where == "line 2, column 2"
    assert str(found) == f"{found.where}: {found.what}; {found.do}"


ORDERS = (
    '<ns0:Orders xmlns:ns0="urn:acme:cdp:order"><Order><orderId>0000471100</orderId><orderDate>20241130</orderDate>'
    "<total>119,90</total><loyaltyMember>X</loyaltyMember><cancelDate>00000000</cancelDate><coupon/>"
    "<customer><crmId>0000123456</crmId></customer>"
    '<items><sku>4006381333931</sku><qty>1.000</qty><amount currency="EUR">19.90-</amount></items></Order></ns0:Orders>'
)
ORDER = (
    '"orderId":"0000471100","orderDate":"20241130","total":"119,90","loyaltyMember":"X","cancelDate":"00000000","coupon":"",'
    '"customer":{"crmId":"0000123456"},"items":'
)
ITEM = '{"sku":"4006381333931","qty":"1.000","amount":{"@currency":"EUR","$":"19.90-"}}'


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        pytest.param(SUPPRESSED, f'{{"Order":{{{ORDER}{ITEM}}}}}', id="suppressed"),
        pytest.param(
            specific("/Orders/Order", "/Orders/Order/items", suppress_root=True),
            f'{{"Order":[{{{ORDER}[{ITEM}]}}]}}',
            id="arrays",
        ),
        pytest.param(MAPPED, f'{{"ns0:Orders":{{"Order":{{{ORDER}{ITEM}}}}}}}', id="prefix-leaks"),
    ],
)
def test_the_worked_example(settings: ConverterSettings, text: str):
    """What a typical mapped message becomes, with everything that CDP's event models stumble over."""
    assert convert(ORDERS.encode(), settings) == text


# -- assumed -----------------------------------------------------------------------------------------------------------

ASSUMED = {
    "order-of-members": ('<a y="1" x="2"><b/>t<c/></a>', PLAIN, '{"a":{"@y":"1","@x":"2","b":"","c":"","$":"t"}}'),
    "attributes-only": ('<a b="1"/>', PLAIN, '{"a":{"@b":"1"}}'),
    "attributes-and-blank": ('<a b="1"> </a>', PLAIN, '{"a":{"@b":"1"}}'),
    "attributes-are-no-arrays": ('<a b="1">v</a>', ALL, '{"a":[{"@b":"1","$":"v"}]}'),
    "attribute-prefix": ('<a xmlns:x="u" x:nil="true" n="1"/>', MAPPED, '{"a":{"@x:nil":"true","@n":"1"}}'),
    "attribute-mapped": (
        '<a xmlns:x="u" x:nil="true"/>',
        ConverterSettings(namespaces=True, namespace_map={"u": "i"}),
        '{"a":{"@i:nil":"true"}}',
    ),
    "xml-lang": ('<a xml:lang="de"/>', MAPPED, '{"a":{"@xml:lang":"de"}}'),
    "attribute-twice": ('<a xmlns:x="u" b="1" x:b="2"/>', PLAIN, '{"a":{"@b":"2"}}'),
    "attribute-twice-streamed": ('<a xmlns:x="u" b="1" x:b="2"/>', specific(), '{"a":{"@b":"1","@b":"2"}}'),
    "prefixes-grouped": ('<r xmlns:x="u" xmlns:y="w"><x:a>1</x:a><y:a>2</y:a></r>', PLAIN, '{"r":{"a":["1","2"]}}'),
    "prefixes-apart": ('<r xmlns:x="u" xmlns:y="w"><x:a>1</x:a><y:a>2</y:a></r>', MAPPED, '{"r":{"x:a":"1","y:a":"2"}}'),
    "empty-prefix": ('<A xmlns="u"/>', ConverterSettings(namespaces=True, namespace_map={"u": ""}), '{"A":""}'),
    "separator-in-name": ("<a.b/>", ConverterSettings(namespaces=True, separator="."), '{"a.b":""}'),
    "cdata": ("<a>x<![CDATA[<y> ]]>&amp;</a>", PLAIN, '{"a":"x<y> &"}'),
    "character-references": ("<a>&#65;&#x20AC;&#10;</a>", PLAIN, '{"a":"A€\\n"}'),
    "comment-in-text": ("<a>x<!-- c -->y<?p?>z</a>", specific(), '{"a":"xyz"}'),
    "mixed-keeps-blanks-around-text": ("<a>\n x \n<b/>\n</a>", PLAIN, '{"a":{"b":"","$":"\\n x \\n"}}'),
    "no-break-space-is-text": ("<a>\u00a0<b/></a>", PLAIN, '{"a":{"b":"","$":"\u00a0"}}'),
    "text-ends-an-array": ("<r><a>1</a>t<a>2</a></r>", specific("/r/a"), '{"r":{"a":["1"],"$":"t","a":["2"]}}'),
    "text-after-an-array": ("<r><a>1</a>t</r>", specific("/r/a"), '{"r":{"a":["1"],"$":"t"}}'),
    "slash-and-non-ascii": ("<a>/ä€😀</a>", PLAIN, '{"a":"/ä€😀"}'),
    "path-without-slash": ("<r><a>1</a></r>", specific(" r/a/ "), '{"r":{"a":["1"]}}'),
    "path-of-the-root": ("<r><a>1</a></r>", specific("/r"), '{"r":[{"a":"1"}]}'),
    "path-of-a-suppressed-root": ("<r><a>1</a></r>", specific("/r", "/r/a", suppress_root=True), '{"a":["1"]}'),
    "path-elsewhere": ("<r><a><a>1</a></a></r>", specific("/r/a", "", "/", "//x"), '{"r":{"a":[{"a":"1"}]}}'),
    "path-with-xml-prefix": ('<n:r xmlns:n="u"><a/></n:r>', specific("/n:r/a"), '{"r":{"a":[""]}}'),
    "path-without-prefix": ('<n:r xmlns:n="u"><a/></n:r>', specific("/r/a", namespaces=True), '{"n:r":{"a":[""]}}'),
    "path-with-json-prefix": (
        '<n:r xmlns:n="u"><a/></n:r>',
        specific("/j|r/a", namespaces=True, namespace_map={"u": "j"}, separator="|"),
        '{"j|r":{"a":[""]}}',
    ),
}


@pytest.mark.parametrize(("xml", "settings", "text"), ASSUMED.values(), ids=ASSUMED)
def test_what_is_assumed(xml: str, settings: ConverterSettings, text: str):
    """Where SAP's documentation is silent."""
    assert convert(xml.encode(), settings) == text


# -- encodings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16", "UTF-16-LE", "UTF-16-BE", "ISO-8859-1", "windows-1252"])
def test_a_message_may_have_any_encoding_that_it_declares(encoding: str):
    """With its DTD, which is looked for in bytes."""
    declared = encoding.removesuffix("-LE").removesuffix("-BE")
    xml = f'<?xml version="1.0" encoding="{declared}"?><!DOCTYPE r [<!ENTITY e "x">]><r>Jörg&e;</r>'
    assert convert(xml.encode(encoding), PLAIN) == '{"r":"Jörg"}'


def test_the_output_is_in_the_encoding_of_the_step():
    """As Java writes it: what the encoding has not is a question mark."""
    assert encoded('"ä€"', "") == encoded('"ä€"', "UTF-8") == b'"\xc3\xa4\xe2\x82\xac"'
    assert encoded('"ä€"', "ISO-8859-1") == b'"\xe4?"'
    assert encoded("ä", "UTF-16") == b"\xfe\xff\x00\xe4"


@pytest.mark.parametrize("encoding", ["none", "hex", "undefined"])
def test_an_unknown_output_encoding_is_refused(encoding: str):
    """Also what only Python calls one."""
    with pytest.raises(ConversionError, match=r"^JSON Output Encoding: .*; choose UTF-8$"):
        encoded("x", encoding)


# -- refused -----------------------------------------------------------------------------------------------------------

BROKEN = {
    "nothing": (b"", "line 1, column 1: not well-formed XML: no element found"),
    "not-xml": (b'{"a":1}', "line 1, column 1: not well-formed XML"),
    "mismatch": (b"<a>\n<b></a>", "line 2, column 6: not well-formed XML: mismatched tag"),
    "unbound-prefix": (b"<p:a/>", "line 1, column 1: not well-formed XML: unbound prefix"),
    "undeclared-entity": (b"<a>&e;</a>", "line 1, column 4: not well-formed XML: undefined entity"),
    "not-utf-8": (b"<a>\xe4</a>", "line 1, column 4: not well-formed XML: not well-formed (invalid token)"),
    "unknown-encoding": (b'<?xml version="1.0" encoding="x-none"?><a/>', "XML declaration: unknown encoding: x-none"),
    "multi-byte-encoding": (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "XML declaration: multi-byte encodings are not"),
    "half-utf-16": (b"\xff\xfe<\0a", "message: starts as UTF-16 and is not"),
    "dtd-without-end": (b"<!DOCTYPE a [<!ENTITY e 'x> ]><a/>", "DOCTYPE: not well-formed XML: its declarations do not end"),
    "dtd-in-the-wrong-place": (b'<!DOCTYPE a><!DOCTYPE a [<!ENTITY e "x">]><a/>', "line 1, column "),
    "dtd-after-junk": (b"x<!DOCTYPE a []><a/>", "line 1, column 2: not well-formed XML"),
}


@pytest.mark.parametrize(("xml", "message"), BROKEN.values(), ids=BROKEN)
def test_a_message_that_is_not_well_formed_is_refused_with_its_place(xml: bytes, message: str):
    """For every setting alike."""
    for settings in (PLAIN, ALL):
        assert str(refusal(xml, settings)).startswith(message)


def test_a_separator_that_the_editor_does_not_offer_is_refused():
    """It names those that are."""
    assert str(refusal("<a/>", ConverterSettings(separator="/"))).startswith("JSON Prefix Separator: '/' is no separator; choose")


@pytest.mark.parametrize("settings", [PLAIN, ALL], ids=["grouped", "streamed"])
def test_elements_nest_as_deep_as_is_allowed(settings: ConverterSettings):
    """One more is refused, however many follow."""
    deepest = "<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH
    assert convert(deepest.encode(), settings).count('"a":') == MAX_DEPTH
    assert "more than 500 elements within each other" in str(refusal("<a>" * 100_000, settings))


def test_a_message_that_is_too_large_is_refused_unread():
    """With the limit."""
    assert refusal(bytes(MAX_BYTES + 1)).what == f"{MAX_BYTES + 1} bytes, more than {MAX_BYTES}"


@pytest.mark.parametrize("settings", [PLAIN, ALL], ids=["grouped", "streamed"])
def test_names_are_few(settings: ConverterSettings):
    """A Python object for each of millions would be fifty times the message; nobody models that."""
    elements = [f"<n{n}/>" for n in range(MAX_NAMES)]
    attributes = " ".join(f'n{n}=""' for n in range(MAX_NAMES + 1))
    assert "more than 100000 different names" in str(refusal(f"<r>{''.join(elements)}</r>", settings))
    convert(f"<r>{''.join(elements[1:])}</r>".encode(), settings)
    assert "more than 100000 different names" in str(refusal(f"<r {attributes}/>", settings))


@pytest.mark.parametrize(("start", "end"), [("<r>\n<!--", "-->\n</r>"), ('<r>\n<a b="', '"/>\n</r>')], ids=["comment", "tag"])
def test_a_tag_is_short(start: str, end: str):
    """And text is as long as it likes."""
    long = "x" * (2 * MAX_TAG_BYTES)
    found = refusal(start + long + end)
    assert (found.where, found.what) == ("line 2, column 1", "a tag or comment of more than 4000000 bytes")
    assert len(convert(f"<r>{long}</r>".encode(), PLAIN)) == len(long) + len('{"r":""}')
    convert(f"{start}{long[: MAX_TAG_BYTES // 4]}{end}".encode(), PLAIN)


BOMB = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(20))
FETCH = '<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;'
HOSTILE = {
    "bomb-in-text": (f'<!DOCTYPE r [<!ENTITY l0 "x">{BOMB}]><r>&l20;</r>', '{"r":""}'),
    "bomb-in-attribute": (f'<!DOCTYPE r [<!ENTITY l0 "x">{BOMB}]><r a="&l20;"/>', '{"r":{"@a":""}}'),
    "bomb-in-default": (f'<!DOCTYPE r [<!ENTITY l0 "x">{BOMB}<!ATTLIST r a CDATA "&l20;">]><r/>', '{"r":""}'),
    "quadratic": (f'<!DOCTYPE r [<!ENTITY e "{"x" * 50_000}">]><r>{"&e;" * 50_000}</r>', '{"r":""}'),
    "external-entity": (f"<!DOCTYPE r [{FETCH}]><r>&e;</r>", '{"r":""}'),
    "external-dtd": ('<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r>&e;</r>', '{"r":""}'),
    "public-dtd": ("""<!DOCTYPE r PUBLIC "a" 'http://127.0.0.1:9/"]x' [<!ENTITY e "x">]><r>&e;</r>""", '{"r":""}'),
    "standalone": ('<?xml version="1.0" standalone="yes"?><!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>', '{"r":""}'),
    "brackets-in-the-dtd": (
        """<!-- [ ' --><!DOCTYPE r [<!ENTITY e ']>"'><!ENTITY f "]>'"><!-- ]> " --><?p ]> ' ?>]><r>&e;</r>""",
        '{"r":""}',
    ),
    "doctype-in-text": ("<r><![CDATA[<!DOCTYPE r [<!ENTITY e 'x'>]>]]></r>", """{"r":"<!DOCTYPE r [<!ENTITY e 'x'>]>"}"""),
}


@pytest.mark.parametrize(("xml", "text"), HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_a_dtd_declares_is_expanded_or_fetched(xml: str, text: str):
    """Its references vanish, as documented."""
    assert convert(xml.encode(), PLAIN) == text
    assert convert(xml.encode(), ConverterSettings(streaming="specific")) == text


def test_declarations_that_were_not_cut_out_stop_the_reading():
    """A second lock on the door: no message is known that comes this far."""
    with pytest.raises(ConversionError, match="DOCTYPE: declarations in an unusual place"):
        conversion_source._require_no_subset("r", None, None, True)


@pytest.mark.parametrize("opening", ["<!--", "<?p ", "<!DOCTYPE r [", "'", '"', "<"], ids=["comment", "pi", "dtd", "'", '"', "<"])
@pytest.mark.parametrize("start", ["", "<!DOCTYPE r ", "<!DOCTYPE r ["], ids=["prolog", "doctype", "subset"])
def test_what_never_ends_costs_one_pass(start: str, opening: str):
    """A second try at each of the openings would take minutes."""
    assert "not well-formed" in str(refusal(start + opening * 300_000))


def test_lines_stay_where_they_are_when_declarations_are_cut_out():
    """So that an error is found."""
    assert refusal('<!DOCTYPE a [\n<!ENTITY e "x">\n]>\n<a></b>').where == "line 4, column 6"


@pytest.mark.parametrize("settings", [PLAIN, ALL], ids=["grouped", "streamed"])
@pytest.mark.parametrize(
    "item", ["<a>1</a>", "<a><b>1</b></a>", "<a><b>1</b><c d='2'/></a>"], ids=["texts", "objects", "attributes"]
)
def test_memory_is_a_small_multiple_of_the_message(item: str, settings: ConverterSettings):
    """Not of its elements: a Python object for each would be twenty times the message."""
    xml = f"<r>{item * (400_000 // len(item))}</r>".encode()
    tracemalloc.start()
    try:
        convert(xml, settings)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(xml)


@pytest.mark.parametrize("size", [10, 4_000, 5_000, 300_000])
@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 513])
def test_a_long_value_is_written_as_a_short_one(size: int, count: int):
    """Text is joined by size and number; neither shows."""
    long = "x" * (size // count)
    xml = f"<r><l>{'<i><v>' + long + '</v></i>' + f'<j>{long}</j>'}{f'<i><v>{long}</v></i>' * (count - 1)}</l><m/></r>"
    items = [{"v": long}] * count
    assert json.loads(convert(xml.encode(), PLAIN)) == {"r": {"l": {"i": items if count > 1 else items[0], "j": long}, "m": ""}}


# -- laws --------------------------------------------------------------------------------------------------------------

# An element as a tree: name, attributes, and what it holds, each an element or a text. Few names, so that they meet again.
NAMES = st.sampled_from(["a", "b", "c.d", "e-f", "_ä"])
TEXTS = st.text(
    st.one_of(st.sampled_from(' \n\t<>&"\\/\u00a0'), st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])), max_size=6
).filter(lambda text: not set(text) & {"\ufffe", "\uffff"})
TREES = st.recursive(
    st.tuples(NAMES, st.dictionaries(NAMES, TEXTS, max_size=2), st.lists(TEXTS, max_size=1)),
    lambda inner: st.tuples(NAMES, st.dictionaries(NAMES, TEXTS, max_size=2), st.lists(st.one_of(inner, TEXTS), max_size=5)),
    max_leaves=12,
)
STREAMING = st.builds(
    ConverterSettings,
    suppress_root=st.booleans(),
    streaming=st.sampled_from(["none", "all", "specific"]),
    paths=st.lists(st.lists(NAMES, max_size=3).map("/".join), max_size=3).map(tuple),
    namespaces=st.booleans(),
    namespace_map=st.dictionaries(st.sampled_from(["u", "v"]), st.sampled_from(["", "p", "@a", "$"])),
    separator=st.sampled_from(":.| "),
)


def escaped(text: str) -> str:
    """Return *text* as it may stand in XML, in an attribute too."""
    return "".join(char if char.isalnum() else f"&#{ord(char)};" for char in text)


def xml_of(tree) -> str:
    """Return the XML of a tree."""
    if isinstance(tree, str):
        return escaped(tree)
    name, attributes, inner = tree
    written = "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(map(xml_of, inner))}</{name}>"


def value_of(tree):
    """Return what the documentation makes of a tree without streaming, the simple way."""
    _, attributes, inner = tree
    children = [child for child in inner if not isinstance(child, str)]
    if not attributes and not children:
        return "".join(inner)
    runs = [""]
    for one in inner:
        runs = [*runs[:-1], runs[-1] + one] if isinstance(one, str) else [*runs, ""]
    text = "".join(run for run in runs if run.strip(" \t\r\n"))
    groups = {name: [value_of(child) for child in children if child[0] == name] for name, _, _ in children}
    return (
        {f"@{key}": value for key, value in attributes.items()}
        | {name: values if len(values) > 1 else values[0] for name, values in groups.items()}
        | ({"$": text} if text else {})
    )


def unique(pairs):
    """Return an object, if no member is there twice."""
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


@given(TREES)
def test_without_streaming_a_member_has_one_value(tree):
    """The one that the rules, applied in the simplest way, lead to; in the same order."""
    text = convert(xml_of(tree).encode(), PLAIN)
    assert json.dumps(json.loads(text, object_pairs_hook=unique)) == json.dumps({tree[0]: value_of(tree)})
    assert json.loads(convert(xml_of(tree).encode(), SUPPRESSED)) == value_of(tree)


@given(TREES, STREAMING)
@example(("a", {}, [("a", {}, []), "x", ("a", {}, [])]), specific("/a/a"))
def test_what_is_well_formed_is_converted(tree, settings: ConverterSettings):
    """To text that parses, whatever the settings; namespaces and all."""
    inner = xml_of(tree)
    xml = f'<p:a xmlns:p="u" xmlns:q="v" xmlns:r="w" q:b="1" b="2">{inner}<q:a>{inner}</q:a><r:a r:b=""/></p:a>'
    json.loads(convert(xml.encode(), settings), object_pairs_hook=unique if settings.streaming == "none" else None)


@given(st.binary(max_size=30) | st.text("<>/!?[]-ab'\"=&;: D", max_size=40).map(str.encode), STREAMING)
def test_anything_else_is_refused_and_never_a_crash(xml: bytes, settings: ConverterSettings):
    """With a place and advice."""
    try:
        json.loads(convert(xml, settings))
    except ConversionError as error:
        assert all((error.where, error.what, error.do))  # noqa: PT017  # most of these messages, but not all, are refused


@given(st.lists(NAMES, min_size=1, max_size=5), st.booleans(), TEXTS)
def test_a_single_element_whose_path_is_listed_is_an_array(steps: list[str], prefixed: bool, text: str):
    """However deep, with and without a prefix on the way; and nothing else is."""
    prefix, declared = ("n:", ' xmlns:n="u"') if prefixed else ("", "")
    opening = "".join(f"<{prefix}{step}{declared}>" for step in steps)
    xml = opening + escaped(text) + "".join(f"</{prefix}{step}>" for step in reversed(steps))
    value: object = [text]
    for step in reversed(steps[1:]):
        value = {step: value}
    assert json.loads(convert(xml.encode(), specific("/" + "/".join(steps)))) == {steps[0]: value}


@given(TREES)
def test_streaming_all_makes_an_array_of_every_element(tree):
    """And of nothing else: attributes and text stay strings."""

    def check(pairs):
        for name, value in pairs:
            assert isinstance(value, str if name.startswith(("@", "$")) else list)
        return dict(pairs)

    json.loads(convert(xml_of(tree).encode(), ALL), object_pairs_hook=check)


@given(st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=3), min_size=1, max_size=40))
def test_values_keep_their_order_within_a_name(names: list[str]):
    """Grouping takes order from siblings of different names only."""
    xml = "<r>" + "".join(f"<{name}>{at}</{name}>" for at, name in enumerate(names)) + "</r>"
    found = json.loads(convert(xml.encode(), SUPPRESSED))
    values = {name: [str(at) for at, other in enumerate(names) if other == name] for name in names}
    assert found == {name: found if len(found) > 1 else found[0] for name, found in values.items()}
