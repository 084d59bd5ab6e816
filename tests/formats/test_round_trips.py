"""What is written reads back equal, in every format that is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from score_strategies import scores

from musegen.formats import read_score, write_score
from musegen.formats.text import clean


@pytest.mark.parametrize("format", ["mid", "musicxml", "mxl"])
@given(score=scores())
@settings(max_examples=60, deadline=None)
def test_any_score_reads_back_equal(format, score):
    back = read_score(write_score(score, format)).score
    assert back == score
    assert clean(back.title) == clean(score.title)
