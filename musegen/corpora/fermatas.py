"""Phrase ends of a chorale from the fermatas of another edition, or from another setting of its tune.

The note tables of Bach's chorales have no fermatas; the MusicXML files of the same chorales have. The two sopranos are
aligned by their pitches, and the fermatas are taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from musegen.corpora.musicxml import xml_of
from musegen.corpora.phrases import plausible
from musegen.score import Score

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALIKE = 0.9  # share of the notes that must be found in the other edition


def marked_soprano(data: bytes) -> list[tuple[int, bool]]:
    """Pitch of each note of the first part of a compressed MusicXML file, and whether a fermata stands on it.

    Tied notes are one, rests and grace notes are left out; repeats are not written out.

    Raises:
        ValueError: There is no part in it, or it is no such file.
    """
    part = xml_of(data).find("part")
    if part is None:
        raise ValueError("it has no part")
    notes: list[tuple[int, bool]] = []
    for note in part.iter("note"):
        pitch = note.find("pitch")
        if pitch is None or note.find("grace") is not None or note.find("chord") is not None:
            continue
        height = 12 * (int(pitch.findtext("octave", "")) + 1) + _SEMITONES[pitch.findtext("step", "")]
        height += int(float(pitch.findtext("alter", "0")))
        marked = note.find(".//fermata") is not None
        if any(tie.get("type") == "stop" for tie in note.findall("tie")) and notes:
            notes[-1] = (notes[-1][0], notes[-1][1] or marked)
        else:
            notes.append((height, marked))
    return notes


def carried_over(score: Score, other: Sequence[tuple[int, bool]], *, every: bool = False) -> tuple[int, ...]:
    """Onsets in ticks of the soprano notes on which the other edition has a fermata, and of the last note.

    Args:
        score: The soprano is its first part.
        other: Notes of the other edition, see ``marked_soprano``; it may be in another key.
        every: All its fermatas must find their note; otherwise it may have more music, as a repeat written out.

    Returns:
        Empty where the two are not the same melody, or a phrase would be too long to be one.
    """
    notes = score.track_notes(0)
    if not notes or not other:
        return ()
    pitches = [note.pitch - notes[-1].pitch for note in notes]
    others = [pitch - other[-1][0] for pitch, _ in other]
    blocks = SequenceMatcher(None, pitches, others, autojunk=False).get_matching_blocks()
    if sum(block.size for block in blocks) < _ALIKE * len(notes):
        return ()
    place = {block.a + i: block.b + i for block in blocks for i in range(block.size)}
    ends = [note.onset for i, note in enumerate(notes) if i in place and other[place[i]][1]]
    if every and len(ends) < sum(marked for _, marked in other):
        return ()
    return plausible([*ends, notes[-1].onset], score.resolution)


def phrase_ends(score: Score, edition: Path) -> tuple[int, ...]:
    """Phrase ends of a chorale from another edition's file; empty where it can't be read or is another melody."""
    try:
        return carried_over(score, marked_soprano(edition.read_bytes()))
    except (OSError, ValueError):
        return ()
