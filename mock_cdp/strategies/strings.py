"""What a text can look like where several rules about texts hold at once."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any, Final

from mock_cdp.strategies.patterns import Language, language
from mock_cdp.strategies.shapes import Fits, Shape, Values, Words, Written, joined, of_format, of_language
from mock_cdp.strategies.spliced import spliced
from mock_cdp.strategies.tape import Tape, random_tape
from mock_cdp.strategies.texts import edges, fitted, near_misses, numbered
from mock_cdp.strategies.texts import of_format as written_as
from mock_cdp.strategies.vocabulary import Schema, Vocabulary

_READY: Final = 4  # texts kept for when the tape leads to none
_SEEDS: Final = 40
_NUMBERED: Final = 64
_UNLIMITED: Final = 10**9
_SHOWN: Final = 40  # characters up to which repetitions are used where there is no limit
_TOO_LONG: Final = 100_000


def strings(vocabulary: Vocabulary, schemas: tuple[Schema, ...]) -> Shape | None:
    """Return the texts that keep *schemas* (without combinations), or None if none was found."""
    least = max((int(one["minLength"]) for one in schemas if "minLength" in one), default=0)
    most = min((int(one["maxLength"]) for one in schemas if "maxLength" in one), default=_UNLIMITED)
    if least > min(most, _TOO_LONG):
        return None
    patterns = list(dict.fromkeys(one["pattern"] for one in schemas if "pattern" in one))
    formats = [one["format"] for one in schemas if "format" in one and written_as(one["format"])]
    refused = [one["not"] for one in schemas if "not" in one and "type" not in one["not"]]
    if not patterns and not formats and not refused:
        return Words(least, most)
    fits = vocabulary.judge((*schemas, {"type": "string"}))
    if refused:
        texts = [text for text in dict.fromkeys(_unwanted(refused, patterns, formats, least, most)) if fits(text)]
        return Values(texts) if texts else None
    writers = list(_writers(patterns, formats, least, most))
    ready = _ready(writers, fits)
    if not ready and formats and patterns:
        writers = list(spliced(list(_writers([], formats, least, most)), _languages(patterns, 0, most), fits))
        ready = _ready(writers, fits)
    ready = ready or [text for text in _plain_texts(least, most) if fits(text)][:_READY]
    if not writers or not ready:
        return Values(ready) if ready else None
    return Written(writers, ready, fits)


def _writers(patterns: list[str], formats: list[str], least: int, most: int) -> Iterator[Callable[[Tape], str]]:
    for name in formats:
        if write := written_as(name):
            yield of_format(name, write, least, most)
    texts = _languages(patterns, least, most)
    yield from map(of_language, texts)
    if len(texts) > 1:
        shorter = _languages(patterns, 0, most)
        yield from (joined(first, second) for first, second in permutations(shorter, 2))


def _languages(patterns: list[str], least: int, most: int) -> list[Language]:
    limit = max(_SHOWN, least) if most == _UNLIMITED else most
    found = (language(pattern, least, limit) for pattern in patterns)
    return [texts for texts in found if texts is not None]


def _ready(writers: list[Callable[[Tape], str]], fits: Fits) -> list[str]:
    found: dict[str, None] = {}
    for write in writers:
        for seed in range(_SEEDS):
            if len(found) >= _READY:
                break
            text = write(random_tape(seed))
            if fits(text):
                found[text] = None
    return list(found)


def _plain_texts(least: int, most: int) -> Iterator[str]:
    yield from (fitted(numbered(number), least, most) for number in range(_NUMBERED))


def _unwanted(refused: list[Any], patterns: list[str], formats: list[str], least: int, most: int) -> Iterator[str]:
    """Yield texts of which some break what is *refused*: near misses, then texts spoiled a little, then any."""
    for one in refused:
        yield from near_misses(str(one.get("format", "")))
    right = [write(random_tape(seed)) for write in _writers(patterns, formats, least, most) for seed in range(_SEEDS)]
    wrong = [one["pattern"] for one in refused if "pattern" in one]
    spoiled = [texts.text(random_tape(seed)) for texts in _languages(wrong, least, most) for seed in range(3)]
    yield from right
    yield from (text for name in formats for text in edges(name))
    for text in spoiled:
        yield from (text.lower(), f" {text}", f"{text} ", text[:-1], text[1:], f"{text}0", f"-{text}")
    yield from (fitted(text, least, most) for text in spoiled for text in (text[:-1] + " ", "?" + text[1:]))
    yield from _plain_texts(least, most)
    yield from ("?" * least, " " * max(least, 1), "\u00e4" * max(least, 1), "a" * max(least, 1))
