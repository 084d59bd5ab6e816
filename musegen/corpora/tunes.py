"""Which pieces are one tune, and on which side of the split a tune goes.

Two pieces belong to one *family* when their titles agree, or when one shares at least 30 % of its melody's 12-interval
n-grams with the other: intervals don't change by transposition, and a tune that is ornamented elsewhere still shares
its plain lines. A whole family goes to one side of the split.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from musegen.corpora.store import Stored

LENGTH, SHARE = 12, 0.30
"""Intervals in an n-gram, and the share of n-grams from which two melodies count as one tune."""

# Words of a title that say nothing of the tune, and titles made of nothing but kinds of dances.
_NOISE = re.compile(r"\(.*?\)|\[.*?\]|\b(hymntune|isorhythmic|rhythmic|alternate|version|setting|air|tune|the|a|an)\b")
_GENERIC = frozenset((
    "air", "airs", "allemande", "an", "another", "clarinet", "country", "dance", "danse", "ditto", "do", "dumka",
    "english", "flute", "for", "french", "gavotte", "ger", "german", "hornpipe", "irish", "jig", "krakowiak",
    "kujawiak", "march", "marsch", "mazur", "mazurek", "mazurka", "menuet", "minuet", "oberek", "of", "old", "or",
    "polka", "polonaise", "polonez", "prelude", "quick", "reel", "same", "scotch", "scots", "set", "slow", "sonata",
    "song", "step", "strathspey", "taniec", "the", "tune", "untitled", "violin", "walc", "waltz", "welsh",
))  # fmt: skip


def title_key(title: str) -> str:
    """The title in plain small letters without articles and remarks, to compare titles by; "" for a generic one."""
    text = title.casefold().replace("ß", "ss")
    for umlaut, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        text = text.replace(umlaut, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    text = _NOISE.sub(" ", text.replace("'", "").replace("&c", "").replace("_", " "))
    words = [w for w in re.findall(r"[a-z0-9]+", text) if not w.isdigit()]
    return "" if all(w in _GENERIC for w in words) else " ".join(words)


def melody_ngrams(stored: Stored) -> frozenset[bytes]:
    """12-interval n-grams of the highest line of the first part that is no drum part; empty where there is none.

    N-grams of one or two different intervals (repeated notes, trills) are passed over: they tell no tune.
    """
    notes = stored.notes
    drums = [index for index, (_, _, is_drum) in enumerate(stored.frame["tracks"]) if is_drum]
    notes = notes[~np.isin(notes[:, 4], drums)]
    highest: dict[int, int] = {}
    for onset, pitch in notes[notes[:, 4] == notes[:, 4].min()][:, :2].tolist() if len(notes) else ():
        highest[onset] = max(pitch, highest.get(onset, 0))
    line = np.array([highest[onset] for onset in sorted(highest)], np.int16)
    steps = np.diff(line).clip(-127, 127).astype(np.int8).tobytes()
    grams = (steps[i : i + LENGTH] for i in range(len(steps) - LENGTH + 1))
    return frozenset(gram for gram in grams if len(set(gram)) > 2)


def families(titles: Sequence[Iterable[str]], ngrams: Sequence[frozenset[bytes]]) -> list[int]:
    """For each piece the number of its family: the index of the family's first piece.

    Args:
        titles: For each piece the titles that it goes by, as ``title_key`` gives them; empty ones are passed over.
        ngrams: For each piece its ``melody_ngrams``.
    """
    parent = list(range(len(titles)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def join(left: int, right: int) -> None:
        left, right = root(left), root(right)
        parent[max(left, right)] = min(left, right)

    by_title: dict[str, int] = {}
    by_gram: dict[bytes, list[int]] = defaultdict(list)
    for index, (names, grams) in enumerate(zip(titles, ngrams, strict=True)):
        for name in names:
            if name:
                join(index, by_title.setdefault(name, index))
        common: dict[int, int] = defaultdict(int)
        for gram in grams:
            for other in by_gram[gram]:
                common[other] += 1
            by_gram[gram].append(index)
        for other, count in common.items():
            if count >= SHARE * min(len(grams), len(ngrams[other])):
                join(index, other)
    return [root(index) for index in range(len(titles))]


def side(name: str) -> str:
    """Side of a tune, by its name only: "train" for 90 in a hundred, "valid" and "test" for 5 each."""
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
    return "train" if place < 0.90 else "valid" if place < 0.95 else "test"
