"""Ways to make examples out of what a person wrote; one file each."""

from __future__ import annotations

from core.recipes import blank_prompt, replies
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
    )
}
