"""What the engine takes is what OpenAI describes; what it cannot do it refuses, and never ignores."""

from __future__ import annotations

import openai
import pytest

from core.engine import BASE_MODEL
from core.engine.parameters import CHAT, COMPLETED_UPLOADS, COMPLETIONS, FILES, JOBS, UPLOADS
from tests.core.engine_help import chat_lines, make_client, upload, voice
from tests.core.test_wire_shapes import description, properties

OURS = {"drafts", "min_p", "evidence", "messages"}
ASK = [{"role": "user", "content": "Hello"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/chat/completions", CHAT),
        ("/completions", COMPLETIONS),
        ("/fine_tuning/jobs", JOBS),
        ("/files", FILES),
        ("/uploads", UPLOADS),
        ("/uploads/{upload_id}/complete", COMPLETED_UPLOADS),
    ],
)
def test_every_described_parameter_is_taken_or_refused(path, parameters):
    (body,) = description()["paths"][path]["post"]["requestBody"]["content"].values()
    described = properties(body["schema"]) - {"file"}
    known = {name.partition("[")[0] for name in (*parameters.taken, *parameters.refused)}
    assert known - OURS == described - OURS
    assert not parameters.taken & parameters.refused.keys()


def refused(engine, call, code, param):
    """Make a wrong call; it must be answered in OpenAI's shape, with this code and parameter."""
    with pytest.raises(openai.APIStatusError) as caught:
        call(make_client(engine, watch=False))
    body = caught.value.body
    assert set(body) == {"message", "type", "param", "code"} and body["message"]
    assert (body["code"], body["param"]) == (code, param), body
    return caught.value.status_code


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"tools": [TOOL]}, "unsupported_parameter", "tools"),
        ({"tool_choice": "required"}, "unsupported_parameter", "tool_choice"),
        ({"functions": [TOOL["function"]]}, "unsupported_parameter", "functions"),
        ({"response_format": {"type": "json_object"}}, "unsupported_parameter", "response_format"),
        ({"modalities": ["text", "audio"]}, "unsupported_parameter", "modalities"),
        ({"audio": {"voice": "alloy", "format": "mp3"}}, "unsupported_parameter", "audio"),
        ({"prediction": {"type": "content", "content": "x"}}, "unsupported_parameter", "prediction"),
        ({"reasoning_effort": "high"}, "unsupported_parameter", "reasoning_effort"),
        ({"service_tier": "priority"}, "unsupported_parameter", "service_tier"),
        ({"verbosity": "low"}, "unsupported_parameter", "verbosity"),
        ({"web_search_options": {"user_location": None}}, "unsupported_parameter", "web_search_options"),
        ({"extra_body": {"top_k": 5}}, "unknown_parameter", "top_k"),
        ({"top_logprobs": 2}, None, "top_logprobs"),
        ({"metadata": {"a": "b"}}, None, "metadata"),
        ({"store": "yes"}, "invalid_type", "store"),
        ({"max_completion_tokens": 0}, "below_min_value", "max_tokens"),
        ({"stream_options": {"include_usage": True}}, None, "stream_options"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "invalid_value", "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "invalid_type", "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "invalid_value",
            "messages[0].content",
        ),
        ({"model": "gpt-5"}, "model_not_found", None),
    ],
)  # fmt: skip
def test_a_chat_that_asks_too_much(engine, change, code, param):
    fields = {"model": BASE_MODEL, "messages": ASK, "max_tokens": 2} | change
    refused(engine, lambda client: client.chat.completions.create(**fields), code, param)


def test_what_asks_for_nothing_is_taken(engine):
    harmless = {
        "tools": [],
        "tool_choice": "none",
        "response_format": {"type": "text"},
        "modalities": ["text"],
        "service_tier": "auto",
        "user": "me",
        "safety_identifier": "me",
        "prompt_cache_key": "x",
        "store": False,
        "parallel_tool_calls": False,
    }
    answer = make_client(engine, watch=False).chat.completions.create(
        model=BASE_MODEL, messages=ASK, max_tokens=2, **harmless
    )
    assert answer.choices


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"integrations": [{"type": "wandb", "wandb": {"project": "x"}}]}, "unsupported_parameter", "integrations"),
        ({"method": {"type": "dpo", "supervised": {}}}, "unknown_parameter", "method.supervised"),
        ({"method": {"type": "supervised", "supervised": {"rate": 1}}}, "unknown_parameter", "rate"),
        ({"method": {"type": "supervised", "supervised": "x"}}, "invalid_type", "supervised"),
        ({"extra_body": {"epochs": 3}}, "unknown_parameter", "epochs"),
    ],
)  # fmt: skip
def test_a_job_that_asks_too_much(engine, client, change, code, param):
    file = upload(client, chat_lines(voice(10)))
    fields = {"model": BASE_MODEL, "training_file": file} | change
    refused(engine, lambda plain: plain.fine_tuning.jobs.create(**fields), code, param)


def not_here(client, what):
    permissions = client.fine_tuning.checkpoints.permissions
    grader = {
        "type": "string_check",
        "name": "g",
        "input": "a",
        "reference": "a",
        "operation": "eq",
    }
    return {
        "share": lambda: permissions.create("ft:x", project_ids=["p"]),
        "shared": lambda: permissions.list("ft:x"),
        "unshare": lambda: permissions.delete("cp", fine_tuned_model_checkpoint="ft:x"),
        "grade": lambda: client.fine_tuning.alpha.graders.run(grader=grader, model_sample="a"),
        "graders": lambda: client.fine_tuning.alpha.graders.validate(grader=grader),
        "moderate": lambda: client.moderations.create(input="a"),
        "embed": lambda: client.embeddings.create(model="m", input="a"),
        "respond": lambda: client.responses.create(model="m", input="a"),
    }[what]()  # fmt: skip


@pytest.mark.parametrize(
    "what", ["share", "shared", "unshare", "grade", "graders", "moderate", "embed", "respond"]
)
def test_operations_without_meaning_here_say_why(engine, what):
    status = refused(engine, lambda client: not_here(client, what), "unsupported_operation", None)
    assert status == 404


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/files?colour=red", "colour"),
        ("/files?order=sideways", "order"),
        ("/files?limit=0", "limit"),
        ("/files?limit=10001", "limit"),
        ("/fine_tuning/jobs?limit=101", "limit"),
        ("/fine_tuning/jobs?order=asc", "order"),
        ("/chat/completions?order=up", "order"),
        ("/chat/completions?limit=x", "limit"),
    ],
)
def test_lists_take_only_what_is_described(engine, path, param):
    def call(client):
        return client.get(path, cast_to=object)

    refused(engine, call, "unknown_parameter" if param in ("colour",) or "jobs?o" in path else "invalid_value", param)  # fmt: skip
