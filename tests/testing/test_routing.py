"""Without a socket: which clients and hosts are answered, and that the answers are the server's."""

import asyncio
import subprocess
import sys

import httpx
import httpx2
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from mock_cdp.testing import MockCDP, contract, router

RECEIPT = contract("pos-receipt").accepted_samples[0].event
REJECTED = [sample.event for sample in contract("pos-receipt").rejected_samples]


async def posted(client_of, target, event=RECEIPT):
    async with client_of() as client:
        return await client.post(target.url, params=target.params, json=event)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_sync_and_async_clients_are_answered(library):
    with router() as cdp:
        target = cdp.listener("pos-receipt")
        assert library.post(target.url, params=target.params, json=RECEIPT).json()["outcome"] == "accepted"
        assert asyncio.run(posted(library.AsyncClient, target)).json()["outcome"] == "duplicate"
        assert cdp.tally().received == 2


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_trouble_is_the_clients_own_error(library):
    with router() as cdp:
        target = cdp.listener("pos-receipt")
        cdp.fault(drop=True)
        with pytest.raises(library.RemoteProtocolError):
            library.post(target.url, params=target.params, json=RECEIPT)
        cdp.fault(delay_s=60, times=2)
        with pytest.raises(library.ReadTimeout):
            library.post(target.url, params=target.params, json=RECEIPT, timeout=5)
        with pytest.raises(library.ReadTimeout):
            asyncio.run(posted(lambda: library.AsyncClient(timeout=5), target))


def test_an_async_block_works_and_a_late_answer_holds_nobody_else_up():
    async def run() -> list[str]:
        async with router() as cdp:
            target = cdp.listener("pos-receipt")
            cdp.fault(delay_s=0.2)
            order: list[str] = []

            async def send(name: str) -> None:
                await posted(httpx.AsyncClient, target)
                order.append(name)

            await asyncio.gather(send("late"), send("prompt"))
            return order

    assert asyncio.run(run()) == ["prompt", "late"]


@pytest.mark.parametrize(
    "host",
    ["cdp.EU5-prod.gigya.com", "cdp.us5-prod.gigya.com", "cdp.eu5.gigya.com", "cdp.us5-st1.gigya.com"],
)
def test_every_cdp_host_is_answered(host: str):
    with router() as cdp:
        target = cdp.listener("pos-receipt")
        url = target.url.replace("cdp.mock-cdp.invalid", host)
        assert httpx.post(url, params=target.params, json=RECEIPT).status_code == 202


def test_a_token_is_had_from_its_own_host():
    with router() as cdp:
        form = {"client_id": cdp.user_key, "client_secret": cdp.secret, "grant_type": "client_credentials"}
        token = httpx.post("https://oauth2.us1.gigya.com/oauth2/token", data=form).json()["access_token"]
        answer = httpx.post(cdp.listener("pos-receipt").url, headers={"Authorization": f"Bearer {token}"}, json=RECEIPT)
        assert answer.status_code == 202
        assert len(cdp.accepted()) == 1


@pytest.mark.parametrize(
    "host", ["example.com", "cdp.eu5-prod.gigya.com.example.com", "127.0.0.1.example.invalid", "localhost.example.invalid"]
)
def test_another_host_is_not_answered_and_never_reached(host: str):
    with router(), pytest.raises(respx.models.AllMockedAssertionError):
        httpx.get(f"https://{host}/")


def test_the_first_routers_of_a_process_may_be_many_at_once():
    code = """
import threading
from mock_cdp.testing import router
barrier, failed = threading.Barrier(4), []
def enter():
    barrier.wait()
    try:
        with router():
            pass
    except Exception as error:
        failed.append(error)
threads = [threading.Thread(target=enter) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_another_respx_router_answers_its_own_hosts():
    with router() as cdp, respx.mock() as shop:
        shop.get("https://shop.example.com/orders").respond(json=[RECEIPT])
        orders = httpx.get("https://shop.example.com/orders").json()
        target = cdp.listener("pos-receipt")
        assert httpx.post(target.url, params=target.params, json=orders[0]).status_code == 202


def test_loopback_goes_where_it_always_goes():
    with MockCDP() as real, router() as cdp:
        target = real.listener("pos-receipt")
        assert httpx.post(target.url, params=target.params, json=RECEIPT).status_code == 202
        assert (real.tally().received, cdp.tally().received) == (1, 0)


def test_httpx_is_left_as_it_was():
    with router() as cdp:
        url = cdp.listener("pos-receipt").url
    with router() as other:
        assert httpx.post(url, json=RECEIPT).status_code == 401
        assert other.tally().received == 0
    assert not respx.mocks.HTTPCoreMocker.routers


def test_the_innermost_router_answers():
    with router() as outer:
        with router(answer="later") as inner:
            target = inner.listener("pos-receipt")
            assert httpx.post(target.url, params=target.params, json=REJECTED[0]).status_code == 202
        target = outer.listener("pos-receipt")
        assert httpx.post(target.url, params=target.params, json=REJECTED[0]).status_code == 400


@given(st.sampled_from([RECEIPT, *REJECTED]))
def test_it_is_usable_inside_given(event):
    """Each example has an empty session."""
    with router() as cdp:
        target = cdp.listener("pos-receipt")
        httpx.post(target.url, params=target.params, json=event)
        assert cdp.tally().received == 1


@pytest.mark.parametrize("event", [RECEIPT, *REJECTED, [RECEIPT], "text", None], ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_the_answer_is_the_servers(method: str, event):
    """Status, body and headers are the same through the socket and without, but for ids and times."""

    def seen(cdp) -> tuple:
        target = cdp.listener("pos-receipt")
        answer = httpx.request(method, target.url, params=target.params, json=event)
        body = {name: value for name, value in answer.json().items() if name not in {"callId", "time"}}
        names = {name for name in answer.headers if name.startswith("x-") or name in {"allow", "content-type", "content-length"}}
        return answer.status_code, body, sorted(names - {"content-length"})

    with MockCDP() as socket:
        by_socket = seen(socket)
    with router() as cdp:
        assert seen(cdp) == by_socket


def test_what_is_no_delivery_is_answered_too():
    with router() as cdp:
        assert httpx.get(f"{cdp.url}/_mock/counts", params={"session": cdp.session.id}).json()["received"] == 0
        assert httpx.get(f"{cdp.url}/nowhere").status_code == 404
        units = httpx.get(f"{cdp.url}/api/businessunits", params={"userKey": cdp.user_key, "secret": cdp.secret})
        assert units.headers["content-type"].startswith("application/json")
