"""The chords of a piece: what sounds when, in which key, and what it is called there."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musegen.harmony.candidates import KINDS, QUALITIES, ROOTS
from musegen.harmony.keys import FIT, USUAL_FIT, key_at, local_keys
from musegen.harmony.numerals import chord_name, numeral, true_root
from musegen.harmony.segment import WEIGHTS, Weights, cut, evidence
from musegen.harmony.slices import Slices
from musegen.score import Key

_ROUNDS = 3  # chords tell the key, and the key the chords


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord.

    Attributes:
        start: First tick.
        end: First tick after it.
        bar: Number of the bar that it begins in, as printed.
        beat: Place in that bar, 1 = the first beat.
        root: Pitch class 0-11.
        quality: Name of one of ``candidates.QUALITIES``, as in "dominant-seventh".
        bass: Pitch class of the bass.
        inversion: 0 = root in the bass, 1 = third, 2 = fifth, 3 = seventh.
        name: As in "G7/B".
        key: The key in which it is heard.
        numeral: Roman numeral with figures in that key, as in "V65" or "V65/V".
        notes: Indices into ``score.notes`` of what sounds in it.
        foreign: Those among them that don't belong to it: passing, neighbouring, suspended notes and the like.
    """

    start: int
    end: int
    bar: int
    beat: float
    root: int
    quality: str
    bass: int
    inversion: int
    name: str
    key: Key
    numeral: str
    notes: tuple[int, ...]
    foreign: tuple[int, ...]


def find_chords(piece: Slices, ends: Sequence[int], home: Key, weights: Weights = WEIGHTS) -> tuple[Chord, ...]:
    """All chords of a piece in order; none where a single line sounds (its harmony would be a guess).

    Args:
        piece: The piece.
        ends: Indices of the melody notes that end phrases.
        home: The key of the whole.
        weights: Of the search.
    """
    if not len(piece) or piece.single:
        return ()
    closing = sorted({int(piece.begins[i]) for i in ends})
    found = evidence(piece, weights)
    path = cut(piece, found)
    keys = _keys(piece, path, closing, home)
    for _ in range(_ROUNDS):
        fit = np.zeros((len(piece), len(ROOTS)), np.float32)
        for (a, b, _), key in zip(path, keys, strict=True):
            fit[a:b] = weights.key * (FIT[key] - USUAL_FIT)
        before, path = path, cut(piece, found, fit)
        keys = _keys(piece, path, closing, home)
        if path == before:
            break
    return _named(piece, _by_bass(piece, path, keys, set(closing)), home)


def _keys(piece: Slices, path: list[tuple[int, int, int]], closing: list[int], home: Key) -> list[int]:
    """The key of each chord of a cut; ``closing`` are the steps on which the last notes of phrases begin."""
    spans = [(int(piece.starts[a]), int(piece.stops[b - 1])) for a, b, _ in path]
    beats = [(stop - start) / float(piece.beat_steps[a]) for (start, stop), (a, _, _) in zip(spans, path, strict=True)]
    last = [bisect_left(closing, stop) > bisect_left(closing, start) for start, stop in spans]
    return local_keys([chord for _, _, chord in path], beats, last, home)


@dataclass(frozen=True, slots=True)
class _Plain:
    """Slices ``first`` to before ``last`` with a chord and its bass."""

    first: int
    last: int
    root: int
    kind: int
    bass: int
    key: int


def _by_bass(piece: Slices, path: list[tuple[int, int, int]], keys: list[int], closing: set[int]) -> list[_Plain]:
    """Chords cut where the bass goes to another of their notes for a beat; what is the same on both sides is joined."""
    result: list[_Plain] = []
    for (first, last, chord), key in zip(path, keys, strict=True):
        root, kind = int(ROOTS[chord]), int(KINDS[chord])
        members = {(root + tone) % 12 for tone in QUALITIES[kind].tones}
        bass = [min(piece.sounding[i], key=lambda n: piece.score.notes[n].pitch) for i in range(first, last)]
        lowest = [piece.score.notes[n].pitch % 12 for n in bass]
        marks = [first] + [
            i
            for i in range(first + 1, last)
            if piece.strength[i] >= 2
            and lowest[i - first] in members
            and lowest[i - first] != lowest[i - first - 1]
            and piece.ends[bass[i - first]] - piece.starts[i] >= piece.beat_steps[i]
        ]
        for a, b in zip(marks, [*marks[1:], last], strict=True):
            inside = lowest[a - first : b - first]
            stands = next((p for p in inside if p in members), inside[0])
            plain = _Plain(a, b, root, kind, stands, key)
            before = result[-1] if result else None
            same = before is not None and (before.root, before.kind, before.bass, before.key) == (
                root,
                kind,
                stands,
                key,
            )
            ended = before is not None and any(
                int(piece.starts[i]) in closing for i in range(before.first, before.last)
            )
            if before is not None and same and not ended and piece.stops[before.last - 1] == piece.starts[a]:
                result[-1] = _Plain(before.first, b, root, kind, stands, key)
            else:
                result.append(plain)
    return result


def _named(piece: Slices, plain: list[_Plain], home: Key) -> tuple[Chord, ...]:
    chords: list[Chord] = []
    following: int | None = None
    for chord in reversed(plain):  # what a chord is called depends on the next one's root
        key, quality = key_at(chord.key, home), QUALITIES[chord.kind]
        root = true_root(chord.root, quality.name, chord.bass, key, following)
        above = (chord.bass - root) % 12
        inversion = quality.tones.index(above) if above in quality.tones else 0
        roman = numeral(root, quality.name, inversion, key, following)
        members = {(root + tone) % 12 for tone in quality.tones}
        notes = tuple(sorted({n for i in range(chord.first, chord.last) for n in piece.sounding[i]}))
        start = piece.tick(int(piece.starts[chord.first]))
        chords.append(
            Chord(
                start=start,
                end=piece.tick(int(piece.stops[chord.last - 1])),
                bar=piece.bar(start).number,
                beat=piece.beat(start),
                root=root,
                quality=quality.name,
                bass=chord.bass,
                inversion=inversion,
                name=chord_name(root, quality.name, inversion, chord.bass, roman.step, key),
                key=key,
                numeral=roman.text,
                notes=notes,
                foreign=tuple(n for n in notes if piece.score.notes[n].pitch % 12 not in members),
            )
        )
        cadential = (root - key.tonic) % 12 == 0 and inversion == 2
        following = (key.tonic + 7) % 12 if cadential else root
    return tuple(reversed(chords))
