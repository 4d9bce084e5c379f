"""Screening by a provider's moderation model."""

from __future__ import annotations

import json

import httpx2
import openai

from core.moderation import screen


def test_flagged_texts_and_strict_categories():
    sent = []

    def serve(request):
        texts = json.loads(request.content)["input"]
        sent.append(texts)
        results = []
        for text in texts:
            scores = {"hate": 0.01, "violence": 0.02, "self-harm": 0.0, "hate/threatening": 0.0}
            flagged = "fight" in text
            scores["violence"] = 0.9 if flagged else 0.02
            scores["self-harm"] = 0.3 if "dark" in text else 0.0
            results.append(
                {
                    "flagged": flagged,
                    "categories": dict.fromkeys(scores, False),
                    "category_scores": scores,
                    "category_applied_input_types": {},
                }
            )
        return httpx2.Response(200, json={"id": "1", "model": "omni", "results": results})

    http = httpx2.Client(transport=httpx2.MockTransport(serve))
    client = openai.OpenAI(api_key="k", base_url="http://m.test/v1", http_client=http)
    texts = ["hello", " ", "a fight", "dark thoughts", "bye"]
    made = list(screen(client, texts, batch=3))
    assert [one.position for one in made] == [0, 2, 3, 4]
    assert [one.flagged for one in made] == [False, True, True, False]
    assert (made[1].category, made[2].category) == ("violence", "self-harm")
    assert made[2].score == 0.3
    assert sent == [["hello", "a fight"], ["dark thoughts", "bye"]]
