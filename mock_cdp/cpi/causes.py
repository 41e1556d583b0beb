"""The catalogue of causes: what each code looks like, what CPI did, what to change.

The converter's rules are SAP's documentation; what ABAP and IDocs carry is documented or seen in SAP's own samples.
"""

from typing import Final

import msgspec


class CodeInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One cause.

    Attributes:
        title: A few words, for a heading.
        symptom: How it looks in JSON, for the docs.
        did: What CPI (or the source) did: one sentence of an answer.
        change: What to change: one sentence of an answer.
    """

    code: str
    title: str
    symptom: str
    did: str
    change: str


_CONVERTOR: Final = "name them in json.dataTypeConvertor, or map to a typed OpenAPI target."

_ROWS: Final = (
    # types
    (
        "T01",
        "number sent as string",
        '`"total":"119.90"`',
        "CPI's converter writes every value as a string.",
        f"Type the numbers: {_CONVERTOR}",
    ),
    (
        "T02",
        "boolean sent as string",
        '`"true"`',
        "CPI's converter writes every value as a string.",
        f"Type the booleans: {_CONVERTOR}",
    ),
    (
        *("T03", "ABAP flag", '`"X"`, `""`, `" "`, `"1"`, `"J"`'),
        "ABAP has no boolean: a flag is X or blank, and CPI passed it on.",
        "Map it: if equalsS(X) then true else false; then type it as boolean.",
    ),
    (
        *("T04", "decimal comma or grouping", '`"119,90"`, `"1.234,56"`'),
        "The source wrote the number in a user's format; CPI passes text on.",
        "Replace comma and grouping in the mapping, before typing.",
    ),
    (
        *("T05", "sign last, or blanks around", '`"19.90-"`, `" 19.90"`'),
        "ABAP writes the sign last and pads numbers; CPI passes text on.",
        "Trim and move the sign in a mapping function, before typing.",
    ),
    (
        *("T06", "decimals in an integer", '`"1.000"` where an integer is wanted'),
        "IDoc and OData quantities carry three decimals; CPI passes text on.",
        "FormatNumber 0 in the mapping, or model a number; the convertor's integer cuts 2.5 to 2.",
    ),
    (
        *("T07", "number clamped or rounded", "`2147483647`, `1.2345678901234567E15`, `0.30000000000000004`"),
        "JSONDataTypeConvertor goes through double and 32-bit integer.",
        "Use its dynamic, or keep the value a string; never integer for ids and epoch times.",
    ),
    (
        *("T08", "leading zeros lost", '`123456` or `"123456"` where ten digits are wanted'),
        "A conversion took the digits of an identifier for a number.",
        "Keep identifiers strings: list them under .string, and keep one ALPHA form everywhere.",
    ),
    (
        *("T09", "string sent as number", '`"zip":1234` where a string is wanted'),
        "A conversion typed more than it should (dynamic, or a list of paths).",
        "Take the path off the convertor's lists, or list it under .string.",
    ),
    # structure
    (
        *("S01", "root element kept", '`{"Orders":{…}}`'),
        "CPI's converter keeps the root element unless told otherwise.",
        "Tick Suppress JSON Root Element; take a second level off in a script.",
    ),
    (
        *("S02", "array collapsed", '`"items":{…}` or `"items":"…"` where an array is wanted'),
        "CPI's converter makes an array only of an element that stands twice.",
        "Set Streaming, Convert Specific, with the array paths below.",
    ),
    (
        *("S03", "array around a single value", '`"orderId":["0471100"]`'),
        "CPI's converter ran with Streaming and All Elements: each became an array.",
        "Switch to Specific and list only what repeats.",
    ),
    (
        *("S04", "wrapper around the items", '`"items":{"item":[…]}`, `{"d":{"results":[…]}}`, `__metadata`'),
        "ABAP tables, JSON-XML round trips and OData V2 add a level of their own.",
        "Map the inner level away, or take it off in a script.",
    ),
    (
        *("S05", "empty string for nothing", '`"items":""`, `"customer":""`, `"qty":""`'),
        'CPI\'s converter writes an empty element as "".',
        "Do not create empty nodes (exists, createIf), or drop them in a script.",
    ),
    (
        *("S06", "member name twice", '`{"B":"b1","B":"b2"}`'),
        "Streaming Specific repeats a name whose path is not listed, or whose elements are apart.",
        "List the path; sort equal elements together in the mapping.",
    ),
    (
        *("S07", "XML attribute", '`"@currency":"EUR"`, `"@SEGMENT":"1"`'),
        "CPI's converter keeps XML attributes as members that start with @.",
        "Map attributes to elements, or drop them with an XSLT before the converter.",
    ),
    (
        *("S08", "text beside attributes", '`{"@currency":"EUR","$":"19.90"}`, also `#text`'),
        "The element has attributes, so the converter put its text into a member of its own.",
        "Drop the attributes (or map them to elements) before the converter.",
    ),
    (
        *("S09", "namespace prefix", '`"ns0:Orders"`, `"n0:item"`'),
        "With namespace mapping on, the converter keeps the XML prefix of a namespace not mapped.",
        "Untick Use Namespace Mapping, or map to a target without namespace.",
    ),
    (
        *("S10", "IDoc sent unmapped", "`_-POSDW_-E1BPTRANSACTION`, `EDI_DC40`, `E1WPB01`"),
        "The IDoc went to the converter without a mapping.",
        "Put the mapping step before the converter; check the route taken.",
    ),
    (
        *("S11", "no object at all", 'the body is `"v"` or `""`'),
        "With the root suppressed, a root without children becomes a bare value.",
        "Check the XPath, filter or splitter: it selected nothing.",
    ),
    (
        *("S13", "multi-mapping wrapper", '`{"Messages":{"Message1":…}}`'),
        "A 1:n message mapping wraps its messages (SplitAndMerge).",
        "Filter with XPath //Message1/* before the converter.",
    ),
    (
        *("S14", "name almost right", "`OrderID` for `orderId`"),
        "Names are taken from the XML as they are, case included.",
        "Rename the target field in the mapping.",
    ),
    (
        *("S15", "SOAP envelope", '`{"Envelope":{…}}`'),
        "The SOAP message was sent on as it came.",
        "Take the body out (XPath filter) before the converter.",
    ),
    (
        *("S16", "text between elements", '`"$":"a b"` beside other members'),
        "The element holds text and elements mixed; the converter merges the text into $.",
        "Restructure the XML: text in an element of its own.",
    ),
    # dates and times
    (
        *("D01", "ABAP date", '`"20241130"`'),
        "A DATS value was passed on as it is.",
        "TransformDate from yyyyMMdd to yyyy-MM-dd.",
    ),
    (
        *("D02", "initial date", '`"00000000"`, `"000000"`, `"0000-00-00"`, `"0001-01-01"`'),
        "ABAP has no empty date: this is its initial value.",
        "Do not create the node when the source holds the initial value.",
    ),
    (
        *("D03", "ABAP timestamp", '`"20241130175012"`'),
        "A TIMESTAMP was passed on as it is.",
        "TransformDate to yyyy-MM-dd'T'HH:mm:ssXXX; add the zone (ABAP: UTC, tills: store time).",
    ),
    (
        *("D04", "time alone", '`"175012"`, `"PT17H50M12S"`'),
        "A TIMS or Edm.Time was mapped without its date.",
        "Concat date and time, then TransformDate.",
    ),
    (
        "D05",
        "OData V2 date",
        '`"/Date(1467981296000)/"`',
        "OData V2 writes dates as milliseconds in text.",
        "Convert it in a script.",
    ),
    (
        *("D06", "no time, or no proper zone", '`"2024-11-30T17:50:12"`, `"2024-11-30"`, `"2024-11-30T17:50:12+0100"`'),
        "RFC 3339 demands a time, and a zone as Z or +01:00.",
        "Append Z or the offset of the source's zone; in Java's formats XXX writes it, Z does not.",
    ),
    (
        *("D07", "date in a user's format", "`30.11.2024`, `11/30/2024`, `2024/11/30`"),
        "The source wrote the date in a user's format.",
        "TransformDate with the source's format.",
    ),
    (
        *("D08", "Unix time", "`1732989012`, `1732989012000`"),
        "The source counts seconds or milliseconds since 1970.",
        "Format it as ISO 8601 in a script.",
    ),
    (
        *("D09", "Java's date text", '`"Sat Nov 30 17:50:12 UTC 2024"`'),
        "A script turned a java.util.Date into text.",
        "Format it with yyyy-MM-dd'T'HH:mm:ssXXX and an explicit zone.",
    ),
    (
        *("D10", "end-of-time or 24:00:00", '`"9999-12-31"`, `"24:00:00"`'),
        "ABAP writes unlimited as 9999-12-31 and the end of a day as 24:00:00.",
        "Leave unlimited out; write 24:00:00 as 00:00:00 of the next day.",
    ),
    (
        *("D11", "twelve-hour clock", "no hour beyond 12 in a whole batch"),
        "SimpleDateFormat's hh counts to 12 only.",
        "Write HH in TransformDate.",
    ),
    (
        *("D12", "zone hard-coded", "the same wall clock with two zones"),
        "A literal Z or offset was put behind local time.",
        "Format with the zone (XXX) instead of a literal.",
    ),
    # null, missing
    (
        *("N01", "required field missing", "the member is absent"),
        "Message Mapping makes no node when the source is absent or the context is wrong.",
        "Check source and context level; mapWithDefault where a default exists.",
    ),
    (
        *("N02", "null or empty text", '`null` or `""` where the field should be left out'),
        "Scripts write null, and the converter writes empty elements, for nothing.",
        "Leave the field out.",
    ),
    (
        *("N03", "unresolved text", '`"null"`, `"NaN"`, `"${header.x}"`, `"{{Param}}"`'),
        "An expression or parameter was not resolved, or null was joined to text.",
        "Mend the expression, set the parameter, or leave the field out.",
    ),
    (
        "N04",
        "blanks kept",
        '`" "`, `"COMPLETED "`',
        "CPI's converter keeps the blanks of a text.",
        "Trim in the mapping; leave blank fields out.",
    ),
    # encoding
    (
        *("E03", "encoded twice", "`Ã¤`, `Ã¼`"),
        "UTF-8 was read as Latin-1 and written as UTF-8 again.",
        "Set UTF-8 in the converter and delete CamelCharsetName.",
    ),
    (
        *("E04", "XML escapes", "`&amp;`, `&lt;`, `&#13;`"),
        "The text was escaped once more than it was unescaped.",
        "Unescape once, or do not put XML into a string.",
    ),
)

DIAGNOSABLE: Final[dict[str, CodeInfo]] = {
    code: CodeInfo(code=code, title=title, symptom=symptom, did=did, change=change) for code, title, symptom, did, change in _ROWS
}


def table() -> list[dict[str, str]]:
    """Return every code with title, symptom, cause and fix, in the order of the catalogue: for the docs."""
    return [
        {"code": info.code, "title": info.title, "symptom": info.symptom, "cause": info.did, "fix": info.change}
        for info in DIAGNOSABLE.values()
    ]
