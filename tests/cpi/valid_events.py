"""Events that keep a model, made from its schema; texts and numbers as people and tills write them.

Hypothesis draws only the seed: an event is then made in microseconds, and thousands fit into a test.
"""

from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import strategies as st

from mock_cdp.contract.model import Model

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzÄÖÜäöüß"
PATTERNS = {  # of the contracts that ship
    r"^[A-Z0-9]+-\d{8}-\d+-\d+$": lambda random: (
        f"R{digits(random, 3)}-{digits(random, 8)}-{digits(random, 1)}-{digits(random, 4)}"
    ),
    r"^[A-Z]{3}$": lambda random: random.choice(["EUR", "USD", "CHF", "GBP"]),
    r"^\+[1-9]\d{1,14}$": lambda random: f"+49{digits(random, 10)}",
}


def events(model: Model, *, every_field: bool = False) -> st.SearchStrategy:
    """Return a strategy for events that *model* accepts; with *every_field*, none is left out and arrays have one item or two."""
    seeds = st.randoms(use_true_random=True)
    return seeds.map(lambda random: _value(model.schema, random, every_field=every_field)).filter(model.accepts)


def digits(random: Random, count: int) -> str:
    """Return *count* digits."""
    return "".join(random.choices("0123456789", k=count))


def _value(schema: dict, random: Random, *, every_field: bool) -> object:
    if "enum" in schema:
        return random.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            kept = [
                name
                for name in schema["properties"]
                if every_field or name in schema.get("required", ()) or random.random() < 0.6
            ]
            return {name: _value(schema["properties"][name], random, every_field=every_field) for name in kept}
        case "array":
            least = max(schema.get("minItems", 0), int(every_field))
            return [_value(schema["items"], random, every_field=every_field) for _ in range(random.randint(least, 2))]
        case "number":
            return random.choice([0, random.randint(-500, 500), random.randint(-(10**7), 10**7) / 100])
        case "integer":
            return random.randint(schema.get("minimum", -(10**6)), 10 ** random.randint(1, 6))
        case "boolean":
            return random.random() < 0.5
        case _:
            return _text(schema, random)


def _text(schema: dict, random: Random) -> str:
    least, most = schema.get("minLength", 1), schema.get("maxLength", 20)
    match schema.get("format"):
        case "date":
            return (date(1925, 1, 1) + timedelta(days=random.randint(0, 60_000))).isoformat()
        case "date-time":
            moment = datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 3_700_000_000))
            return random.choice([moment.isoformat(), f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%dT%H:%M:%S.25+01:00}"])
        case "email":
            return f"{random.choice('abc')}{digits(random, 3)}@crm.example.com"
    if "pattern" in schema:
        return PATTERNS[schema["pattern"]](random)
    if least == most > 2:  # an identifier of SAP: digits, with leading zeros
        return digits(random, random.randint(1, most)).zfill(most)
    if random.random() < 0.4:
        return digits(random, random.randint(least, min(most, 13)))
    word = "".join(random.choices(LETTERS, k=random.randint(least, most)))
    return random.choice([word, f"{word[:6]} {word[7:]}x"[:most]]) if least < most - 8 else word
