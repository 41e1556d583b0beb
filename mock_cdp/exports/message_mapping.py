"""A contract as the target structure of SAP Cloud Integration's Message Mapping: one path of an OpenAPI 3.0 document.

SAP documents the file type (OpenAPI 2.0 and 3.0 as JSON), what it cannot read, and that a path is chosen after upload. The model
stands whole in that path's request body, without a single `$ref`; whether the editor also looks elsewhere is not documented.
"""

from typing import Any, Final
from urllib.parse import quote

import msgspec

from mock_cdp import __version__
from mock_cdp.contract.contract import Contract
from mock_cdp.exports.message_mapping_structure import MappingError, structure
from mock_cdp.exports.names import pascal

__all__ = ["SETTING", "Exported", "MappingError", "document"]

# Documented; the default keeps the strings of an XML source, which is how most numbers become strings.
SETTING: Final = 'In the mapping, set Settings > Basic Data Type Handling to {"myDataTypeExample" : true}.'

_DESCRIPTION: Final = """\
Target structure for a Message Mapping in SAP Cloud Integration, made by mock-cdp from the event model of {path}. Add it as the \
target message and choose its one path. {setting} With the other choice every value from an XML source stays a string."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract became.

    Attributes:
        document: OpenAPI 3.0, in the subset that Message Mapping reads.
        notes: What the document cannot say, each with its JSON Pointer into the model: rules the mapping has to keep by itself.
    """

    document: dict[str, Any]
    notes: tuple[str, ...] = ()


def document(contract: Contract) -> Exported:
    """Return the target structure of *contract* for Message Mapping.

    It describes one event. An array of events is not a target: a splitter sends them one by one.

    Raises:
        MappingError: The model cannot be said in the subset; names the place and the nearest form that can.
    """
    schema, notes = structure(contract.model.schema)
    return Exported(document=_document(contract, schema), notes=notes)


def _document(contract: Contract, schema: dict[str, Any]) -> dict[str, Any]:
    path = quote(f"{contract.listener_path}/event", safe="/-_.~")  # a brace in an id is no path parameter
    operation = {
        "operationId": f"post{pascal(contract.slug) or 'Event'}",
        "summary": contract.event.name,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"202": {"description": "The event was taken."}},
    }
    return {
        "openapi": "3.0.3",
        "info": {
            "title": contract.event.name,
            "version": __version__,
            "description": _DESCRIPTION.format(path=contract.path, setting=SETTING),
        },
        "paths": {path: {"post": operation}},
    }
