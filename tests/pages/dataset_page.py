"""What tests of the Dataset page share."""

from __future__ import annotations

import httpx2
import openai
import orjson

from core.ui.state import SESSION_KEY


def mine(app):
    return app.session_state[SESSION_KEY]


def made(app):
    return mine(app).cache["dataset"][1]


def fine(app):
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


def open_page(app, key="nan"):
    app.switch_page("pages/upload.py").run()
    app.button(key=f"sample_{key}").click().run()
    app.switch_page("pages/dataset.py").run()
    return fine(app)


def change_table(monkeypatch, change):
    """Stand in for the visitor's typing, which AppTest cannot do; returns what was shown."""
    shown = []

    def data_editor(table, **_options):
        shown.append(table)
        return change(table.copy())

    monkeypatch.setattr("core.ui.dataset_edit.st.data_editor", data_editor)
    return shown


def spoil(data, place, example):
    """Put an example into a finished data set that no recipe would make."""
    training = [*data.training[:place], example, *data.training[place + 1 :]]
    object.__setattr__(data, "training", training)


def answering(monkeypatch, handler):
    """A provider that answers with ``handler(path, body)``; returns what was sent."""
    sent = []

    def respond(request):
        body = orjson.loads(request.content)
        sent.append(body)
        status, answer = handler(request.url.path, body)
        return httpx2.Response(status, json=answer)

    client = httpx2.Client(transport=httpx2.MockTransport(respond))
    monkeypatch.setattr(
        "core.ui.clients.open_client",
        lambda *_, **__: openai.OpenAI(
            api_key="sk-made-up", base_url="http://made.up/v1", http_client=client, max_retries=0
        ),
    )
    return sent
