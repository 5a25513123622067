"""A limit to what is read of a request's body."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The longest form has a reason of a few hundred characters.
LIMIT_BYTES = 64 * 1024


class BodyLimit:
    """Ends a request with 413 Content Too Large when its body grows too long.

    Args:
        app: What reads the body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        read = 0

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LIMIT_BYTES:
                raise HTTPException(413, f"the request is too long: send at most {LIMIT_BYTES} bytes")
            return message

        await self._app(scope, receive_some, send)
