"""An order with most artefacts at once, as a CPI developer goes through it: source XML, CPI's conversion, the verdict."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from running import MOCK_CDP

ORDER = """<ns0:Orders xmlns:ns0="urn:acme:cdp:order"><Order><orderId>0000471100</orderId><orderDate>20241130</orderDate>\
<total>119,90</total><loyaltyMember>X</loyaltyMember><cancelDate>00000000</cancelDate><coupon/>\
<customer><crmId>0000123456</crmId></customer><items><sku>4006381333931</sku><qty>1.000</qty>\
<amount currency="EUR">19.90-</amount></items></Order></ns0:Orders>"""
TEXT, NUMBER, DATE = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "date"}
MODEL = {
    "type": "object",
    "properties": {
        "orderId": TEXT,
        "orderDate": DATE,
        "total": NUMBER,
        "loyaltyMember": {"type": "boolean"},
        "cancelDate": DATE,
        "coupon": {"type": "object", "properties": {"code": TEXT}},
        "customer": {"type": "object", "properties": {"crmId": TEXT}},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": TEXT, "qty": NUMBER, "amount": NUMBER}},
        },
    },
    "required": ["orderId", "orderDate", "total"],
}
CAUSES = {"T01", "T03", "T04", "T05", "D01", "D02", "S01", "S05", "S08"}


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """Return a folder with the order's contract."""
    event = tmp_path / "shop/applications/erp/dataevents/order"
    event.mkdir(parents=True)
    (tmp_path / "shop/businessunit.json").write_text('{"name": "Shop"}')
    (event.parents[1] / "application.json").write_text('{"name": "ERP"}')
    (event / "event.json").write_text('{"name": "Order"}')
    (event / "model.schema.json").write_text(json.dumps(MODEL))
    return tmp_path


@pytest.mark.parametrize(
    ("settings", "causes"),
    [
        (["--suppress-root"], CAUSES | {"S02"}),
        (["--suppress-root", "--array", "/Orders/Order", "--array", "/Orders/Order/items"], CAUSES),
        (["--namespaces"], CAUSES | {"S02"}),
    ],
    ids=["suppressed", "specific", "namespaces"],
)
def test_each_conversion_names_its_causes(contracts: Path, tmp_path: Path, settings: list[str], causes: set[str]):
    """Converted as the settings say, and every artefact is named."""
    source = tmp_path / "order.xml"
    source.write_text(ORDER)
    sent = subprocess.run([MOCK_CDP, "cpi", "convert", source, *settings], capture_output=True, check=True).stdout
    command = [MOCK_CDP, "check", "-", "--event", "order", "--contracts", contracts]
    done = subprocess.run(command, input=sent, capture_output=True)
    assert done.returncode == 1, done.stderr
    assert causes <= set(re.findall(r"^([A-Z]\d\d) ", done.stdout.decode(), re.MULTILINE))
