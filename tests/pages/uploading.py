"""Giving files to the upload page, and what it then says."""

from __future__ import annotations

import io
import zipfile

from core.ui.state import SESSION_KEY, Session

AMBIGUOUS = (
    b"2/3/21, 10:00 - Ann: hello there\n2/3/21, 10:01 - Bo: hi\n"
    b"5/6/21, 10:02 - Ann: how are you\n5/6/21, 10:03 - Bo: fine\n"
)


def upload(app, *files: tuple[str, bytes]):
    uploader = app.file_uploader[0]
    for name, data in files:
        uploader = uploader.upload(name, data, None)
    uploader.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def mine(app) -> Session:
    return app.session_state[SESSION_KEY]


def said(app) -> str:
    """Everything that the page says, in one string."""
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.header]
    return "\n".join(str(one.value) for one in parts)


def titles(app) -> list[str]:
    return [one.proto.title for one in app.error]


def zipped(**members: bytes) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return box.getvalue()


def locked_zip() -> bytes:
    """A zip whose one member says that it is encrypted."""
    data = bytearray(zipped(chat=b"01/01/2020, 10:00 - Ann: hi\n"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


# ---- bad input ----

CHAT = b"13/01/2020, 10:00 - Ann: hi\n"
