"""Every setting of the mock, once: name, default, help. Flags, `mock-cdp.toml` and `MOCK_CDP_*` are read from this table."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

ENV_PREFIX = "MOCK_CDP_"
# MOCK_CDP_URL: a client's; the others: secrets, so never a flag or a file
NOT_SETTINGS = frozenset({"url", "key", "admin_key", "admin_secret"})
FILE_NAME = "mock-cdp.toml"
TABLES = frozenset({"gate"})  # of the same file; whoever they are for reads them


class SettingsError(Exception):
    """A setting nobody knows or a value that cannot be; the message is one line saying where, what, and what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the mock behaves. What nobody outside SAP can know is a switch here and an entry in the fidelity ledger."""

    contracts: Annotated[str, Meta(description="Contract folder; empty serves the catalog that ships.")] = ""
    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(description="Port to listen on.", ge=0, le=65535)] = 8080
    store: Annotated[str, Meta(description="Where receipts are kept: a SQLite file, or `sqlite://` for memory.")] = "mock-cdp.db"
    workers: Annotated[int, Meta(description="Worker processes on one store.", ge=1, le=64)] = 1
    threads: Annotated[
        int,
        Meta(
            description="Threads per worker that take deliveries. One is fastest; with more, a client that stalls in "
            "the middle of its body holds nobody up.",
            ge=1,
            le=64,
        ),
    ] = 1
    watch: Annotated[bool, Meta(description="Take up edited contracts while running.")] = True

    answer: Annotated[
        Literal["now", "later"], Meta(description="Refuse bad events in the answer, or answer 202 all the same.")
    ] = "now"
    batch: Annotated[
        Literal["per-event", "all-or-nothing"], Meta(description="Whether one bad event refuses its whole batch.")
    ] = "per-event"
    batch_body: Annotated[
        Literal["array", "object", "both"], Meta(description='Shape of a batch: `[…]`, `{"events":[…]}`, or both.')
    ] = "both"
    duplicate_answer: Annotated[
        Literal["accept", "refuse"], Meta(description="Answer a single duplicate with 202, or with 400.")
    ] = "accept"
    duplicate_members: Annotated[
        Literal["warn", "refuse"], Meta(description="What a member name that occurs twice in an object leads to.")
    ] = "warn"
    data_centre: Annotated[
        Literal["ignore", "check"], Meta(description="Answer 301001 when the host is another data centre's.")
    ] = "ignore"

    configuration_access: Annotated[
        Literal["loopback", "key"],
        Meta(description="Whether callers on this machine may configure without a key, or everybody needs one."),
    ] = "loopback"
    writable: Annotated[bool, Meta(description="Let the configuration API change the files of the contract folder.")] = False

    plain_http_secret: Annotated[Literal["allow", "refuse"], Meta(description="Whether a secret may come over plain http.")] = (
        "allow"
    )
    plus_in_credentials: Annotated[
        Literal["accept", "refuse"],
        Meta(description="Whether a `+` that arrived as a space is forgiven, with a warning."),
    ] = "accept"
    basic_auth: Annotated[bool, Meta(description="Accept HTTP Basic, an extension of this mock.")] = False
    token_request: Annotated[
        Literal["strict", "lenient"],
        Meta(description="Whether /oauth2/token also takes JSON, Basic and URL parameters."),
    ] = "strict"
    token_lifetime_s: Annotated[int, Meta(description="Lifetime of a bearer token in seconds.", ge=1)] = 600
    clock_skew_s: Annotated[int, Meta(description="How far a client's clock may be off, in seconds.", ge=0)] = 300

    max_body_bytes: Annotated[int, Meta(description="Largest body, also after decompression.", ge=1)] = 10 * 1024 * 1024
    max_events: Annotated[int, Meta(description="Most events in one batch.", ge=1)] = 1_000
    max_depth: Annotated[int, Meta(description="Deepest nesting of arrays and objects.", ge=1, le=200)] = 64

    max_receipts: Annotated[int, Meta(description="Most receipts the journal keeps; the oldest go first.", ge=1)] = 100_000
    max_journal_bytes: Annotated[int, Meta(description="Most bytes of bodies the journal keeps.", ge=1)] = 512 * 1024 * 1024
    dedup_window: Annotated[int, Meta(description="Deduplication keys remembered per session and event.", ge=2)] = 1_000_000


def load_settings(flags: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, folder: Path | None = None) -> Settings:
    """Merge defaults, `mock-cdp.toml`, `MOCK_CDP_*` and *flags*, the later ones winning.

    Args:
        flags: Values given on the command line; None means not given.
        environ: Environment; only names starting with `MOCK_CDP_` are read.
        folder: Where `mock-cdp.toml` is looked for; the working directory unless given.

    Raises:
        SettingsError: An unknown name (with the nearest known one) or an impossible value, with its source.
    """
    path = (folder or Path.cwd()) / FILE_NAME
    values: dict[str, Any] = {}
    for source, given, strict in (
        (str(path), _file(path), True),
        ("the environment", _environment(environ), False),
        ("the command line", {name: value for name, value in flags.items() if value is not None}, True),
    ):
        values |= {name: _value(source, name, value, strict=strict) for name, value in given.items()}
    return Settings(**values)


def changed(settings: Settings, given: Mapping[str, Any], *, source: str) -> Settings:
    """Return *settings* with the values *given*, each checked.

    Args:
        settings: What is changed.
        given: New values by name.
        source: Where they are from, for the error.

    Raises:
        SettingsError: An unknown name (with the nearest known one) or an impossible value.
    """
    values = {name: _value(source, name, value, strict=True) for name, value in given.items()}
    return msgspec.structs.replace(settings, **values)


def to_environ(settings: Settings) -> dict[str, str]:
    """Write *settings* as `MOCK_CDP_*`, for worker processes."""
    return {ENV_PREFIX + name.upper(): _text(getattr(settings, name)) for name in Settings.__struct_fields__}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML: {error}") from None
    return {name.replace("-", "_"): value for name, value in table.items() if name not in TABLES}


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    given = {name.removeprefix(ENV_PREFIX).lower(): value for name, value in environ.items() if name.startswith(ENV_PREFIX)}
    return {name: value for name, value in given.items() if name not in NOT_SETTINGS}


def _value(source: str, name: str, value: Any, *, strict: bool) -> Any:
    field = FIELDS.get(name)
    if field is None:
        near = difflib.get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known settings: {', '.join(FIELDS)}"
        if isinstance(value, dict):
            hint = f"settings stand at the top of the file, above any table; tables are {', '.join(sorted(TABLES))}"
        raise SettingsError(f"{source}: unknown setting {name}; {hint}")
    try:
        return msgspec.convert(value, field.type, strict=strict)
    except msgspec.ValidationError as error:
        choices = get_args(get_args(field.type)[0])
        why = f"choose one of: {', '.join(choices)}" if choices else error
        raise SettingsError(f"{source}: {name} = {value!r}: {why}") from None


FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}
