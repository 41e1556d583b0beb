"""A broken rule as a value; what to answer because of it is decided elsewhere."""

import msgspec

FOUND_LIMIT = 120  # characters of a found value that an error shows; enough to recognise it in a payload


class Violation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One broken rule of one event (or of one delivery, when no event could be read).

    Attributes:
        code: What kind of rule, in kebab case: a JSON Schema keyword (`type`, `required`, `min-items`) or one of ours.
        pointer: JSON Pointer into the event; `""` is the event itself.
        message: One sentence for the sender.
        keyword: The JSON Schema keyword as the model writes it, or `""` when the rule is not the model's.
        schema_pointer: JSON Pointer into the model.
        expected: What the rule demands, shortened.
        found: What stood there, as JSON text, shortened.
        index: Position of the event in its delivery; 0 for a single one.
    """

    code: str
    pointer: str
    message: str
    keyword: str = ""
    schema_pointer: str = ""
    expected: str = ""
    found: str = ""
    index: int = 0


def shortened(text: str, limit: int = FOUND_LIMIT) -> str:
    """Cut *text* to *limit* characters and say that it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
