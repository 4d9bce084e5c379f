"""The way from the openai client to the engine, without a port."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2

from core.engine.api import Engine


class _Body(httpx2.SyncByteStream):
    """Chunks as they are made; closing it stops the making."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class EngineTransport(httpx2.BaseTransport):
    """Hands requests of an ``httpx2.Client`` to an engine; answers stream as they are made.

    ``local`` says whether the person at this machine is behind it; see ``Engine.handle``.
    """

    def __init__(self, engine: Engine, *, local: bool = False) -> None:
        self._engine, self._local = engine, local

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        answer = self._engine.handle(
            request.method,
            request.url.path,
            request.url.query,
            dict(request.headers),
            body,
            local=self._local,
        )
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.chunks), request=request
        )
