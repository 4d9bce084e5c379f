"""Small personal files that only the right key opens: encrypted, and refused when changed.

SHAKE-256 of key and nonce is the key stream, HMAC-SHA-256 over nonce and text the seal; both are
in the standard library. A key is made of what only its owner has, and is never stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib

MAGIC = b"soundalike sealed 1\n"
NONCE, SEAL = 16, 32


def seal(data: bytes, key: bytes) -> bytes:
    """``data`` compressed and encrypted; different every time."""
    packed, nonce = zlib.compress(data), secrets.token_bytes(NONCE)
    body = nonce + _stream(packed, key, nonce)
    return MAGIC + _seal_of(body, key) + body


def unseal(sealed: bytes, key: bytes, most: int) -> bytes | None:
    """What was sealed; None with another key, when anything was changed, or above ``most`` bytes."""
    start = len(MAGIC)
    body = sealed[start + SEAL :]
    if not sealed.startswith(MAGIC) or len(body) < NONCE:
        return None
    if not hmac.compare_digest(sealed[start : start + SEAL], _seal_of(body, key)):
        return None
    unpack = zlib.decompressobj()
    data = unpack.decompress(_stream(body[NONCE:], key, body[:NONCE]), most)
    return data if unpack.eof else None


def _stream(data: bytes, key: bytes, nonce: bytes) -> bytes:
    """``data`` xor the key stream: encrypts, and decrypts again."""
    stream = hashlib.shake_256(b"stream" + key + nonce).digest(len(data))
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")


def _seal_of(body: bytes, key: bytes) -> bytes:
    return hmac.digest(hashlib.sha256(b"seal" + key).digest(), body, "sha256")
