"""The reference: the mock anyone would write in an afternoon. One route, keys from the query, a counter in memory."""

import json
import os
from pathlib import Path

import jsonschema_rs
import orjson
from flask import Flask, Response, request

EVENT = Path(__file__).parents[1] / "contracts/retail/applications/sap-car/dataevents/pos-receipt"
MODEL = jsonschema_rs.validator_for(json.loads((EVENT / "model.schema.json").read_text()), offline=True, validate_formats=True)
KEYS = {os.environ["BENCH_USER_KEY"]: os.environ["BENCH_SECRET"]}
counts = {"accepted": 0, "rejected": 0}

app = Flask(__name__)


@app.post("/api/businessunits/<bu>/applications/<application>/dataevents/<event>/<kind>")
def ingest(bu, application, event, kind):
    """Judge and count."""
    if KEYS.get(request.args.get("userKey")) != request.args.get("secret"):
        return Response(b'{"errorCode":403010}', 403, mimetype="application/json")
    body = orjson.loads(request.get_data())
    accepted = rejected = 0
    for value in body if kind == "events" else [body]:
        if MODEL.is_valid(value):
            accepted += 1
        else:
            rejected += 1
    counts["accepted"] += accepted
    counts["rejected"] += rejected
    status = 202 if accepted else 400
    return Response(
        orjson.dumps({"errorCode": 0 if accepted else 400009, "statusCode": status}),
        status,
        mimetype="application/json",
    )
