"""Chat completions, and stored ones, through the unmodified client."""

from __future__ import annotations

import time

import openai
import pytest

from core.engine import BASE_MODEL, chat_api
from core.engine.candidates import DRAFTS
from tests.core.engine_help import engine_in, make_client, trained, voice

ASK = [{"role": "system", "content": "Be Ada."}, {"role": "user", "content": "Write a post."}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with engine_in(tmp_path_factory.mktemp("chat")) as engine:
        yield engine


@pytest.fixture(scope="module")
def client(engine):
    return make_client(engine)


@pytest.fixture(scope="module")
def ada(client):
    return trained(client, voice(60), voice(10, seed=1), seed=1).fine_tuned_model


def ask(client, model, **more):
    return client.chat.completions.create(model=model, messages=ASK, **more)


def test_an_answer_in_the_persons_voice(client, ada):
    answer = ask(client, ada, seed=1, temperature=0.8)
    text = answer.choices[0].message.content
    assert text and "," in text and answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens == 3 + (4 + 3) + (4 + 4)
    told = answer.soundalike
    assert told["drafts"] == DRAFTS and told["chosen_by"] and told["system_messages"] == "ignored"


def test_one_seed_one_answer_streamed_or_not(client, ada):
    for n in (1, 3):
        whole = ask(client, ada, seed=5, n=n)
        texts = [choice.message.content for choice in whole.choices]
        streamed, reasons, usage = [""] * n, [None] * n, None
        for chunk in ask(client, ada, seed=5, n=n, stream=True):
            for choice in chunk.choices:
                streamed[choice.index] += choice.delta.content or ""
                reasons[choice.index] = choice.finish_reason or reasons[choice.index]
            usage = chunk.usage
        assert streamed == texts and len(set(texts)) == n
        assert reasons == [choice.finish_reason for choice in whole.choices]
        assert usage is None
    assert ask(client, ada, seed=6).choices[0].message.content != texts[0]


def test_the_usage_comes_last_when_asked_for(client, ada):
    whole = ask(client, ada, seed=5)
    *_, last = ask(client, ada, seed=5, stream=True, stream_options={"include_usage": True})
    assert last.choices == [] and last.usage == whole.usage


def test_a_stream_is_made_while_it_is_read(engine, client, ada, monkeypatch):
    made = []
    real = chat_api.answer

    def counted(*arguments):
        for piece in real(*arguments):
            made.append(piece)
            yield piece

    monkeypatch.setattr(chat_api, "answer", counted)
    plain = make_client(engine, watch=False)
    with ask(plain, ada, seed=2, stream=True, extra_body={"drafts": 1}) as stream:
        pieces = iter(stream)
        next(pieces)
        next(pieces)
        few = len(made)
        rest = sum(1 for _ in pieces)
    assert few <= 2 < rest
    made.clear()
    with ask(plain, ada, seed=2, stream=True, extra_body={"drafts": 1}) as stream:
        next(iter(stream))
    assert len(made) <= 2


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs_of_an_answer(client, ada, stream):
    answer = ask(client, ada, seed=3, logprobs=True, top_logprobs=3, stream=stream)
    if stream:
        choices = [choice for chunk in answer for choice in chunk.choices]
        tokens = [t for c in choices if c.logprobs for t in c.logprobs.content]
        text = "".join(c.delta.content or "" for c in choices)
    else:
        tokens = answer.choices[0].logprobs.content
        text = answer.choices[0].message.content
    assert bytes(b for t in tokens for b in t.bytes).decode() == text
    assert tokens[-1].token == "" and len(tokens[0].top_logprobs) == 3
    assert all(t.logprob <= 0 for t in tokens)
    given = ask(client, ada, seed=3).choices[0]
    assert given.message.content == text and given.logprobs is None


def test_max_tokens_and_stop(client, ada):
    cut = ask(client, ada, seed=1, max_tokens=2)
    assert cut.choices[0].finish_reason == "length" and cut.usage.completion_tokens == 2
    same = ask(client, ada, seed=1, max_completion_tokens=2)
    assert same.choices[0].message.content == cut.choices[0].message.content
    stopped = ask(client, ada, seed=1, stop=[","])
    assert "," not in stopped.choices[0].message.content
    assert stopped.choices[0].finish_reason == "stop"


def test_base_and_tuned_differ(client, ada):
    assert ask(client, BASE_MODEL, seed=1).choices[0].message.content
    words = " ".join(voice(60)).split()
    share = {}
    for model in (BASE_MODEL, ada):
        texts = [c.message.content for c in ask(client, model, seed=1, n=20).choices]
        said = " ".join(texts).split()
        share[model] = sum(word in words for word in said) / len(said)
    assert share[ada] > 0.9 > share[BASE_MODEL] + 0.2


def test_content_parts_and_empty_prompts(client, ada):
    parts = [{"type": "text", "text": "Write a post."}]
    one = client.chat.completions.create(
        model=ada, messages=[{"role": "user", "content": parts}], seed=1
    )
    two = client.chat.completions.create(
        model=ada, messages=[{"role": "user", "content": "Write a post."}], seed=1
    )
    assert one.choices[0].message.content == two.choices[0].message.content
    empty = [{"role": "assistant", "content": "hello"}]
    assert client.chat.completions.create(model=ada, messages=empty).choices[0].message.content


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages"),
        ({"messages": ["x"]}, "messages"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"n": 0}, "n'"),
        ({"n": 129}, "n'"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": [1]}, "stop"),
        ({"seed": "x"}, "seed"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"5": 101}}, "logit_bias"),
        ({"top_logprobs": 21, "logprobs": True}, "top_logprobs"),
        ({"extra_body": {"drafts": 99}}, "drafts"),
        ({"extra_body": {"min_p": 2}}, "min_p"),
        ({"model": None}, "model"),
    ],
)
def test_wrong_requests_are_refused(engine, ada, change, said):
    plain = make_client(engine, watch=False)
    with pytest.raises(openai.BadRequestError, match=said):
        plain.chat.completions.create(**({"model": ada, "messages": ASK} | change))


def test_a_body_that_is_no_json_is_refused(engine):
    headers = {"Authorization": "Bearer abc"}
    for body in (b"{", b"[]", b"\xff"):
        answer = engine.handle("POST", "/v1/chat/completions", None, headers, body)
        assert answer.status == 400


# ---- stored ----


@pytest.mark.parametrize("n", [1, 2])
def test_a_streamed_answer_is_stored_when_it_has_ended(engine, n):
    client = make_client(engine, "tenant-stream", watch=False)
    how = {"seed": 4, "n": n, "logprobs": True, "metadata": {"n": str(n)}}
    stream = ask(client, BASE_MODEL, store=True, stream=True, **how)
    next(iter(stream))
    assert list(client.chat.completions.list(metadata={"n": str(n)})) == []
    *_, last = stream
    (kept,) = client.chat.completions.list(metadata={"n": str(n)})
    whole = ask(client, BASE_MODEL, store=True, **how)
    assert kept.id == last.id and kept.choices == whole.choices and kept.usage == whole.usage
    assert kept.object == "chat.completion"


def test_storing_needs_room_before_anything_is_written(engine, monkeypatch):
    monkeypatch.setattr("core.engine.files_api.MAX_TENANT", 3000)
    client = make_client(engine, "tenant-full", watch=False)
    long = [{"role": "user", "content": "x" * 4000}]
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError, match="quota"):
            client.chat.completions.create(
                model=BASE_MODEL, messages=long, store=True, stream=stream
            )
    assert list(client.chat.completions.list()) == []


def test_stored_completions(engine, client, ada):
    plain = make_client(engine, watch=False)
    made = [ask(client, ada, seed=n, store=True, metadata={"n": str(n)}) for n in range(3)]
    ask(client, ada, seed=9)
    chats = plain.chat.completions
    assert [one.id for one in chats.list()] == [one.id for one in made]
    assert [one.id for one in chats.list(order="desc", limit=2)] == [m.id for m in made[::-1]]
    assert [one.id for one in chats.list(metadata={"n": "1"})] == [made[1].id]
    assert list(chats.list(model="other")) == []
    kept = chats.retrieve(made[0].id)
    assert kept.choices[0].message.content == made[0].choices[0].message.content
    assert [m.content for m in chats.messages.list(made[0].id)] == ["Be Ada.", "Write a post."]
    assert [m.content for m in chats.messages.list(made[0].id, order="desc", limit=1)] == [
        "Write a post.",
        "Be Ada.",
    ]
    assert chats.update(made[0].id, metadata={"x": "y"}).metadata == {"x": "y"}
    other = make_client(engine, "tenant-two", watch=False).chat.completions
    assert list(other.list()) == []
    for call in (other.retrieve, other.delete):
        with pytest.raises(openai.NotFoundError):
            call(made[0].id)
    assert chats.delete(made[0].id).deleted
    with pytest.raises(openai.NotFoundError):
        chats.retrieve(made[0].id)


def test_many_threads_get_their_own_answers(engine, ada):
    import concurrent.futures

    alone = make_client(engine)
    expected = [ask(alone, ada, seed=n).choices[0].message.content for n in range(8)]
    clients = [make_client(engine, watch=False) for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        got = list(
            pool.map(lambda n: ask(clients[n], ada, seed=n).choices[0].message.content, range(8))
        )
    assert got == expected


def test_the_base_speaks_the_language_it_is_spoken_to(tmp_path):
    with engine_in(tmp_path) as engine:
        client = make_client(engine)
        said = "Kannst du mir bitte sagen, wann der nächste Zug nach Hause fährt?"
        german = client.chat.completions.create(
            model=BASE_MODEL, messages=[{"role": "user", "content": said}], seed=1, n=8
        )
        text = " ".join(choice.message.content for choice in german.choices).split()
        assert any(word in ("ich", "die", "der", "das", "ist", "und", "nicht") for word in text)
        began = time.time()
        assert client.chat.completions.create(model=BASE_MODEL, messages=ASK).created >= int(began)
