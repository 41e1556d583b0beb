"""Small models, each for a keyword or for a combination that hurts generators."""

from functools import cache
from random import Random

from hypothesis import Phase, find, given, settings

from mock_cdp.contract.contract import Contract
from mock_cdp.contract.entities import Application, BusinessUnit, Credentials, Event
from mock_cdp.contract.model import Model

D4 = "http://json-schema.org/draft-04/schema#"
D6 = "http://json-schema.org/draft-06/schema#"
D19 = "https://json-schema.org/draft/2019-09/schema"
D20 = "https://json-schema.org/draft/2020-12/schema"

STRING = {"type": "string"}
NUMBER = {"type": "number"}
FORMATS = (
    *("date", "date-time", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid", "json-pointer"),
    *("relative-json-pointer", "regex", "iri", "idn-email", "uri-template", "duration"),
)


def one(schema, **others):
    """Return a model of objects whose only member `a` must be there and keep *schema*."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], **others}


TREE = {
    "type": "object",
    "properties": {
        "name": STRING,
        "children": {"type": "array", "items": {"$ref": "#"}, "maxItems": 3},
        "left": {"$ref": "#"},
    },
    "required": ["name"],
}
ADDRESS = {
    "type": "object",
    "properties": {"street": STRING, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}, "country": {"enum": ["DE", "AT"]}},
    "required": ["street", "zip"],
    "additionalProperties": False,
}
SHAPE = {
    "oneOf": [
        {"properties": {"kind": {"const": "card"}, "number": {"type": "string", "minLength": 4}}, "required": ["kind", "number"]},
        {"properties": {"kind": {"const": "cash"}, "amount": {"type": "number", "minimum": 0}}, "required": ["kind", "amount"]},
        {"properties": {"kind": {"enum": ["voucher", "gift"]}, "code": STRING}, "required": ["kind", "code"]},
    ]
}

MODELS = {
    # -- one keyword
    "type-string": one(STRING),
    "type-number": one(NUMBER),
    "type-integer": one({"type": "integer"}),
    "type-boolean": one({"type": "boolean"}),
    "type-null": one({"type": "null"}),
    "type-array": one({"type": "array"}),
    "type-object": one({"type": "object"}),
    "type-list": one({"type": ["string", "null"]}),
    "type-list-of-many": one({"type": ["integer", "boolean", "array"]}),
    "type-any": one({}),
    "nothing-said": {"type": "object"},
    "true-and-false": {"type": "object", "properties": {"a": True, "b": False}, "required": ["a"]},
    "enum": one({"enum": ["x", "y", 1, None, True, {"a": 1}, [1]]}),
    "enum-and-type": one({"type": "string", "enum": ["x", 1, "y"]}),
    "const": one({"const": {"a": [1, 2]}}),
    "const-and-enum": {"type": "object", "properties": {"a": {"const": 1}, "b": {"enum": [1.5, 2]}}, "required": ["a", "b"]},
    "lengths": one({"type": "string", "minLength": 2, "maxLength": 4}),
    "length-fixed": one({"type": "string", "minLength": 10, "maxLength": 10}),
    "length-long": one({"type": "string", "minLength": 400}),
    "length-zero": one({"type": "string", "maxLength": 0}),
    "length-untyped": one({"minLength": 3}),
    "limits": one({"type": "number", "minimum": -2.5, "maximum": 7.25}),
    "limits-exclusive": one({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
    "limits-tiny": one({"type": "number", "exclusiveMinimum": 0, "maximum": 0.0001}),
    "limits-integer": one({"type": "integer", "minimum": 3, "exclusiveMaximum": 6}),
    "limits-far": one({"type": "integer", "minimum": 10_000_000_000, "maximum": 10_000_000_009}),
    "limits-below-zero": one({"type": "number", "maximum": -100}),
    "multiple-of-cents": one({"type": "number", "multipleOf": 0.01, "minimum": 0}),
    "multiple-of-five": one({"type": "integer", "multipleOf": 5, "minimum": 7, "maximum": 23}),
    "multiple-of-two": one({"type": "number", "allOf": [{"multipleOf": 0.5}, {"multipleOf": 0.75}]}),
    "items-counted": one({"type": "array", "items": STRING, "minItems": 2, "maxItems": 4}),
    "items-unique": one({"type": "array", "items": {"enum": ["a", "b", "c", "d"]}, "uniqueItems": True, "minItems": 3}),
    "items-unique-booleans": one({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2}),
    "items-unique-and-huge": one(
        {"type": "array", "items": {"type": "integer", "minimum": 10**20}, "uniqueItems": True, "minItems": 2}
    ),
    "items-tuple": one({"type": "array", "items": [STRING, NUMBER], "additionalItems": False}),
    "items-tuple-more": one({"type": "array", "items": [STRING, {"type": "boolean"}], "additionalItems": NUMBER, "minItems": 2}),
    "items-tuple-nested": one({"type": "array", "items": [{"type": "array", "items": [NUMBER, STRING], "minItems": 2}, STRING]}),
    "items-none": one({"type": "array", "items": False}),
    "items-of-items": one({"type": "array", "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1}}),
    "contains": one({"type": "array", "contains": {"type": "number", "minimum": 5}}),
    "contains-few": one({"type": "array", "items": {"type": "integer"}, "contains": {"const": 7}, "maxItems": 2}),
    "contains-in-tuple": one({"type": "array", "items": [STRING], "additionalItems": NUMBER, "contains": NUMBER}),
    "members-counted": {"type": "object", "minProperties": 2, "maxProperties": 3, "properties": {"a": STRING, "b": NUMBER}},
    "members-many": {"type": "object", "minProperties": 30},
    "members-closed": {"type": "object", "properties": {"a": STRING, "b": NUMBER}, "additionalProperties": False},
    "members-map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "members-map-of-maps": {
        "type": "object",
        "properties": {"a": STRING},
        "additionalProperties": {"additionalProperties": NUMBER},
    },
    "member-names": {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "minProperties": 1},
    "member-names-long": {"type": "object", "propertyNames": {"maxLength": 3}, "properties": {"a": STRING, "bcde": STRING}},
    "pattern-members": {"type": "object", "patternProperties": {"^x_": STRING, "_n$": {"maxLength": 3}}},
    "pattern-members-closed": {
        "type": "object",
        "patternProperties": {"^[A-Z]{2}$": NUMBER},
        "propertyNames": {"maxLength": 2},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "dependencies-names": {
        "type": "object",
        "properties": {"a": STRING, "b": STRING, "c": STRING},
        "dependencies": {"a": ["b", "c"]},
    },
    "dependencies-schema": {
        "type": "object",
        "properties": {"card": STRING, "holder": STRING},
        "dependencies": {"card": {"required": ["holder"], "properties": {"holder": {"minLength": 2}}}},
    },
    # -- combinations
    "all-of": {
        "type": "object",
        "allOf": [{"properties": {"a": STRING}, "required": ["a"]}, {"properties": {"a": {"minLength": 3}}}],
    },
    "all-of-closed": {
        "type": "object",
        "allOf": [
            {"properties": {"a": STRING, "b": NUMBER}, "required": ["a"], "additionalProperties": False},
            {"properties": {"a": {"maxLength": 5}, "c": NUMBER}},
        ],
    },
    "any-of-required": {
        "type": "object",
        "properties": {"mail": {"type": "string", "format": "email"}, "phone": STRING},
        "anyOf": [{"required": ["mail"]}, {"required": ["phone"], "properties": {"phone": {"minLength": 3}}}],
    },
    "any-of-types": one({"anyOf": [{"type": "string", "maxLength": 2}, {"type": "number", "minimum": 10}]}),
    "one-of-const": {"type": "object", **SHAPE},
    "one-of-required": {
        "type": "object",
        "properties": {"a": STRING, "b": STRING},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "one-of-overlapping": one({"type": "integer", "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}]}),
    "one-of-in-items": one({"type": "array", "items": {"type": "object", **SHAPE}, "minItems": 1}),
    "not-const": one({"type": "string", "not": {"const": ""}}),
    "not-type": one({"not": {"type": ["object", "array", "null"]}}),
    "not-required": {"type": "object", "properties": {"a": STRING, "b": STRING}, "not": {"required": ["a", "b"]}},
    "not-any-of": one({"type": "integer", "not": {"anyOf": [{"minimum": 10}, {"multipleOf": 2}]}}),
    "not-pattern": one({"type": "string", "not": {"pattern": "^[A-Z]"}}),
    "not-nested": one(
        {"type": "object", "properties": {"k": STRING}, "not": {"properties": {"k": {"const": "x"}}, "required": ["k"]}}
    ),
    "if-then-else": {
        "type": "object",
        "properties": {"country": {"enum": ["DE", "US"]}, "zip": STRING},
        "required": ["country"],
        "if": {"properties": {"country": {"const": "US"}}, "required": ["country"]},
        "then": {"required": ["zip"], "properties": {"zip": {"pattern": "^[0-9]{5}(-[0-9]{4})?$"}}},
        "else": {"properties": {"zip": {"pattern": "^D-[0-9]{5}$"}}},
    },
    "if-then-required": {
        "type": "object",
        "properties": {"isReturn": {"type": "boolean"}, "original": STRING},
        "if": {"required": ["isReturn"], "properties": {"isReturn": {"const": True}}},
        "then": {"required": ["original"]},
    },
    "if-of-number": one({"type": "number", "if": {"minimum": 100}, "then": {"multipleOf": 10}, "else": {"maximum": 50}}),
    "two-one-ofs": {
        "type": "object",
        "properties": {"a": {"oneOf": [{"const": 1}, {"const": 2}]}, "b": {"oneOf": [STRING, {"type": "null"}]}},
        "required": ["a", "b"],
    },
    # -- opposites
    "not-items": one({"type": "array", "not": {"items": STRING}}),
    "not-tuple": one({"type": "array", "not": {"items": [STRING, NUMBER], "additionalItems": False}}),
    "not-contains": one({"type": "array", "items": {"enum": ["a", "b"]}, "not": {"contains": {"const": "a"}}}),
    "not-unique": one({"type": "array", "items": {"type": "integer"}, "not": {"uniqueItems": True}}),
    "not-closed": one({"type": "object", "not": {"properties": {"k": True}, "additionalProperties": False}}),
    "not-a-map": one({"type": "object", "not": {"additionalProperties": STRING}}),
    "not-pattern-members": one({"type": "object", "not": {"patternProperties": {"^x_": STRING}}}),
    "not-member-names": one({"type": "object", "not": {"propertyNames": {"maxLength": 3}}}),
    "not-dependencies": one({"type": "object", "not": {"dependencies": {"p": ["q"], "r": {"required": ["s"]}}}}),
    "not-one-of": one({"type": "integer", "not": {"oneOf": [{"minimum": 5}, {"maximum": 9}]}}),
    "not-all-of": one({"type": "integer", "not": {"allOf": [{"minimum": 5}, {"maximum": 9}]}}),
    "not-if": one({"type": "integer", "not": {"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"maximum": 2}}}),
    "not-not": one({"not": {"not": {"type": "string", "maxLength": 3}}}),
    "not-a-reference": one({"type": "string", "not": {"$ref": "#/definitions/s"}}, definitions={"s": {"minLength": 2}}),
    "not-itself": one(
        {"not": {"$ref": "#/definitions/l"}}, definitions={"l": {"type": "array", "items": {"$ref": "#/definitions/l"}}}
    ),
    "not-a-trivial-one": one({"type": "string", "not": {"anyOf": [False, {"const": "x", "title": "an x"}]}}),
    "not-counted": one({"type": "object", "not": {"minProperties": 1, "maxProperties": 3}}),
    "any-of-true": one({"anyOf": [True, STRING]}),
    "very-many-ways": {
        "type": "object",
        "properties": dict.fromkeys("abcdefghij", NUMBER),
        "dependencies": {name: ["z"] for name in "abcdefghij"},
    },
    "many-alternatives": one({"allOf": [{"anyOf": [{"minimum": n} for n in range(20)]} for _ in range(2)], "type": "number"}),
    # -- references
    "reference": {
        "type": "object",
        "properties": {"billing": {"$ref": "#/definitions/address"}, "shipping": {"$ref": "#/definitions/address"}},
        "required": ["billing"],
        "definitions": {"address": ADDRESS},
    },
    "reference-beside": one({"$ref": "#/definitions/s", "minLength": 500}, definitions={"s": {"type": "string", "maxLength": 9}}),
    "reference-escaped": one({"$ref": "#/definitions/a~1b%20c"}, definitions={"a/b c": {"type": "integer"}}),
    "reference-anchor": one({"$ref": "#code"}, definitions={"c": {"$id": "#code", "type": "string", "pattern": "^C[0-9]$"}}),
    "recursive-tree": TREE,
    "recursive-required-list": {
        "type": "object",
        "properties": {"next": {"anyOf": [{"type": "null"}, {"$ref": "#"}]}, "value": NUMBER},
        "required": ["next", "value"],
    },
    "recursive-expression": {
        "type": "object",
        "properties": {"e": {"$ref": "#/definitions/e"}},
        "required": ["e"],
        "definitions": {
            "e": {
                "oneOf": [
                    NUMBER,
                    {
                        "type": "object",
                        "properties": {
                            "op": {"enum": ["+", "-"]},
                            "args": {"type": "array", "items": {"$ref": "#/definitions/e"}, "minItems": 2},
                        },
                        "required": ["op", "args"],
                    },
                ]
            }
        },
    },
    # -- patterns
    "pattern-unanchored": one({"type": "string", "pattern": "[0-9]x"}),
    "pattern-and-length": one({"type": "string", "pattern": "^[A-Z]+$", "minLength": 12, "maxLength": 14}),
    "pattern-and-long": one({"type": "string", "pattern": "^a", "minLength": 30}),
    "pattern-choice": one({"type": "string", "pattern": r"^(EUR|USD|CH[FE])(-\d{2,})?$"}),
    "pattern-ahead": one({"type": "string", "pattern": r"^(?=.*[0-9])[a-z0-9]{4}$"}),
    "pattern-digits": one({"type": "string", "pattern": r"^\d+\.\d{2}$"}),
    "pattern-words": one({"type": "string", "pattern": r"^\w+\s\S+[^a-z]$"}),
    "pattern-escapes": one({"type": "string", "pattern": r"^\u00e4\x41[\-\]\\]\/\t?$"}),
    "pattern-unicode": one({"type": "string", "pattern": r"^\p{Lu}\p{Ll}+$"}),
    "patterns-two": one({"type": "string", "allOf": [{"pattern": "^A"}, {"pattern": "Z$"}]}),
    "pattern-and-format": one({"type": "string", "format": "date", "pattern": "^20"}),
    "format-and-length": one({"type": "string", "format": "email", "minLength": 60, "maxLength": 80}),
    "formats-long": {
        "type": "object",
        "properties": {
            "email": {"type": "string", "format": "email", "minLength": 90},
            "hostname": {"type": "string", "format": "hostname", "minLength": 150},
            "uri": {"type": "string", "format": "uri", "minLength": 60},
            "moment": {"type": "string", "format": "date-time", "minLength": 28},
        },
        "required": ["email", "hostname", "uri", "moment"],
    },
    "formats-short": {
        "type": "object",
        "properties": {
            "email": {"type": "string", "format": "email", "maxLength": 12},
            "shorter": {"type": "string", "format": "email", "maxLength": 7},
            "hostname": {"type": "string", "format": "hostname", "maxLength": 8},
            "uri": {"type": "string", "format": "uri", "maxLength": 12},
            "exact": {"type": "string", "format": "uri", "minLength": 16, "maxLength": 16},
            "ipv6": {"type": "string", "format": "ipv6", "maxLength": 8},
            "moment": {"type": "string", "format": "date-time", "maxLength": 20},
        },
        "required": ["email", "shorter", "hostname", "uri", "exact", "ipv6", "moment"],
    },
    "format-ends-as-a-pattern-says": one({"type": "string", "format": "date-time", "pattern": r"\.\d{3}Z$"}),
    "format-begins-as-a-pattern-says": one({"type": "string", "format": "ipv4", "pattern": r"^10\."}),
    "format-and-pattern-and-length": one(
        {"type": "string", "format": "hostname", "pattern": r"\.sap\.test$", "minLength": 12, "maxLength": 20}
    ),
    "format-not-asserted": one({"type": "string", "format": "int32"}),
    # -- other drafts
    "draft-4": {
        "$schema": D4,
        "type": "object",
        "properties": {
            "a": {"type": "number", "minimum": 1, "exclusiveMinimum": True, "maximum": 9},
            "b": {"type": "integer", "const": "is no keyword yet"},
            "c": {"not": {"type": "string"}},
        },
        "required": ["a"],
    },
    "draft-6": one({"contains": {"const": 1}, "type": "array", "if": {"minItems": 1}, "then": False}, **{"$schema": D6}),
    "draft-2019": {
        "$schema": D19,
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/s", "minLength": 2}, "b": STRING, "l": {"$ref": "#/$defs/l"}},
        "dependentRequired": {"b": ["a"]},
        "$defs": {"s": {"type": "string", "maxLength": 5}, "l": {"type": "array", "items": [STRING], "additionalItems": NUMBER}},
    },
    "draft-2020": {
        "$schema": D20,
        "type": "object",
        "properties": {
            "t": {"type": "array", "prefixItems": [STRING, NUMBER], "items": {"type": "boolean"}},
            "u": {"type": "array", "prefixItems": [STRING], "items": False},
            "c": {"type": "array", "contains": {"const": 4}, "minContains": 2, "maxContains": 3},
        },
        "dependentSchemas": {"u": {"required": ["t"]}},
        "unevaluatedProperties": False,
    },
    # -- formats
    "formats": {
        "type": "object",
        "properties": {name: {"type": "string", "format": name} for name in FORMATS},
        "required": ["date"],
    },
    "formats-2020": {
        "$schema": D20,
        "type": "object",
        "properties": {name: {"type": "string", "format": name} for name in FORMATS},
        "required": list(FORMATS),
    },
    # -- as integrations have them
    "order": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9]{10}$"},
            "created": {"type": "string", "format": "date-time"},
            "customer": {"type": ["object", "null"], "properties": {"id": {"type": ["string", "integer"]}}, "required": ["id"]},
            "lines": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "sku": {"type": "string", "minLength": 1},
                        "qty": {"type": "integer", "minimum": 1},
                        "tags": {"type": "array", "items": STRING, "uniqueItems": True},
                    },
                    "required": ["sku", "qty"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["id", "lines"],
        "additionalProperties": False,
    },
}

UNSATISFIABLE = {
    "false-member": one(False),
    "limits": one({"type": "number", "minimum": 2, "maximum": 1}),
    "no-integer-between": one({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}),
    "types": one({"allOf": [STRING, NUMBER]}),
    "enum-of-another-type": one({"type": "number", "enum": ["a"]}),
    "endless": one({"$ref": "#"}),
    "lengths": one({"type": "string", "minLength": 3, "maxLength": 2}),
    "closed": {"type": "object", "required": ["a"], "additionalProperties": False},
    "unique": one({"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3}),
    "refused": {"type": "object", "not": {}},
    "contains-nothing": one({"type": "array", "contains": NUMBER, "items": STRING}),
}


@cache
def contract_of(name):
    """Return a contract of the model called *name*."""
    return contract_with(MODELS[name], name)


def contract_with(schema, name="odd"):
    """Return a contract of the model *schema*."""
    return Contract(
        business_unit=BusinessUnit(id="unit", name="Unit"),
        application=Application(id="app", name="App"),
        event=Event(id="event", name=name),
        model=Model(schema),
        credentials=Credentials(user_key="AKEY", user_secret="not a secret"),
        path=f"unit/app/{name}",
    )


def smallest(strategy, wanted):
    """Return what the first value that is *wanted* shrinks to, the same every time."""
    return find(strategy, wanted, random=Random(0), settings=settings(database=None))


def drawn(strategy, count):
    """Return *count* values of *strategy*, or all there are, the same every time; Hypothesis' health checks are on."""
    found = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], deadline=None, derandomize=True)
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found
