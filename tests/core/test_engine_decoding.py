"""Drawing tokens: whole characters, stops, seeds, penalties, and the choice among drafts."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine import scoring
from core.engine.base_text import base_model
from core.engine.candidates import (
    MAX_DRAFTS,
    STRICTNESS,
    bad_form,
    best_answer,
    is_known,
    judge,
    longest_known_run,
    repeated_share,
    seam_share,
    topic_tokens,
)
from core.engine.decoding import (
    Decoding,
    Drawn,
    Piece,
    Writer,
    answer,
    continues_text,
    score,
    token_bytes,
)
from core.engine.language_model import build_language_model
from core.engine.ngrams import END, START, make_stream
from core.engine.prompts import Exchange, Prompt, read_prompt
from core.engine.start import begin
from core.engine.training import Plan, train
from core.engine.tuned import Speaker, base_speaker, tuned_speaker
from core.tokens import encode
from tests.core.engine_help import voice

STRANGE = [
    "日本語のテキストです。",
    "émigré naïve – “quoted” … ¿qué?",
    "👩‍👩‍👧‍👦 family 🏳️‍🌈 🇫🇷",
    "नमस्ते दुनिया",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 ꙮ",
    "שלום עולם",
    "z̷a̷l̷g̷o̷",
]


def speaker_of(texts: list[str], epochs: int = 4) -> Speaker:
    examples = [[Exchange(Prompt(), tuple(encode(text)))] for text in texts]
    start = begin([e[0].answer for e in examples], [], ("en",))
    *_, last = train(start, examples, [], Plan(epochs, 2, 1.0, 0))
    return tuned_speaker(start.tables.base, last.learnt)


@pytest.fixture(scope="module")
def strange_speaker() -> Speaker:
    return speaker_of(STRANGE * 3)


@pytest.fixture(scope="module")
def ada() -> Speaker:
    return speaker_of(voice(60))


def text_of(pieces) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("temperature", [0.7, 2.0])
def test_no_character_is_ever_cut(strange_speaker, seed, temperature):
    for length in (1, 2, 3, 7, 40):
        for evidence in (True, False):
            decoding = Decoding(
                temperature=temperature, min_p=0, seed=seed, max_tokens=length, evidence=evidence
            )
            pieces = list(answer(strange_speaker, Prompt(), decoding))
            text = text_of(pieces)
            assert "\ufffd" not in text
            whole = b"".join(one.data for piece in pieces for one in piece.drawn)
            assert whole.startswith(text.encode())
            assert len(whole) - len(text.encode()) < 4
            assert pieces[-1].finish in ("stop", "length")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=12), st.data())
def test_a_writer_gives_out_what_came_in_however_it_was_cut(text, data):
    whole = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    writer = Writer(())
    written = [writer.add(whole[a:b])[0] for a, b in itertools.pairwise([0, *cuts, len(whole)])]
    assert "".join(written) + writer.rest() == whole.decode()


@pytest.mark.parametrize(
    ("pending", "more", "fits"),
    [
        (b"", b"a", True),
        (b"", "é".encode()[:1], True),
        ("é".encode()[:1], "é".encode()[1:], True),
        ("é".encode()[:1], b"a", False),
        (b"", b"\x80", False),
        ("👍".encode()[:2], "👍".encode()[2:] + b"!", True),
    ],
)
def test_bytes_that_would_break_a_character(pending, more, fits):
    assert continues_text(pending, more) is fits


@pytest.mark.parametrize(
    ("pieces", "stop", "text"),
    [
        (["ab", "cd"], ("bc",), "a"),
        (["ab", "cd"], ("bx",), "abcd"),
        (["a", "\n", "\n", "b"], ("\n\n",), "a"),
        (["one STOP two"], ("STOP", "two"), "one "),
        (["xaaab"], ("aab",), "xa"),
        (["én", "d"], ("nd",), "é"),
    ],
)
def test_stop_texts_end_an_answer_wherever_they_fall(pieces, stop, text):
    writer, written = Writer(stop), ""
    for piece in pieces:
        more, stopped = writer.add(piece.encode())
        written += more
        if stopped:
            break
    else:
        written += writer.rest()
    assert written == text


def test_stop_text_in_an_answer(ada):
    plain = text_of(answer(ada, Prompt(), Decoding(seed=3)))
    stop = plain[len(plain) // 2 : len(plain) // 2 + 3]
    pieces = list(answer(ada, Prompt(), Decoding(seed=3, stop=(stop,))))
    assert text_of(pieces) == plain[: plain.index(stop)]
    assert pieces[-1].finish == "stop"


def test_one_seed_gives_one_answer_and_indexes_give_others(ada):
    def write(seed, index=0):
        return text_of(answer(ada, Prompt(), Decoding(seed=seed), index))

    assert write(1) == write(1)
    assert len({write(1, index) for index in range(6)}) > 3
    assert len({write(None) for _ in range(6)}) > 3
    assert write(-5) == write(5)


def test_temperature_zero_takes_the_likeliest(ada):
    decoding = Decoding(temperature=0, evidence=False, top_logprobs=1)
    for piece in answer(ada, Prompt(), decoding):
        for one in piece.drawn[:1]:
            assert one.top[0][0] in (one.data, b"")


def test_top_p_leaves_the_tail_out(ada):
    decoding = Decoding(temperature=2, top_p=0.01, min_p=0, evidence=False, seed=1, top_logprobs=1)
    for piece in answer(ada, Prompt(), decoding):
        assert all(one.top[0][0] in (one.data, b"") for one in piece.drawn)


def test_min_p_leaves_the_tail_out(ada):
    decoding = Decoding(temperature=2, min_p=0.5, evidence=False, seed=1, top_logprobs=2)
    for piece in answer(ada, Prompt(), decoding):
        for one in piece.drawn:
            floor = max(value for token, value in one.top if token != END or piece.finish)
            assert one.log_probability >= floor + np.log(0.5) - 1e-4


def test_bias_and_penalties(ada):
    moon = encode(" moon")[0]
    decoding = Decoding(seed=1, logit_bias={moon: 100.0}, max_tokens=3, evidence=False)
    assert text_of(answer(ada, Prompt(), decoding)) == " moon moon moon"
    never = {encode(subject)[0]: -100.0 for subject in voice(60)}
    text = text_of(answer(ada, Prompt(), Decoding(seed=1, logit_bias=never)))
    assert encode(text)[0] not in never
    often = Decoding(seed=1, logit_bias={moon: 15.0}, frequency_penalty=2, max_tokens=40)
    less = text_of(answer(ada, Prompt(), often)).count("moon")
    free = Decoding(seed=1, logit_bias={moon: 15.0}, max_tokens=40)
    assert less < text_of(answer(ada, Prompt(), free)).count("moon")


def test_an_answer_is_never_empty(ada):
    certain = Decoding(seed=1, logit_bias={END: 100.0})
    assert text_of(answer(ada, Prompt(), certain))


def test_a_begun_answer_goes_on(ada):
    begun = encode("the kettle")
    text = text_of(answer(ada, Prompt(), Decoding(seed=2), 0, begun))
    assert text.startswith(" ") and "kettle" not in text
    half = "👍".encode()[:2]
    writer = Writer(())
    writer.skip(b"ok " + half)
    assert writer.add("👍".encode()[2:])[0] == "👍"


def test_scores_are_the_probabilities_of_drawing(ada):
    pieces = list(answer(ada, Prompt(), Decoding(seed=4)))
    drawn = [one for piece in pieces for one in piece.drawn]
    scored = score(ada, Prompt(), [one.token for one in drawn[:-1]], top=2)
    assert [one.log_probability for one in scored] == pytest.approx(
        [one.log_probability for one in drawn], rel=1e-5
    )
    assert all(one.top[0][1] >= one.top[1][1] for one in scored)
    assert scored[-1].token == END and scored[-1].data == b""


@pytest.mark.parametrize("tuned", [True, False])
@pytest.mark.parametrize("prompt", [Prompt(), read_prompt("the kettle and the moon")])
def test_many_texts_are_scored_as_each_alone(ada, monkeypatch, tuned, prompt):
    speaker = ada if tuned else base_speaker(base_model(("en",)))
    texts = [encode(text) for text in [*voice(5, seed=3), *STRANGE, ""]]
    alone = [score(speaker, prompt, text) for text in texts]
    monkeypatch.setattr(scoring, "MANY_TOKENS", 0)
    together = scoring.score_texts(speaker, prompt, texts)
    for one, other in zip(alone, together, strict=True):
        assert [(d.token, d.data) for d in one] == [(d.token, d.data) for d in other]
        assert [d.log_probability for d in one] == pytest.approx(
            [d.log_probability for d in other], rel=1e-3
        )


def test_the_persons_text_is_likelier_after_training(ada):
    text = encode(voice(5, seed=9)[0])
    tuned, base = (
        sum(one.log_probability for one in score(speaker, Prompt(), text))
        for speaker in (ada, base_speaker(base_model(("en",))))
    )
    assert tuned > base + 10


def test_evidence_keeps_unheard_of_pairs_out(ada):
    keys = [{(k >> 18, k & ((1 << 18) - 1)) for k in m.keys[0]} for m in (ada.weights, ada.memory)]
    for seed in range(10):
        pieces = answer(ada, Prompt(), Decoding(seed=seed))
        tokens = [START, *(one.token for piece in pieces for one in piece.drawn)]
        assert all(pair in keys[0] | keys[1] for pair in itertools.pairwise(tokens))


# ---- drafts ----


def piece(text: str, finish="stop", log_probability=-3.0) -> list[Piece]:
    drawn = [Drawn(token, token_bytes(token), log_probability) for token in encode(text)]
    return [Piece(text, tuple(drawn), finish)]


@pytest.mark.parametrize(
    ("text", "cut", "faults"),
    [("fine.", False, 0), ('he said "no', False, 1), ("(a", True, 2), ("well ,. no", False, 2)],
)
def test_form(text, cut, faults):
    assert bad_form(text, cut) == faults


def test_longest_known_run():
    memory = build_language_model(make_stream([[1, 2, 3, 4, 5], [9, 9]]))
    assert longest_known_run(memory, [1, 2, 3, 4, 5]) == 5
    assert longest_known_run(memory, [7, 2, 3, 4, 5, 7]) == 4
    assert longest_known_run(memory, [7, 2, 3, 4, 7, 7]) == 0
    assert longest_known_run(memory, [5, 4, 3]) == 0
    assert longest_known_run(memory, []) == 0


def test_a_whole_known_text_is_recognised():
    memory = build_language_model(make_stream([[1, 2, 3, 4, 5], [9, 9], [8]]))
    known = [[1, 2, 3, 4, 5], [9, 9], [8]]
    new = [[2, 3, 4, 5], [1, 2, 3, 4], [9], [9, 9, 9], [8, 8], [1]]
    assert [is_known(memory, text) for text in known + new] == [True] * 3 + [False] * 6


def test_repeats_and_seams_are_counted(ada):
    assert repeated_share([]) == repeated_share([1, 2]) == repeated_share([1, 2, 3, 4]) == 0
    assert repeated_share([1, 2, 3, 1, 2, 3]) == pytest.approx(1 / 4)
    known = encode(voice(60)[0])
    assert seam_share(ada, [*known, END]) == 0
    assert 0 < seam_share(ada, [*known[::-1], END]) <= 1


def test_attested_tokens_have_the_probabilities_of_the_whole_distribution(ada):
    for speaker in (ada, base_speaker(base_model(("en",)))):
        answering = speaker.begin(read_prompt("tell me about the marmalade"))
        for token in encode(voice(60)[3]):
            dense, some = answering.next_probabilities(), answering.attested([7])
            assert 7 in some.tokens and (np.diff(some.tokens) > 0).all()
            assert some.probabilities == pytest.approx(dense[some.tokens], rel=1e-4)
            answering.write(token)


def test_each_criterion_decides_between_equals(ada):
    prompt = read_prompt("tell me about the marmalade")
    wanted = topic_tokens(ada, prompt)
    assert any("marm" in token_bytes(t).decode() for spellings in wanted for t in spellings)
    better_and_worse = [
        (
            [],
            piece("our boat hums in rain, noted."),
            piece("our boat hums in rain, noted.", "length"),
        ),
        ([], piece("a kettle hums at noon."), piece("a kettle hums at noon.", log_probability=-6)),
        (wanted, piece("marmalade wins twice, noted."), piece("a bicycle wins, as usual, noted.")),
        ([], piece("some other text of the same, alas!"), piece(voice(60)[0])),
    ]
    for topic, better, worse in better_and_worse:
        assert judge(ada, topic, better) > judge(ada, topic, worse)


def test_the_best_of_several_drafts_is_taken(ada):
    decoding = Decoding(seed=11)
    drafts = [
        list(answer(ada, Prompt(), replace(decoding, strictness=strictness), number))
        for number, strictness in zip(range(5), STRICTNESS, strict=False)
    ]
    best = max(drafts, key=lambda pieces: judge(ada, [], pieces))
    assert text_of(best_answer(ada, Prompt(), decoding, 0, 5)) == text_of(best)
    other = best_answer(ada, Prompt(), decoding, 1, 1)
    assert text_of(other) == text_of(answer(ada, Prompt(), decoding, MAX_DRAFTS))
