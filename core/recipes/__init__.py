"""Ways to make examples out of what a person wrote; one file each."""

from __future__ import annotations

from core.recipes import back_translation, blank_prompt, entities, ready, replies, topics
from core.recipes.base import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.key: recipe
    for recipe in (
        Recipe(
            blank_prompt.KEY,
            "Blank prompt",
            "An empty prompt and your text as the answer: style only, for posts.",
            blank_prompt.make,
        ),
        Recipe(
            replies.KEY,
            "Replies with context",
            "What the others said, with some turns before it, and what you answered.",
            replies.make,
        ),
        Recipe(
            topics.KEY,
            "Topics as the prompt",
            "What your text is about, and your text: later you type topics and get a post.",
            topics.make,
            topics.prepare,
            "You write posts about topics provided by the user.",
        ),
        Recipe(
            entities.KEY,
            "Entity extraction",
            "Your message, and the names in it: a model that finds names, not your voice.",
            entities.make,
            entities.prepare,
        ),
        Recipe(
            back_translation.KEY,
            "Instructions",
            "An instruction that your text would answer, and your text.",
            back_translation.make,
            back_translation.prepare,
        ),
        Recipe(
            ready.KEY,
            "Ready data set",
            "Conversations that are already examples, cleaned, split and checked.",
            ready.make,
            ready.prepare,
        ),
    )
}
