"""The language of a song, from the small words of its text."""

from __future__ import annotations

import re

from musegen.corpora.musicxml import xml_of

_SMALL_WORDS = {
    name: frozenset(words.split())
    for name, words in (
        ("german", "und der die ich das nicht mir ist den ein du mein es zu im so wie auf"),
        ("french", "le la les et je des est mon que un une de ma tu vous qui en dans pour"),
        ("english", "the and of my to thy is with thou that i her for his thee you in"),
        ("italian", "il che di non mi per del mio e la con si ti un"),
    )
}
SONG_LANGUAGES = ("german", "french", "english")
"""Languages of art songs of which there are enough to be a style."""
_ENOUGH = 0.15  # share of the words of one syllable that must be among a language's small words


def language_of(data: bytes) -> str:
    """The language of a song: "german", "french", "english", "italian", or "" where its text does not tell.

    Args:
        data: A compressed MusicXML file with lyrics.
    """
    try:
        lyrics = xml_of(data).iter("lyric")
    except ValueError:
        return ""
    words = [
        re.sub(r"\W", "", "".join(text.text or "" for text in lyric.findall("text"))).lower()
        for lyric in lyrics
        if lyric.findtext("syllabic", "single") == "single"
    ]
    shares = {name: sum(word in small for word in words) / max(len(words), 1) for name, small in _SMALL_WORDS.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _ENOUGH else ""
