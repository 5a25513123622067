"""Who is signed in: random ids, kept in memory, for some hours."""

import secrets
import threading
import time
from collections.abc import Callable

import msgspec

COOKIE = "hallmark_session"
LIFETIME_SECONDS = 8 * 3600
_MOST = 1000  # sessions at a time; the oldest ends when there are more


class Session(msgspec.Struct, kw_only=True):
    """One person signed in.

    Attributes:
        id: The secret in the cookie.
        name: Who it is, as they say.
        csrf: The secret in every form of theirs.
        ends: When it ends, by the clock of `Sessions`.
        notice: What the next page tells them once; empty for nothing.
    """

    id: str
    name: str
    csrf: str
    ends: float
    notice: str = ""


class Sessions:
    """All sessions of a server. They end with it.

    Args:
        clock: Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def start(self, name: str) -> Session:
        """Start a session for `name`."""
        now = self._clock()
        session = Session(
            id=secrets.token_urlsafe(32),
            name=name,
            csrf=secrets.token_urlsafe(32),
            ends=now + LIFETIME_SECONDS,
        )
        with self._lock:
            kept = [other for other in self._sessions.values() if other.ends > now][-(_MOST - 1) :]
            self._sessions = {other.id: other for other in (*kept, session)}
        return session

    def find(self, session_id: str | None) -> Session | None:
        """Return the session with this id; None if there is none, or it has ended."""
        with self._lock:
            session = self._sessions.get(session_id or "")
        return session if session is not None and session.ends > self._clock() else None

    def end(self, session_id: str) -> None:
        """End a session, if there is one with this id."""
        with self._lock:
            self._sessions.pop(session_id, None)

    def take_notice(self, session: Session) -> str:
        """Return what is to be told once, and forget it."""
        with self._lock:
            notice, session.notice = session.notice, ""
        return notice
