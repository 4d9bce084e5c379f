"""The HTTP side of the loopback provider: real sockets, every request kept, faults on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Fault:
    """One kind of trouble for the next ``times`` requests that match.

    ``how``: "status" (with ``status``, ``error``, ``headers``), "cut" (the connection closes
    without an answer), "hang" (no answer for ``seconds``), "html" (a web page with ``status``),
    "redirect" (to ``location``), "half" (half of the answer's bytes), "text" (``body``).
    "skip": nothing goes wrong with these requests, so that a later fault hits a later one.
    With ``done`` the request is carried out first and only its answer is lost.
    """

    method: str
    path: str
    how: str
    times: int = 1
    status: int = 500
    error: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 5.0
    location: str = ""
    body: str = ""
    done: bool = False


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Refusal(Exception):
    """An error answer in OpenAI's shape."""

    def __init__(
        self, status: int, message: str, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        kind = "invalid_request_error"
        self.error = {"message": message, "type": kind, "param": param, "code": code}


class LoopbackServer:
    """Listens on 127.0.0.1, on a free port, inside a ``with`` block.

    ``seen`` keeps every request; ``faults`` says which of the next ones go wrong and how.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self.stream_closed_early = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def requests(self, method: str, path: str) -> list[Seen]:
        """Requests whose path ends like ``path``."""
        return [s for s in self.seen if s.method == method and s.path.endswith(path)]

    def fault(self, method: str, path: str, how: str, **more: Any) -> None:
        """Make the next matching requests fail; see ``Fault``."""
        self.faults.append(Fault(method, path, how, **more))

    def answer(self, seen: Seen) -> tuple[int, Any]:
        """Status and body: a JSON value, bytes, or an iterator of bytes for a stream.

        Raises:
            Refusal: an error answer.
        """
        raise NotImplementedError

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: requests hold keys."""

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_GET(self) -> None:
                provider._serve(self)

            do_POST = do_DELETE = do_GET

        return Handler

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length) if length else _read_chunked(handler)
        headers = {k.lower(): v for k, v in handler.headers.items()}
        seen = Seen(handler.command, unquote(url.path), parse_qs(url.query), headers, body)
        with self.lock:
            self.seen.append(seen)
            fault = self._take_fault(seen)
            status, value = 200, {}
            if fault is not None and fault.how == "skip":
                fault = None
            if fault is None or fault.done or fault.how == "half":
                try:
                    status, value = self.answer(seen)
                except Refusal as refusal:
                    status, value = refusal.status, {"error": refusal.error}
        if fault is not None and self._misbehave(handler, fault, value):
            return
        if isinstance(value, Iterator):
            self._send_stream(handler, value)
        elif isinstance(value, bytes):
            _send(handler, status, value, "application/octet-stream")
        else:
            _send(handler, status, json.dumps(value).encode(), "application/json")

    def _take_fault(self, seen: Seen) -> Fault | None:
        for fault in self.faults:
            if fault.method == seen.method and seen.path.endswith(fault.path) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _misbehave(self, handler: BaseHTTPRequestHandler, fault: Fault, value: Any) -> bool:
        match fault.how:
            case "status":
                error = fault.error or {
                    "message": "The server had an error",
                    "type": "server_error",
                }
                payload = json.dumps({"error": error}).encode()
                _send(handler, fault.status, payload, "application/json", fault.headers)
            case "html":
                page = b"<!doctype html><html><title>Sign in</title></html>"
                status = 200 if fault.status == 500 else fault.status
                _send(handler, status, page, "text/html; charset=utf-8")
            case "text":
                _send(handler, 200, fault.body.encode(), "text/plain")
            case "redirect":
                _send(handler, 307, b"", "text/plain", {"location": fault.location})
            case "hang":
                time.sleep(fault.seconds)
                handler.close_connection = True
            case "half":
                payload = json.dumps(value).encode()
                handler.send_response(200)
                handler.send_header("content-type", "application/json")
                handler.send_header("content-length", str(len(payload)))
                handler.end_headers()
                handler.wfile.write(payload[: len(payload) // 2])
                handler.close_connection = True
            case "cut":
                handler.close_connection = True
            case _:
                raise ValueError(fault.how)
        return True

    def _send_stream(self, handler: BaseHTTPRequestHandler, pieces: Iterator[bytes]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        try:
            for piece in pieces:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.stream_closed_early.set()
            handler.close_connection = True


def _read_chunked(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding", "").lower() != "chunked":
        return b""
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    payload: bytes,
    kind: str,
    headers: dict[str, str] | None = None,
) -> None:
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(payload)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(payload)
