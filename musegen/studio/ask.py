"""What every verb can be asked, and what it does when it is not told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from musegen.errors import ScoreError
from musegen.studio.voices import Range

PASSES = 28
DRAFTS = 8
ROUNDS = 0
DOUBTS = ("critic", "confidence", "chance")
STRICTNESS = 4.0
SURPRISE = 0.85  # between 0.8 and 0.9 chorales were told from real validation pieces least often


class Asked(TypedDict, total=False):
    """What every verb can be asked; the names and meanings are those of ``Ask``."""

    style: str
    n: int
    seed: int
    temperature: float
    ranges: Mapping[str, Range]
    passes: int
    drafts: int
    rounds: int
    doubt: str
    strictness: float
    density: float
    progress: Callable[[float], None]


@dataclass(frozen=True)
class Ask:
    """What every verb can be asked.

    Attributes:
        style: A style of the checkpoint ("chorale/bach") or a family ("chorale", "folk"); "" = by the voices.
        n: Alternatives, at least 1.
        seed: Same seed, same notes.
        temperature: Surprise, greater than 0; 1 is as the model learnt it, for weights whose card names no factor of
            their own (``Checkpoint.temperature``).
        ranges: Lowest and highest pitch by voice name, see ``RANGES``; new notes keep to them.
        passes: How often a model that fills all over goes over the music, one pass being one look; a model that plays
            passes once.
        drafts: How many drafts of each alternative a model that plays makes, of which the best is kept.
        rounds: How often what is most doubtful is made anew at the end, see ``refine``; a model that fills all over
            then fills at once, and ``passes`` don't count.
        doubt: Who says what is doubtful: the "critic" of the checkpoint, the "confidence" with which a model that
            fills all over drew it, or "chance", to compare with.
        strictness: How firmly new notes avoid parallel fifths and octaves, awkward leaps and a third time of the same,
            in nats; 0 = as the model learnt it.
        density: Nats added to the odds that a note begins: above 0 livelier, below 0 calmer than the style. What the
            weights themselves lack (``Checkpoint.density``) comes on top.
        progress: Called with the share done, 0-1.

    Raises:
        ScoreError: A value makes no sense.
    """

    style: str = ""
    n: int = 4
    seed: int = 0
    temperature: float = SURPRISE
    ranges: Mapping[str, Range] = field(default_factory=dict)
    passes: int = PASSES
    drafts: int = DRAFTS
    rounds: int = ROUNDS
    doubt: str = "critic"
    strictness: float = STRICTNESS
    density: float = 0.0
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        if min(self.n, self.passes, self.drafts) < 1 or self.temperature <= 0 or self.strictness < 0:
            raise ScoreError("The number of pieces, the passes, the drafts and the surprise must be greater than 0.")
        if self.rounds < 0 or self.doubt not in DOUBTS:
            raise ScoreError(f"Doubt is one of {', '.join(DOUBTS)}, and its rounds are 0 or more.")
