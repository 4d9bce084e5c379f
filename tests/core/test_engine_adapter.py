"""The adapter against a dense softmax and finite differences; memory, preferences, storage."""

from __future__ import annotations

import numpy as np
import pytest

from core.engine.adapter import Adapter, Learning
from core.engine.features import choose_minimum, make_positions, make_tables, prune
from core.engine.language_model import build_language_model, interpolate
from core.engine.material import Material
from core.engine.memory import BUCKETS, fit_shares, likeliest, mix, recall
from core.engine.ngrams import (
    END,
    START,
    TOKEN_MASK,
    VOCABULARY,
    contexts_of,
    count_ngrams,
    make_stream,
)
from core.engine.preference import Pair, train_preferences
from core.engine.prompts import (
    COMMON,
    COPY_CLASSES,
    NEXT,
    Copying,
    Exchange,
    Prompt,
    choose_copied,
    instruction_tokens,
    read_prompt,
)
from core.engine.ranking import is_best
from core.engine.start import begin
from core.engine.training import Plan, train
from core.engine.tuned import base_speaker, pack, tuned_speaker, unpack
from core.tokens import encode

BASE_TEXTS = [[1, 2, 3, 4], [1, 2, 5], [6, 2, 3], [1, 2, 3, 7], [8, 9], [4, 4, 4], [2, 3, 4, 9]]
MINE = [[1, 2, 9, 9], [2, 3, 4], [1, 2, 9, 11], [12, 2, 3], [1, 2, 9, 9, 4], [6], [1, 2, 5, 9]]
PROMPTS = [
    Prompt((9, 50, 4), ((50, 9),)),
    Prompt(),
    Prompt((11, 12, 60), ((9, 11), (9, 60))),
    Prompt((2,)),
    Prompt(),
    Prompt((6, 70)),
    Prompt((5, 9), ((2, 5),)),
]
EXCHANGES = [Exchange(p, tuple(t)) for p, t in zip(PROMPTS, MINE, strict=True)]


def make_adapter(base_texts=BASE_TEXTS, texts=MINE, seed: int | None = 1) -> Adapter:
    """An adapter with random weights (all zero without a seed)."""
    base = build_language_model(make_stream(base_texts))
    counts = count_ngrams(make_stream(texts))
    tables = make_tables(base, prune(counts, choose_minimum(counts)), np.zeros(0, np.int64))
    adapter = Adapter(tables)
    if seed is not None:
        random = np.random.default_rng(seed)
        adapter.weights.word[:] = random.normal(0, 1, len(adapter.weights.word))
        adapter.weights.copy[:] = random.normal(1, 1, COPY_CLASSES)
        for weights, level in zip(adapter.weights.levels, adapter.entries, strict=True):
            weights[level.learnt] = random.normal(0, 1, int(level.learnt.sum()))
    return adapter


def dense_weights(adapter: Adapter, history: list[int], prompt: Prompt) -> np.ndarray:
    """P0 e^s of all tokens, laid out straight from the formula."""
    joint = adapter.tables.joint
    score = np.zeros(VOCABULARY)
    score[adapter.tables.vocabulary] = adapter.weights.word
    keys = [level.keys for level in joint.levels]
    for depth, context in enumerate(contexts_of(keys, history)):
        for node in np.flatnonzero((keys[depth] >> 18) == context):
            entry = adapter.entries[depth].of_node[node]
            if entry >= 0:
                score[keys[depth][node] & TOKEN_MASK] += adapter.weights.levels[depth][entry]
    copying = Copying(adapter.tables.base, prompt, adapter.tables.ignored)
    for token in history[1:]:
        copying.write(token)
    tokens, classes = copying.bonuses()
    score[tokens] += adapter.weights.copy[classes]
    return interpolate(joint.unigram, joint.levels, history).astype(np.float64) * np.exp(score)


def every_context(exchanges):
    for exchange in exchanges:
        row = [START, *exchange.answer, END]
        for place in range(1, len(row)):
            yield exchange.prompt, row[:place], row[place]


UNSEEN = [
    Exchange(Prompt((3, 13), ((13, 3),)), (13, 3, 4, 199_000)),
    Exchange(Prompt((9,)), (1, 2, 3, 9)),
    Exchange(Prompt(), ()),
]


@pytest.mark.parametrize("exchanges", [EXCHANGES, UNSEEN], ids=["learnt", "unseen"])
@pytest.mark.parametrize("base_texts", [BASE_TEXTS, [], [[3]]], ids=["base", "empty", "tiny"])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_sparse_softmax_is_the_dense_one(exchanges, base_texts, seed):
    adapter = make_adapter(base_texts, seed=seed)
    positions = make_positions(adapter.tables, exchanges)
    done = adapter.forward(positions, np.arange(len(positions)))
    expected, best = [], []
    for prompt, history, token in every_context(exchanges):
        weights = dense_weights(adapter, history, prompt)
        expected.append(weights[token] / weights.sum())
        best.append(weights[token] >= weights.max() * (1 - 1e-6))
    assert done.probability == pytest.approx(expected, rel=1e-4)
    assert is_best(adapter, done, done.weight).tolist() == best


def test_one_row_at_a_time_gives_the_same():
    adapter = make_adapter()
    positions = make_positions(adapter.tables, EXCHANGES)
    together = adapter.forward(positions, np.arange(len(positions))).probability
    alone = [
        adapter.forward(positions, np.array([row])).probability[0] for row in range(len(positions))
    ]
    assert together == pytest.approx(alone, rel=1e-5)


def test_gradient_is_that_of_finite_differences():
    """One plain step (no AdaGrad history to speak of) moves each weight by its gradient."""
    adapter = make_adapter()
    positions = make_positions(adapter.tables, EXCHANGES)
    rows = np.arange(len(positions))
    scale = np.random.default_rng(3).normal(0, 1, len(rows))  # signs mixed, as preferences need

    def loss() -> float:
        return float(-(scale * np.log(adapter.forward(positions, rows).probability)).sum())

    groups = [adapter.weights.word, *adapter.weights.levels, adapter.weights.copy]
    squares = [adapter.squares.word, *adapter.squares.levels, adapter.squares.copy]
    for square in squares:
        square[:] = 1e8
    before = [group.astype(np.float64).copy() for group in groups]
    adapter.learn(adapter.forward(positions, rows), Learning(1e4, scale))
    moved = [b - group for b, group in zip(before, groups, strict=True)]
    for group, original in zip(groups, before, strict=True):
        group[:] = original
    for index, group in enumerate(groups):
        learnt = np.ones(len(group), bool)
        if 0 < index < len(groups) - 1:
            learnt = adapter.entries[index - 1].learnt
            assert not moved[index][~learnt].any()
        for place in np.flatnonzero(learnt)[:12]:
            value, shift = group[place], 1e-2
            group[place] = value + shift
            up = loss()
            group[place] = value - shift
            down = loss()
            group[place] = value
            assert moved[index][place] == pytest.approx((up - down) / (2 * shift), abs=3e-3)


def test_learning_lowers_the_loss_and_leaves_the_base_alone():
    adapter = make_adapter(seed=None)
    base = adapter.tables.base.unigram.copy()
    positions = make_positions(adapter.tables, EXCHANGES)
    rows = np.arange(len(positions))
    losses = []
    for _ in range(30):
        done = adapter.forward(positions, rows)
        losses.append(-np.log(done.probability).mean())
        adapter.learn(done, Learning(0.5, np.ones(len(rows))))
    assert losses[-1] < losses[0] / 3
    assert np.array_equal(adapter.tables.base.unigram, base)


def test_features_are_capped_and_stay_closed(monkeypatch):
    monkeypatch.setattr("core.engine.features.MAX_FEATURES", 20)
    counts = count_ngrams(make_stream(MINE * 2))
    minimum = choose_minimum(counts)
    assert minimum[1] > 1 and minimum == tuple(sorted(minimum))
    person = prune(counts, minimum)
    tables = make_tables(build_language_model(make_stream([])), person, np.zeros(0, np.int64))
    assert sum(map(len, person.keys)) <= 20 or minimum[1] == 10
    assert all((nodes >= 0).all() for nodes in tables.joint.person)


# ---- memory ----


def test_memory_and_adapter_are_mixed_as_the_formula_says():
    adapter = make_adapter()
    material = Material(adapter.tables, [[e] for e in EXCHANGES])
    memory = build_language_model(make_stream(MINE[:4]))
    material.remember(memory, np.arange(len(EXCHANGES)))
    shares = np.array([0.1, 0.3, 0.6, 0.9])
    rows = np.arange(len(material.positions))
    done = adapter.forward(material.positions, rows)
    said, top = material.recall_of(rows)
    probability, first = [], []
    for (prompt, history, token), bucket in zip(every_context(EXCHANGES), said.bucket, strict=True):
        adapted = dense_weights(adapter, history, prompt)
        mixed = (1 - shares[bucket]) * adapted / adapted.sum()
        mixed += shares[bucket] * memory.next_weights(history)
        probability.append(mixed[token])
        first.append(mixed[token] >= mixed.max() * (1 - 1e-6))
    assert mix(done, said, shares) == pytest.approx(probability, rel=1e-4)
    assert likeliest(adapter, done, said, shares, top).tolist() == first


def test_recall_knows_what_it_knows():
    said = recall(build_language_model(make_stream(MINE)), make_stream([[1, 2, 9], [77]]))
    assert said.bucket.tolist() == [1, 2, 3, 3, 1, 0]
    assert said.top_token[0][said.top[0].argmax()] == 1
    assert said.top_token[2][said.top[2].argmax()] == 9


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
def test_shares_find_the_mixture_that_made_the_data(share):
    random = np.random.default_rng(0)
    count = 20_000
    mine = random.random(count) < share
    memory = np.where(mine, 0.5, 0.01)
    adapter = np.where(mine, 0.01, 0.5)
    fitted = fit_shares(adapter, memory, np.zeros(count, int), np.full(BUCKETS, 0.4), 5)
    assert fitted[0] == pytest.approx(share, abs=0.03)
    assert fitted[1:] == pytest.approx([0.4] * (BUCKETS - 1))


# ---- prompts ----


def test_prompt_words_are_found_in_every_spelling():
    prompt = read_prompt("Ferry to Skye?")
    for text in ("Ferry", " Ferry", " ferry", " Skye"):
        assert encode(text)[0] in prompt.tokens
    assert (encode(" Skye")[-1], encode(" Skye")[-1]) not in prompt.pairs
    assert read_prompt("") == Prompt()


def test_what_every_prompt_says_is_instruction():
    words = ["rain", "boats", "soup", "trains", "cats"] * 6
    prompts = [read_prompt(f"Write a post about {word}") for word in words]
    ignored = instruction_tokens(prompts)
    assert encode(" Write")[0] in ignored and encode(" about")[0] in ignored
    assert not np.isin(ignored, encode(" soup")).any()
    assert len(instruction_tokens(prompts[:5])) == 0


def test_a_word_is_copied_once_and_its_follower_gets_more():
    base = build_language_model(make_stream(BASE_TEXTS))
    prompt = Prompt((5, 6, 900), ((5, 900), (5, 901)))
    copying = Copying(base, prompt, np.array([6]))
    copying.write(encode("-")[0])
    tokens, classes = copying.bonuses()
    assert tokens.tolist() == [5, 900] and NEXT not in classes
    assert classes.tolist() == choose_copied(base, prompt, np.array([6])).classes.tolist()
    copying.write(5)
    tokens, classes = copying.bonuses()
    assert dict(zip(tokens.tolist(), classes.tolist(), strict=True)) == {900: NEXT, 901: NEXT}


def test_a_word_in_one_spelling_is_used_in_all():
    base = build_language_model(make_stream(BASE_TEXTS))
    copying = Copying(base, read_prompt("a sandwich"), np.zeros(0, np.int64))
    forms = [encode(text)[0] for text in (" sandwich", "sandwich", " Sandwich")]
    copying.write(encode(" the")[0])
    tokens, _ = copying.bonuses()
    assert forms[0] in tokens and forms[2] in tokens
    assert forms[1] not in tokens, "it would go on with the word before"
    copying.write(forms[0])
    assert not np.isin(forms, copying.bonuses()[0]).any()


def test_nothing_begins_with_a_blank():
    base = build_language_model(make_stream(BASE_TEXTS))
    copying = Copying(base, read_prompt("gull"), np.zeros(0, np.int64))
    tokens = copying.bonuses()[0]
    assert encode(" gull")[0] not in tokens and encode("gull")[0] in tokens


def test_a_word_is_as_rare_as_its_commonest_spelling():
    base = build_language_model(make_stream([encode(f"is it {n} it is") for n in range(300)]))
    copyable = choose_copied(base, read_prompt("It flies"), np.zeros(0, np.int64))
    spelled = dict(zip(copyable.tokens.tolist(), copyable.classes.tolist(), strict=True))
    assert spelled[encode("it")[0]] == spelled[encode(" it")[0]] == COMMON
    assert spelled[encode(" flies")[0]] < COMMON


def test_topics_are_learnt_from_prompts():
    """With topic prompts in training, a prompt raises the chance of its words afterwards."""
    words = [" rain", " boats", " soup", " trains", " cats", " jam", " moss", " kites"] * 5
    examples = [
        [Exchange(read_prompt(f"About{word}"), tuple(encode(f"today{word}, yes")))]
        for word in words
    ]
    start = begin([e[0].answer for e in examples], [e[0].prompt for e in examples], ("en",))
    *_, last = train(start, examples, [], Plan(3, 2, 1.0, 0))
    speaker = tuned_speaker(start.tables.base, last.learnt)
    chances = {}
    for topic in (" turnips", " trams"):
        answering = speaker.begin(read_prompt(f"About{topic}"))
        answering.write(encode("today")[0])
        chances[topic] = answering.next_probabilities()[encode(" turnips")[0]]
    assert chances[" turnips"] > 20 * chances[" trams"]


# ---- what is stored ----


def learnt_from(texts=MINE, plan=None, **more):
    examples = [[Exchange(p, tuple(t))] for p, t in zip(PROMPTS, texts, strict=False)]
    start = begin([e[0].answer for e in examples], [e[0].prompt for e in examples], ("en",), **more)
    *_, last = train(start, examples, examples[:2], plan or Plan(2, 2, 1.0, 5))
    return start, last


def test_a_stored_model_speaks_as_it_was_measured():
    _, last = learnt_from()
    speaker = tuned_speaker(learnt_from()[0].tables.base, unpack(pack(last.learnt)))
    loss, count = 0.0, 0
    for prompt, history, token in every_context(EXCHANGES[:2]):
        answering = speaker.begin(prompt)
        for past in history[1:]:
            answering.write(past)
        probabilities = answering.next_probabilities()
        assert probabilities.sum() == pytest.approx(1, abs=1e-3)
        loss -= np.log(probabilities[token])
        count += 1
    assert loss / count == pytest.approx(last.full_valid.loss, rel=2e-3)


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match="not a stored model"):
        unpack(b"PK\x03\x04 no")


def test_the_base_alone_speaks_like_the_base():
    base = build_language_model(make_stream(BASE_TEXTS))
    answering = base_speaker(base).begin(Prompt((4,)))
    assert answering.next_probabilities() == pytest.approx(base.next_weights([START]))


def test_a_model_goes_on_from_another():
    _, first = learnt_from(MINE[:4])
    start, last = learnt_from(MINE[4:], earlier=unpack(pack(first.learnt)))
    again = [[Exchange(p, tuple(t))] for p, t in zip(PROMPTS[:2], MINE[:2], strict=True)]
    answers, prompts = zip(*((e[0].answer, e[0].prompt) for e in again), strict=True)
    steps = list(
        train(begin(answers, prompts, ("en",), first.learnt), again, [], Plan(1, 2, 1.0, 0))
    )
    assert steps[0].train.loss == pytest.approx(first.full_valid.loss, rel=1e-3)
    assert start.counts.counts[0].sum() == count_ngrams(make_stream(MINE)).counts[0].sum()
    for depth in range(3):
        assert np.array_equal(last.learnt.remembered[depth], start.counts.counts[depth])


# ---- preferences ----


def make_pairs() -> list[Pair]:
    return [
        Pair(Exchange(Prompt(), (1, 2, 9, number)), Exchange(Prompt(), (2, 3, 4, number)))
        for number in range(20, 44)
    ]


@pytest.mark.parametrize("goes_on", [False, True])
def test_preferred_answers_rise_and_the_others_fall(goes_on):
    earlier = learnt_from()[1].learnt if goes_on else None
    pairs = make_pairs()
    answers = [a.answer for pair in pairs for a in (pair.preferred, pair.other)]
    start = begin(answers, [], ("en",), earlier)
    steps = list(train_preferences(start, pairs[:20], pairs[20:], Plan(6, 2, 4.0, 1), 0.1))
    assert steps[0].train.loss == pytest.approx(np.log(2), rel=1e-4)
    assert steps[-1].full_valid.loss < np.log(2) - 0.05
    assert np.mean([step.reward_accuracy for step in steps[-10:]]) > 0.9
    learnt = unpack(pack(steps[-1].learnt))
    speaker = tuned_speaker(start.tables.base, learnt)
    chances = speaker.begin(Prompt()).next_probabilities()
    assert chances[1] > chances[2]
    if goes_on:
        assert learnt.remembered[0].sum() == earlier.remembered[0].sum()
    else:
        assert speaker.memory is None
