"""The studio: generate, continue, harmonise, fill, vary. Scores in, pieces out.

A ``Piece`` is a score and its recipe: the same recipe gives the same notes.
"""

from musegen.studio.ask import DRAFTS, PASSES, SURPRISE, Ask, Asked
from musegen.studio.recipe import Piece, Recipe
from musegen.studio.verbs import MOST_BARS, continue_, fill, generate, harmonise, vary
from musegen.studio.voices import RANGES, VOICES, Range, program_of

__all__ = [
    "DRAFTS",
    "MOST_BARS",
    "PASSES",
    "RANGES",
    "SURPRISE",
    "VOICES",
    "Ask",
    "Asked",
    "Piece",
    "Range",
    "Recipe",
    "continue_",
    "fill",
    "generate",
    "harmonise",
    "program_of",
    "vary",
]
