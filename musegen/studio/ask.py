"""What every verb can be asked, and what it does when it is not told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict

from musegen.errors import ScoreError
from musegen.studio.voices import Range, family_of

PASSES = 28
DRAFTS = 8
ROUNDS = 0
DOUBTS = ("critic", "confidence", "chance")
CADENCES = ("auto", "perfect", "plagal", "half", "deceptive", "none")
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
    other_style: str
    style_share: float
    chords: Mapping[int, str]
    key_respected: float
    cadence: str
    critic: bool
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
        other_style: A second style of the same family; "" = none.
        style_share: How much the second style counts: at 0 the music is all in the first, at 1 all in the second,
            between them it is drawn from the geometric mixture of the two, see models/wishes.py.
        chords: Chords wished for, by the number of the bar as printed: "G7", "Am", "C/E", or numerals in the key,
            "V7", "ii6"; two or more in a bar ("F G7") share it equally. What is composed there leans to their notes,
            the bass to the root or the bass that is stated; "N.C." and bars not named are free. See ``read_chord``.
        key_respected: How firmly new notes keep to the key's scale, 0 (as the model learnt it) to 1; in minor all
            three forms of the scale count, and notes of the chords wished for are never held to be foreign.
        cadence: How it ends: "auto" (drafts that end on the tonic are preferred), "perfect" (V-I), "plagal" (IV-I),
            "half" (on V), "deceptive" (V-VI), or "none" (an end in the air is as good as any).
        critic: Whether the critic of the checkpoint helps to choose among drafts; without it rules, originality and
            endings choose alone.
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
    other_style: str = ""
    style_share: float = 0.0
    chords: Mapping[int, str] = field(default_factory=dict)
    key_respected: float = 0.0
    cadence: str = "auto"
    critic: bool = True
    progress: Callable[[float], None] | None = None

    def __post_init__(self) -> None:
        if min(self.n, self.passes, self.drafts) < 1 or self.temperature <= 0 or self.strictness < 0:
            raise ScoreError("The number of pieces, the passes, the drafts and the surprise must be greater than 0.")
        if self.rounds < 0 or self.doubt not in DOUBTS:
            raise ScoreError("Doubt is one of {known}, and its rounds are 0 or more.", known=", ".join(DOUBTS))
        if not (0 <= self.style_share <= 1 and 0 <= self.key_respected <= 1):
            raise ScoreError("The second style's share and how far the key is respected lie between 0 and 1.")
        if self.cadence not in CADENCES:
            raise ScoreError(
                "“{cadence}” is no cadence: choose one of {known}.", cadence=self.cadence, known=", ".join(CADENCES)
            )
        try:  # JSON has its numbers of bars as text
            object.__setattr__(self, "chords", {int(bar): str(chord) for bar, chord in self.chords.items()})
        except ValueError as error:
            raise ScoreError("Chords are wished for by the number of the bar, as in “G7” for bar 5.") from error

    def settled(self, usual: str) -> Ask:
        """The same with its styles decided: the usual one where none is named, one where only one counts.

        Raises:
            ScoreError: The two styles are of different families, so of different numbers of voices.
        """
        style, other = self.style or usual, self.other_style
        if not other or self.style_share == 0 or other == style:
            return replace(self, style=style, other_style="", style_share=0.0)
        if family_of(other) != family_of(style):
            raise ScoreError(
                "“{style}” and “{other}” can't be blended: one is for a choir, the other for a single melody. "
                "Choose two styles of one family.",
                style=style,
                other=other,
            )
        if self.style_share == 1:
            return replace(self, style=other, other_style="", style_share=0.0)
        return replace(self, style=style)

    @property
    def leading_style(self) -> str:
        """The style that counts most: what the instruments are chosen by."""
        return self.other_style if self.style_share > 0.5 else self.style
