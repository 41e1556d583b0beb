"""What one delivery costs, stage by stage, through both doors, in one process."""

import io
import json
import tempfile
import time
from typing import NamedTuple
from urllib.parse import urlencode

from mock_cdp.app import create_app
from mock_cdp.contract.catalog import shipped_catalog
from mock_cdp.contract.folder import load
from mock_cdp.core import replies
from mock_cdp.core.auth import authenticate
from mock_cdp.core.body import read_events
from mock_cdp.core.intake import judge
from mock_cdp.core.keeping import receipt_of
from mock_cdp.core.receipt import Draft
from mock_cdp.http.door import Door
from mock_cdp.http.reading import read_delivery
from mock_cdp.listener import Listener
from mock_cdp.store.sql import JournalLimits, open_store

EVENT = "retail/sap-car/pos-receipt"
SAMPLE = {
    "receiptId": "R101-20241130-3-1",
    "crmId": "0000123456",
    "purchasedAt": "2024-11-30T17:50:12+01:00",
    "storeId": "R101",
    "currency": "EUR",
    "totalAmount": 59.7,
    "isReturn": False,
    "items": [{"sku": f"40063813339{n}", "quantity": 1, "amount": 19.9, "unit": "EA"} for n in (31, 48, 55)],
    "tenders": [{"type": "CASH", "amount": 59.7}],
}
BODY = json.dumps(SAMPLE, separators=(",", ":")).encode()


class Target(NamedTuple):
    """Where to post and with what."""

    path: str
    query: str
    user_key: str
    secret: str


def target():
    """Return the listener of the pos-receipt contract that ships."""
    contract = next(c for c in load(shipped_catalog()).contracts if c.path == EVENT)
    keys = contract.credentials
    query = urlencode({"userKey": keys.user_key, "secret": keys.user_secret})
    return Target(contract.listener_path, query, keys.user_key, keys.user_secret)


def main():
    """Print microseconds per stage, for a single and for a batch of 100."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/stages.db", limits=JournalLimits())
        listener = Listener(load(shipped_catalog()), store, master_key=b"0" * 32)
        print(
            f"{'µs per delivery':18}{'read':>8}{'authent.':>10}{'parse':>8}{'judge':>8}{'keep':>8}{'answer':>8}"
            f"{'door':>9}{'Flask':>9}"
        )
        for name, count, repeat in (("single", 1, 3000), ("batch of 100", 100, 300)):
            print(f"{name:18}" + "".join(f"{cost:{width}.1f}" for cost, width in costs(listener, count, repeat)))
        store.close()


def costs(listener, count, repeat):
    """Return (µs, column width) for every stage and both doors."""
    where = target()
    contract = next(c for c in listener.catalog.contracts if c.path == EVENT)
    path = f"{where.path}/{'events' if count > 1 else 'event'}"
    bodies = iter(range(10**9))

    def environ():
        start = next(bodies) * count
        events = [BODY.replace(b"-3-1", b"-3-%d%d" % (count, start + n)) for n in range(count)]
        body = b"[" + b",".join(events) + b"]" if count > 1 else events[0]
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": where.query,
            "SCRIPT_NAME": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "HTTP_HOST": "127.0.0.1:8080",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }

    def auth(delivery):
        return authenticate(
            delivery,
            contract.application_path,
            find=listener.holder,
            settings=listener.rules.auth,
            token_key=listener.token_key,
            claim_nonce=listener.store.claim_nonce,
            now=delivery.received_at,
        )

    def keep(judgement, delivery, who):
        receipt = receipt_of(delivery, contract, who, listener.catalog.revision, listener.limits)
        receipt.outcomes = judgement.outcomes

        def settle(kept):
            replies.settle(kept, answer_later=False, many=count > 1, refuse_duplicates=False)

        return listener.store.append(Draft(receipt=receipt, keys=judgement.keys), settle)

    spent = [0.0] * 6
    for _ in range(repeat):
        request = environ()
        marks = [time.perf_counter()]
        delivery = read_delivery(request, listener.limits)
        marks.append(time.perf_counter())
        who = auth(delivery)
        marks.append(time.perf_counter())
        events = read_events(delivery, many=count > 1, settings=listener.rules.body)
        marks.append(time.perf_counter())
        judgement = judge(contract, events.values)
        marks.append(time.perf_counter())
        kept = keep(judgement, delivery, who)
        marks.append(time.perf_counter())
        replies.judged(kept, many=count > 1, later=False)
        marks.append(time.perf_counter())
        spent = [total + b - a for total, a, b in zip(spent, marks, marks[1:], strict=False)]
    flask = create_app(listener).wsgi_app
    door = Door(listener, flask)
    whole = [timed(app, [environ() for _ in range(repeat)]) for app in (door, flask)]
    micro = [total / repeat * 1e6 for total in [*spent, *whole]]
    return zip(micro, (8, 10, 8, 8, 8, 8, 9, 9), strict=True)


def timed(app, environs):
    """Return the seconds *app* takes for all requests."""
    began = time.perf_counter()
    for request in environs:
        b"".join(app(request, lambda status, headers: None))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
