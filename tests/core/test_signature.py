"""The signed request as a function: what is signed, and with what."""

import pytest

from mock_cdp.core.signature import base_string, encode, sign

SECRET = "dGhyb3ctYXdheS10ZXN0LXNlY3JldCE="
URL = "https://cdp.eu5-prod.gigya.com/api/businessunits/4_BUSINESSUNITID/applications/A/dataevents/E/event"
PAIRS = [("userKey", "AK+user/KEY"), ("timestamp", "1795489567202"), ("nonce", "948867810607")]


def test_the_base_string_has_three_parts_with_sorted_parameters():
    """Method, address and parameters, the parameters encoded twice as client code does."""
    method, address, query = base_string("post", URL, PAIRS).split("&")
    assert method == "POST"
    assert address.startswith("https%3A%2F%2Fcdp.eu5-prod.gigya.com%2Fapi")
    assert query == "nonce%3D948867810607%26timestamp%3D1795489567202%26userKey%3DAK%252Buser%252FKEY"


@pytest.mark.parametrize(
    ("url", "pairs"),
    [
        (URL, PAIRS),
        (URL.replace("cdp.eu5-prod", "CDP.EU5-Prod"), PAIRS),
        (URL, PAIRS[::-1]),
        (URL, [*PAIRS, ("sig", "anything")]),
    ],
    ids=["as it is", "host in upper case", "other order", "with sig"],
)
def test_the_test_vector_holds_however_it_is_written(url: str, pairs: list[tuple[str, str]]):
    """Case of the host, order of the parameters and the signature itself do not count."""
    assert sign(SECRET, base_string("POST", url, pairs)) == "1F1vJX6lmRidCry6e7J3mLR+pBU="


def test_the_path_keeps_its_case():
    """Ids differ by case."""
    assert base_string("POST", URL, PAIRS) != base_string("POST", URL.replace("/event", "/Event"), PAIRS)


def test_all_but_unreserved_characters_are_encoded():
    """`enc` of client code."""
    assert encode("Az09-_.~") == "Az09-_.~"
    assert encode("+/= é") == "%2B%2F%3D%20%C3%A9"


@pytest.mark.parametrize("secret", ["not base64!", "abc", "é"])
def test_a_secret_that_is_not_base64_signs_nothing(secret: str):
    """An empty text, which no signature equals."""
    assert sign(secret, "base") == ""
