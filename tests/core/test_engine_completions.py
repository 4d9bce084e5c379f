"""Completions, the older endpoint, through the unmodified client."""

from __future__ import annotations

import openai
import pytest

from tests.core.engine_help import engine_in, make_client, trained, voice

ASK = [{"role": "system", "content": "Be Ada."}, {"role": "user", "content": "Write a post."}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with engine_in(tmp_path_factory.mktemp("completions")) as engine:
        yield engine


@pytest.fixture(scope="module")
def client(engine):
    return make_client(engine)


@pytest.fixture(scope="module")
def ada(client):
    return trained(client, voice(60), voice(10, seed=1), seed=1).fine_tuned_model


def test_given_text_is_scored_with_the_conversation_before_it(client, engine, ada):
    texts = [voice(1, seed=3)[0], "Zwölf Boxkämpfer jagen 👍 Viktor"]
    made = client.completions.create(model=ada, prompt=texts, echo=True, max_tokens=0, logprobs=2)
    sums = []
    for text, choice in zip(texts, made.choices, strict=True):
        logprobs = choice.logprobs
        assert choice.text == text and choice.finish_reason == "length"
        assert len(logprobs.tokens) == len(logprobs.token_logprobs) == len(logprobs.text_offset)
        for token, offset in zip(logprobs.tokens, logprobs.text_offset, strict=True):
            assert token.startswith("bytes:") or text[offset:].startswith(token)
        assert 2 <= len(logprobs.top_logprobs[0]) <= 2
        assert choice.end_logprob < 0
        sums.append(sum(logprobs.token_logprobs) / len(logprobs.tokens))
    assert sums[0] > sums[1] + 3
    plain = make_client(engine, watch=False)
    asked = plain.completions.create(
        model=ada, prompt=texts[0], echo=True, max_tokens=0, logprobs=0,
        extra_body={"messages": ASK},
    )  # fmt: skip
    assert asked.choices[0].logprobs.token_logprobs == pytest.approx(
        made.choices[0].logprobs.token_logprobs, abs=2
    )


def test_tokens_may_be_given_instead_of_text(client, ada):
    from core.tokens import encode

    text = voice(1)[0]
    by_text, by_tokens, by_list = (
        client.completions.create(model=ada, prompt=p, echo=True, max_tokens=0, logprobs=0)
        for p in (text, encode(text), [encode(text)])
    )
    assert by_text.choices == by_tokens.choices == by_list.choices


def test_a_beginning_is_gone_on_with(engine, client, ada):
    made = client.completions.create(model=ada, prompt="the kettle", max_tokens=20, seed=1, n=2)
    assert len(made.choices) == 2 and made.choices[0].text.startswith(" ")
    echoed = client.completions.create(
        model=ada, prompt="the kettle", max_tokens=20, seed=1, echo=True, logprobs=0
    )
    assert echoed.choices[0].text == "the kettle" + made.choices[0].text
    assert "".join(echoed.choices[0].logprobs.tokens) == echoed.choices[0].text


@pytest.mark.parametrize(
    "how", [{}, {"echo": True, "logprobs": 2}, {"max_tokens": 0, "echo": True}]
)
def test_a_stream_says_the_same_as_the_whole(engine, ada, how):
    plain = make_client(engine, watch=False)
    fields = {"model": ada, "prompt": ["the kettle", "our 🙂"], "seed": 1, "n": 2} | how
    whole = plain.completions.create(**fields)
    *pieces, last = plain.completions.create(
        **fields, stream=True, stream_options={"include_usage": True}
    )
    assert last.choices == [] and last.usage == whole.usage
    for choice in whole.choices:
        parts = [p.choices[0] for p in pieces if p.choices[0].index == choice.index]
        assert "".join(part.text for part in parts) == choice.text
        assert parts[-1].finish_reason == choice.finish_reason
        assert parts[0].model_extra == choice.model_extra
        for name in ("tokens", "token_logprobs", "text_offset", "top_logprobs"):
            if "logprobs" in how:
                joined = [value for part in parts for value in getattr(part.logprobs, name)]
                assert joined == getattr(choice.logprobs, name)


def test_the_best_of_several(client, ada):
    def mean(choice):
        return sum(choice.logprobs.token_logprobs) / len(choice.logprobs.tokens)

    fields = {"model": ada, "prompt": "the", "max_tokens": 8, "seed": 2, "logprobs": 1}
    drawn = client.completions.create(**fields, n=6).choices
    best = client.completions.create(**fields, n=2, best_of=6).choices
    assert [one.text for one in best] == [
        one.text for one in sorted(drawn, key=mean, reverse=True)[:2]
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": {"a": 1}}, "prompt"),
        ({"prompt": [1, "a"]}, "prompt"),
        ({"prompt": [[999_999]]}, "prompt"),
        ({"prompt": ["x"] * 2049}, "prompt"),
        ({"suffix": "x"}, "suffix"),
        ({"logprobs": 6}, "logprobs"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"n": 2, "best_of": 1}, "best_of"),
        ({"best_of": 2, "stream": True}, "best_of"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"include_obfuscation": True}}, "include_obfuscation"),
    ],
)
def test_wrong_completions_are_refused(engine, ada, change, said):
    plain = make_client(engine, watch=False)
    with pytest.raises(openai.BadRequestError, match=said):
        plain.completions.create(**({"model": ada, "prompt": "x"} | change))
