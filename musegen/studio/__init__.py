"""The studio: generate, continue, harmonise, fill, vary, refine, blend. Scores in, pieces out.

A ``Piece`` is a score and its recipe: the same recipe gives the same notes.
"""

from musegen.studio.ask import CADENCES, DRAFTS, PASSES, SURPRISE, Ask, Asked
from musegen.studio.blending import blend
from musegen.studio.chords import chord_line
from musegen.studio.recipe import Piece, Recipe
from musegen.studio.remaking import VERBS, remake
from musegen.studio.rewriting import fill, refine, vary
from musegen.studio.verbs import MOST_BARS, continue_, generate, harmonise
from musegen.studio.voices import RANGES, VOICES, Range, program_of
from musegen.studio.work import columns_of

__all__ = [
    "CADENCES",
    "DRAFTS",
    "MOST_BARS",
    "PASSES",
    "RANGES",
    "SURPRISE",
    "VERBS",
    "VOICES",
    "Ask",
    "Asked",
    "Piece",
    "Range",
    "Recipe",
    "blend",
    "chord_line",
    "columns_of",
    "continue_",
    "fill",
    "generate",
    "harmonise",
    "program_of",
    "refine",
    "remake",
    "vary",
]
