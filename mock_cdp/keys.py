"""The mock's own key, from which session secrets and tokens are derived, and the credentials that may configure everything."""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from mock_cdp.contract.entities import Credentials
from mock_cdp.core.session_keys import derived_credentials
from mock_cdp.settings import ENV_PREFIX, Settings, SettingsError
from mock_cdp.store.sql import MEMORY

KEY_VARIABLE = ENV_PREFIX + "KEY"  # base64 of 32 bytes; workers and replicas that share a store must share it
ADMIN_VARIABLES = (ENV_PREFIX + "ADMIN_KEY", ENV_PREFIX + "ADMIN_SECRET")


def master_key(settings: Settings, environ: Mapping[str, str]) -> bytes:
    """Return the 32 bytes that session secrets and tokens are derived from.

    From `MOCK_CDP_KEY`, else from a file beside the store (made on first use, readable by its owner only), else random.

    Raises:
        SettingsError: It is too short, or its file can be neither read nor made.
    """
    if given := environ.get(KEY_VARIABLE):
        return _decoded(given, KEY_VARIABLE)
    if settings.store in MEMORY:
        return secrets.token_bytes(32)
    path = key_file(settings)
    try:
        return _key_in(path)
    except OSError as error:
        hint = f"name a store in a folder of your own with --store, or set {KEY_VARIABLE}"
        raise SettingsError(f"the key beside the store, {path}: {error.strerror}; {hint}") from None


def _key_in(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _decoded(path.read_text(encoding="ascii", errors="replace"), str(path))
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_bytes(32)
        file.write(base64.b64encode(key).decode())
    return key


def key_file(settings: Settings) -> Path:
    """Return where the key beside the store is kept; never there for a store in memory."""
    return Path(settings.store.removeprefix("sqlite:///") + ".key")


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) < 32:  # noqa: PLR2004  # 256 bits, what the signatures made with it deserve
        raise SettingsError(f"{source} must hold the base64 of at least 32 random bytes; remove it to get a new one")
    return key


def admin_credentials(master_key: bytes, environ: Mapping[str, str]) -> Credentials:
    """Return who may configure everything: from the environment, else derived from the mock's own key.

    Raises:
        SettingsError: Only one half is in the environment.
    """
    user_key, secret = (environ.get(name, "") for name in ADMIN_VARIABLES)
    if bool(user_key) != bool(secret):
        raise SettingsError(f"set both {' and '.join(ADMIN_VARIABLES)}, or neither")
    if user_key:
        return Credentials(user_key=user_key, user_secret=secret)
    return derived_credentials("admin", master_key)
