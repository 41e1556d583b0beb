"""A project with an integration and a gate: a till's JSON receipts become pos-receipt events, with one bug or none."""

import json
from pathlib import Path

SCHEMA = {
    "type": "object",
    "required": ["receipts"],
    "additionalProperties": False,
    "properties": {
        "receipts": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "required": ["no", "card", "lines"],
                "additionalProperties": False,
                "properties": {
                    "no": {"type": "integer", "minimum": 1, "maximum": 9999},
                    "card": {"type": "string", "pattern": "^[0-9]{13}$"},
                    "email": {"type": "string", "format": "email"},
                    "note": {"type": "string", "maxLength": 8},
                    "lines": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 4,
                        "items": {
                            "type": "object",
                            "required": ["sku", "cents"],
                            "additionalProperties": False,
                            "properties": {
                                "sku": {"enum": ["A1", "B2", "C3"]},
                                "cents": {"type": "integer", "minimum": 0, "maximum": 99999},
                            },
                        },
                    },
                },
            },
        }
    },
}

INTEGRATION = """
import json, os, random, sys, time, urllib.error, urllib.request
from urllib.parse import urlencode

import httpx

CLIENT = httpx.Client(timeout=0.4)
COUNTER = iter(range(1, 10**9))

def bugs():
    return os.environ.get("TILL_BUG", "").split("+")

def event(receipt, environ):
    lines = [{"sku": line["sku"], "quantity": 1, "amount": line["cents"] / 100} for line in receipt["lines"]]
    made = {"receiptId": f"R1-20240101-1-{receipt['no']}", "loyaltyCardNo": receipt["card"],
            "purchasedAt": "2024-01-01T10:00:00Z", "storeId": "R1", "currency": "EUR", "items": lines}
    made["totalAmount"] = sum(line["cents"] for line in receipt["lines"]) / 100
    if "comma" in bugs():
        made["totalAmount"] = f"{made['totalAmount']:.2f}".replace(".", ",")
    if "collapse" in bugs() and len(lines) == 1:
        made["items"] = lines[0]
    if "leak" in bugs() and receipt.get("email"):
        made["remark"] = receipt["email"]
    if "secret" in bugs():
        made["storeId"] = environ["CDP_SECRET"]
    if "position" in bugs():
        made["storeId"] = lines[0]["sku"]
    if "note" in bugs() and "note" in receipt:
        made["storeId"] = "R1" if receipt["note"] else f"R{receipt['note']}"
    if "random" in bugs() and random.random() < 0.5:
        made["currency"] = "euro"
    return made

def send(body, environ):
    for receipt in json.loads(body)["receipts"]:
        if "lose" in bugs() and len(receipt["lines"]) > 2:
            continue
        made = event(receipt, environ)
        for _ in range(2 if "double" in bugs() else 1):
            deliver(made, environ)

def deliver(made, environ):
    params = {"userKey": environ["CDP_USER_KEY"], "secret": environ["CDP_SECRET"]}
    if "swallow" in bugs():
        try:
            CLIENT.post(environ["CDP_LISTENER_URL"], params=params, json=made)
        except httpx.TransportError:
            pass
        return
    for attempt in range(4):
        try:
            answer = CLIENT.post(environ["CDP_LISTENER_URL"], params=params, json=made)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code not in (429, 503):
            if answer.status_code != 202:
                raise RuntimeError(f"refused: {answer.text}")
            return
        after = "" if answer is None else answer.headers.get("Retry-After", "")
        time.sleep(min(float(after), 0.01) if after.isdecimal() else 0)
        if "renumber" in bugs():
            made = made | {"receiptId": f"R1-20240101-2-{next(COUNTER)}"}
    raise RuntimeError("gave up")

if __name__ == "__main__":
    send(sys.stdin.buffer.read(), os.environ)
"""

SETTINGS = """
[gate]
name = "till"
event = "pos-receipt"
expect = "length(receipts)"
records = "receipts"
lines = "receipts[].lines"
blanks = ["receipts[].note"]
personal = ["receipts[].email"]
slow_s = 1.0
trouble_trials = 2
{gate}
[gate.source]
schema = "till.schema.json"

[gate.driver]
{driver}
"""
PYTHON = 'kind = "python"\nfunction = "integration:send"'


def make_till(folder: Path, *, gate: str = "", driver: str = PYTHON) -> Path:
    """Write the project into *folder*."""
    (folder / "till.schema.json").write_text(json.dumps(SCHEMA))
    (folder / "integration.py").write_text(INTEGRATION)
    (folder / "mock-cdp.toml").write_text(SETTINGS.format(gate=gate, driver=driver))
    return folder


def smallest(**changes) -> dict:
    """Return the message of one receipt of one line that everything else comes down to."""
    return {"receipts": [{"no": 1, "card": "0" * 13, "lines": [{"sku": "A1", "cents": 0}], **changes}]}
