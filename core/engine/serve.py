"""The engine over HTTP, for any OpenAI client or tool: ``python -m core.engine serve``."""

from __future__ import annotations

import argparse
import hmac
import ipaddress
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from core.engine.api import Engine
from core.engine.files_api import MAX_FILE
from core.engine.store import MEBIBYTE
from core.engine.wire import ApiError
from core.engine.wire import Response as Answer
from core.problems import Problem

DEFAULT_PORT = 8765
MAX_BODY = MAX_FILE + MEBIBYTE
LEAST_TOKEN = 16


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_tokens(file: Path | None, variable: str) -> list[str]:
    """The bearer tokens that may use the engine: lines of a file, or one in the environment.

    Raises:
        Problem: the file cannot be read, or a token is too short to be one.
    """
    tokens = [variable] if variable else []
    if file is not None:
        try:
            tokens += file.read_text("utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(
                f"The token file {file.name} cannot be read.", "One token a line."
            ) from error
    if any(len(token) < LEAST_TOKEN for token in tokens):
        raise Problem(
            f"A token has fewer than {LEAST_TOKEN} characters.",
            'Make one with: python -c "import secrets; print(secrets.token_urlsafe())"',
        )
    return tokens


def read_models(files: Sequence[Path]) -> dict[str, bytes]:
    """Model files by name.

    Raises:
        Problem: one cannot be read.
    """
    found = {}
    for file in files:
        try:
            found[file.stem] = file.read_bytes()
        except OSError as error:
            raise Problem(
                f"The model file {file.name} cannot be read ({error.strerror}).",
                "Download it on the Train page, and give its path.",
            ) from error
    return found


def check_address(host: str, tokens: Sequence[str]) -> None:
    """Whether the engine may listen there.

    Raises:
        Problem: others could reach it, and nothing would keep them out.
    """
    if not tokens and not is_loopback(host):
        raise Problem(
            f"The engine does not listen on {host} without a token: anybody could use it.",
            "Give --token-file or SOUNDALIKE_TOKEN, or leave --host at 127.0.0.1.",
        )


def make_app(engine: Engine, tokens: Sequence[str] = (), *, loopback: bool = True) -> Starlette:
    """A Starlette application that hands every request to an engine.

    Args:
        tokens: the bearer tokens that are let in; none: every token, each its own tenant.
        loopback: answer only to this machine's own names, so that no web page can reach the
            engine under a name of its own.
    """

    def send(answer: Answer) -> Response:
        if answer.headers["content-type"].startswith("text/event-stream"):
            return StreamingResponse(
                iterate_in_threadpool(answer.chunks), answer.status, answer.headers
            )
        return Response(b"".join(answer.chunks), answer.status, answer.headers)

    async def endpoint(request: Request) -> Response:
        refused = _refusal(request.headers.get("authorization", ""), tokens)
        if refused is not None:
            return send(refused.response())
        try:
            body = await _read(request.stream())
        except ApiError as error:
            return send(error.response())
        except ClientDisconnect:
            return Response(status_code=499)
        answer = await run_in_threadpool(
            engine.handle,
            request.method,
            request.url.path,
            request.url.query,
            dict(request.headers),
            body,
            local=loopback,
        )
        return await run_in_threadpool(send, answer)

    methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"]
    hosts = ["localhost", "127.0.0.1", "[::1]"] if loopback else ["*"]
    return Starlette(
        routes=[Route("/{path:path}", endpoint, methods=methods)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
    )


def _refusal(header: str, tokens: Sequence[str]) -> ApiError | None:
    given = header.partition(" ")[2].strip().encode()
    known = [hmac.compare_digest(given, token.encode()) for token in tokens]
    if not tokens or any(known):
        return None
    return ApiError(401, "Incorrect API key provided.", "invalid_api_key")


async def _read(stream: AsyncIterator[bytes]) -> bytes:
    parts, size = [], 0
    async for part in stream:
        size += len(part)
        if size > MAX_BODY:
            raise ApiError(413, "The request is too large.", "request_too_large")
        parts.append(part)
    return b"".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m core.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="answer OpenAI's fine-tuning API over HTTP")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=DEFAULT_PORT)
    serve.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("SOUNDALIKE_HOME") or Path.home() / ".soundalike"),
        help="where files, jobs and models are kept",
    )
    serve.add_argument(
        "models",
        type=Path,
        nargs="*",
        help="model files (.soundalike) to answer with; a model is called what its file is",
    )
    serve.add_argument("--token-file", type=Path, help="bearer tokens to let in, one a line")
    given = parser.parse_args(arguments)
    try:
        tokens = read_tokens(given.token_file, os.environ.get("SOUNDALIKE_TOKEN", ""))
        check_address(given.host, tokens)
        contents = read_models(given.models)
        engine = Engine(given.folder)
        try:
            for name, content in contents.items():
                engine.lend(name, content)
        except Problem:
            engine.close()
            raise
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    import uvicorn

    app = make_app(engine, tokens, loopback=is_loopback(given.host))
    print(f"The engine listens on http://{given.host}:{given.port}/v1", flush=True)
    try:
        uvicorn.run(app, host=given.host, port=given.port, log_level="warning", access_log=False)
    finally:
        engine.close()
    return 0
