"""Phrase ends of a hymn from its verse: a line of the poem is a phrase of the music.

Files of the Open Hymnal state the poem's metre, as in ``%OHMETRICAL 8 6 8 6`` (syllables of each line), and the words
under the notes (``w:`` after each line of music; ABC standard 2.1, section 5). A phrase ends with the last note before
the next line's first syllable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from musegen.corpora.abc_text import note_heads
from musegen.score import Score

_MELODY = re.compile(r"\s*\[V:\s*S1V1[^\]]*\](.*)")
_HELD = ("*", "_")  # the syllable before goes on


@dataclass(frozen=True)
class _Sung:
    """A note head with what is sung on it: it is tied to the next; its syllable, "" for none; the word goes on."""

    tied: bool
    syllable: str = ""
    joined: bool = False


def verse_ends(text: str, score: Score) -> tuple[int, ...]:
    """Onsets in ticks of the last note of each line of the poem; of the first verse where verses differ.

    Args:
        text: The ABC file.
        score: What was read from it; the melody is the first part.

    Returns:
        Empty where the file states no metre, where its syllables are not those of the words, where a line would end
        inside a word, or where words and notes are not as many.
    """
    stated = re.search(r"(?m)^%OHMETRICAL(.*)$", text)
    lines = [int(number) for number in re.findall(r"\d+", stated[1])] if stated else []
    heads = _heads(text)
    sung = [i for i, head in enumerate(heads) if head.syllable]
    notes = score.track_notes(0)
    begun = [i for i in range(len(heads)) if not i or not heads[i - 1].tied]
    if not lines or 0 in lines or sum(lines) != len(sung) or len(begun) != len(notes):
        return ()
    firsts = [sum(lines[: i + 1]) for i in range(len(lines) - 1)]  # the syllables that begin a line
    if any(heads[sung[first - 1]].joined for first in firsts):
        return ()
    lasts = [*(sung[first] - 1 for first in firsts), len(heads) - 1]
    return tuple(notes[sum(start <= last for start in begun) - 1].onset for last in lasts)


def _heads(text: str) -> list[_Sung]:
    """The melody's note heads with the first verse under them."""
    result: list[_Sung] = []
    fresh: list[bool] = []  # of each head of the line of music above: whether it is tied
    for line in text.split("\n"):
        music = _MELODY.match(line)
        if music or (fresh and line.startswith("w:")):
            result += _under(fresh, "" if music else line[2:])
            fresh = note_heads(music[1]) if music else []
    return result + _under(fresh, "")


def _under(ties: list[bool], words: str) -> list[_Sung]:
    """Words under the note heads of one line of music; heads that are left over have none."""
    syllables: list[_Sung] = []
    for token in re.sub(r"-\s*", " - ", re.sub(r"([_*|])", r" \1 ", words.split("%")[0])).split():
        if token == "-" and syllables:
            syllables[-1] = _Sung(False, syllables[-1].syllable, True)
        elif token not in ("-", "|"):
            syllables.append(_Sung(False, "" if token in _HELD else token))
    syllables += [_Sung(False)] * (len(ties) - len(syllables))
    return [_Sung(tied, s.syllable, s.joined) for tied, s in zip(ties, syllables, strict=False)]
