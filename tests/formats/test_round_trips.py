"""What is written reads back equal, in every format that is written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from score_strategies import scores

from musegen.formats import read_score, write_score
from musegen.formats.text import clean
from musegen.places import EXAMPLES


@pytest.mark.parametrize("format", ["mid", "musicxml", "mxl"])
@given(score=scores())
@settings(max_examples=60, deadline=None)
def test_any_score_reads_back_equal(format, score):
    back = read_score(write_score(score, format)).score
    assert back == score
    assert clean(back.title) == clean(score.title)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.musicxml")), ids=lambda path: path.stem)
def test_the_app_s_examples_come_back_equal_and_are_written_alike(path):
    """A sample of ``benchmarks/round_trips.py``: notes, bars, names, provenance; and the same bytes once more."""
    score = read_score(path.read_bytes(), path.name).score
    for format in ("mid", "musicxml", "mxl"):
        back = read_score(write_score(score, format), path.name).score
        assert back == score
        assert (back.title, back.composer) == (score.title, score.composer)
        assert [(b.number, Fraction(b.start, back.resolution)) for b in back.bars()] == [
            (b.number, Fraction(b.start, score.resolution)) for b in score.bars()
        ]
        told = {name: value for name, value in score.provenance.items() if name != "sha256"}
        assert told == {name: value for name, value in back.provenance.items() if name != "sha256"}
        bare, again = score.replace(provenance={}), back.replace(provenance={})
        assert write_score(again, format) == write_score(bare, format)
