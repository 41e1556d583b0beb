"""Sessions: opened with fresh credentials, found by their user key, closed with everything in them."""

from typing import Final

from mock_cdp.core.keyholder import Keyholder
from mock_cdp.core.receipt import Session
from mock_cdp.core.session_keys import new_session_id, session_secret, session_user_key
from mock_cdp.store.base import Store

_CACHED: Final = 4_096


class Sessions:
    """The sessions of a store; their secrets are derived, so that none is kept."""

    def __init__(self, store: Store, master_key: bytes) -> None:
        """Derive secrets from *master_key*, 32 bytes."""
        self._store = store
        self._master_key = master_key
        self._holders: dict[str, tuple[bytes, Keyholder]] = {}

    def open(self, *, label: str = "", public_key: str = "", now: float) -> Session:
        """Make and remember a session with fresh credentials.

        Args:
            label: What the creator calls it.
            public_key: PEM for self-signed JWTs, or `""`.
            now: Unix seconds.
        """
        session_id = new_session_id()
        session = Session(
            id=session_id,
            user_key=session_user_key(session_id, self._master_key),
            created_at=now,
            public_key=public_key,
            label=label,
        )
        self._store.add_session(session)
        return session

    def close(self, session_id: str) -> bool:
        """Forget a session with all its receipts; whether there was one."""
        return self._store.drop_session(session_id)

    def secret_of(self, session: Session) -> str:
        """Return a session's secret, derived anew each time."""
        return session_secret(session.user_key, self._master_key)

    def holder(self, user_key: str) -> Keyholder | None:
        """Return which session holds *user_key*."""
        mark = self._store.configuration_mark()  # another one once any worker has dropped a session
        cached = self._holders.get(user_key)
        if cached is not None and cached[0] == mark:
            return cached[1]
        self._holders.pop(user_key, None)
        session = self._store.session(user_key)
        if session is None or session.user_key != user_key:
            return None
        holder = Keyholder(
            user_key=user_key,
            secret=self.secret_of(session),
            public_key=session.public_key,
            session=session.id,
        )
        if len(self._holders) >= _CACHED:
            self._holders.clear()
        self._holders[user_key] = (mark, holder)
        return holder
