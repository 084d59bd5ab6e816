"""Every way out of a score gives a file of its kind."""

import re

import pytest

from musegen.errors import ScoreError
from musegen.export import FORMATS, export
from musegen.formats import read_score
from musegen.score import Note, Score

BEGINS = {
    "mid": b"MThd", "musicxml": b"<?xml", "mxl": b"PK", "wav": b"RIFF", "flac": b"fLaC", "ogg": b"OggS", "svg": b"<svg",
    "pdf": b"%PDF", "png": b"\x89PNG",
}  # fmt: skip
TUNE = Score(tuple(Note(480 * i, 60 + i, 480) for i in range(4)), title="Tune")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_what_its_name_says(name):
    assert export(TUNE, name).lstrip().startswith(BEGINS[name])


@pytest.mark.parametrize("name", ["mid", "musicxml", "mxl"])
def test_notes_come_back_equal(name):
    assert read_score(export(TUNE, name)).score == TUNE


def test_many_pages_of_staves_are_one_picture():
    """300 bars need several pages, which lie under each other without overlapping."""
    long = Score(tuple(Note(480 * i, 60 + i % 12, 480) for i in range(1200)))
    svg = export(long, "svg").decode("utf-8")
    places = [float(y) for y in re.findall(r'<svg y="([\d.]+)"', svg)]
    heights = [float(h) for h in re.findall(r' width="[\d.]+" height="([\d.]+)"', svg)]
    assert len(places) > 1
    assert places[0] == 0
    assert places[1] == heights[1]  # heights[0] is the whole, heights[1] the first page's
    assert heights[0] == sum(heights[1:])


def test_an_unknown_format_is_refused_in_words():
    with pytest.raises(ScoreError, match="wav"):
        export(TUNE, "mp3")
