"""Measures of any music, by hand."""

from __future__ import annotations

from math import log2

import pytest

from musegen.evaluation import sample, statistics
from musegen.evaluation.sampling import Sampled
from musegen.score import Key, Metre, Note, Score, Track


def line(
    *notes: tuple[int, float], key: Key | None = None, metre: tuple[int, int] = (4, 4), pickup: int = 0
) -> Sampled:
    """A melody of (pitch, quarters); pitch 0 = a rest."""
    now, written = 0.0, []
    for pitch, length in notes:
        if pitch:
            written.append(Note(round(now * 480), pitch, round(length * 480)))
        now += length
    return sample(Score(tuple(written), key=key, metres=(Metre(0, *metre),), pickup=pickup))


def test_pitch_class_entropy():
    # C C' E G: shares 1/2, 1/4, 1/4: 1/2 * 1 + 2 * 1/4 * 2 = 1.5 bits, whatever the lengths.
    assert statistics.pitch_class_entropy(line((60, 1), (72, 3), (64, 1), (67, 2))) == (pytest.approx(1.5), 1)
    assert statistics.pitch_class_entropy(line((60, 1), (72, 1))) == (0, 1)
    chromatic = line(*((60 + i, 1) for i in range(12)))
    assert statistics.pitch_class_entropy(chromatic) == (pytest.approx(log2(12)), 1)


def test_scale_consistency():
    # C D E F sharp G: all in G major. C C sharp D: two of three in any scale.
    assert statistics.scale_consistency(line((60, 1), (62, 1), (64, 1), (66, 1), (67, 1))) == (1, 1)
    assert statistics.scale_consistency(line((60, 1), (61, 1), (62, 1))) == (pytest.approx(2 / 3), 1)


def test_groove_consistency():
    quarters = [(60, 1.0)] * 4
    eighths = [(60, 0.5)] * 8
    assert statistics.groove_consistency(line(*quarters, *quarters)) == (1, 1)
    # Eighths put an onset on 4 more of 16 sixteenths: bars 1-2 differ by 4/16, bars 2-3 not at all: mean 1/8.
    assert statistics.groove_consistency(line(*quarters, *eighths, *eighths)) == (pytest.approx(7 / 8), 1)
    assert statistics.groove_consistency(line(*quarters)) == (0, 0)  # no neighbour
    # A pick-up is no bar to compare.
    assert statistics.groove_consistency(line((60, 1), *quarters, *quarters, pickup=480)) == (1, 1)


def test_groove_as_published():
    # Quarters, then eighths: 4 of 1920 ticks differ; the piece ends on a bar line, so an empty bar follows: 8 more.
    quarters, eighths = [(60, 1.0)] * 4, [(60, 0.5)] * 8
    assert statistics.published_groove(line(*quarters, *eighths)) == (pytest.approx(1 - 12 / 3840), 1)
    # On a grid of sixteenths the same music has another value.
    coarse = sample(line(*quarters, *eighths).source.with_resolution(4))
    assert statistics.published_groove(coarse) == (pytest.approx(1 - 12 / 32), 1)
    assert statistics.published_groove(line((60, 1))) == (0, 0)


def test_bars_of_unlike_length_are_not_compared():
    score = Score((Note(0, 60, 1920), Note(1920, 60, 1440)), metres=(Metre(0, 4, 4), Metre(1920, 3, 4)))
    assert statistics.groove_consistency(sample(score)) == (0, 0)


def test_notes_per_bar():
    # 5 notes in 1 1/2 bars.
    assert statistics.notes_per_bar(line(*[(60, 1.0)] * 4, (60, 2))) == (5, 1.5)
    # 3 notes in a bar and a third of 3/4: the pick-up counts as a third.
    assert statistics.notes_per_bar(line((60, 1), (62, 2), (64, 1), metre=(3, 4), pickup=480)) == (
        3,
        pytest.approx(4 / 3),
    )


def test_pitch_range():
    assert statistics.pitch_range(line((60, 1), (77, 1), (55, 1))) == (22, 1)


def test_intervals():
    # +2 (step) +4 0 -1 (step) +5 (leap) -12 (leap) over a rest.
    tune = line((60, 1), (62, 1), (66, 1), (66, 1), (65, 1), (70, 1), (0, 1), (58, 1))
    assert statistics.interval_size(tune) == (2 + 4 + 1 + 5 + 12, 5)
    assert statistics.stepwise(tune) == (2, 5)
    assert statistics.leaps(tune) == (2, 5)
    assert statistics.repeated_notes(tune) == (1, 6)


def test_intervals_are_within_a_part():
    score = Score(
        (Note(0, 72, 480), Note(480, 74, 480), Note(0, 48, 480, 80, 1), Note(480, 43, 480, 80, 1)), (Track(),) * 2
    )
    assert statistics.interval_size(sample(score)) == (2 + 5, 2)


def test_rests():
    # A quarter's rest between two quarters: 4 of 12 sixteenths.
    assert statistics.rests(line((60, 1), (0, 1), (62, 1))) == (4, 12)
    # A second part that sounds the first quarter only is silent on 8 more of 24.
    both = line((60, 1), (0, 1), (62, 1)).score.merge(Score((Note(0, 48, 480),)))
    assert statistics.rests(sample(both)) == (12, 24)


def test_final_notes():
    g_major = Key(1, "major")
    assert statistics.ends_on_tonic(line((62, 1), (67, 1), key=g_major)) == (1, 1)
    assert statistics.ends_on_tonic(line((67, 1), (62, 1), key=g_major)) == (0, 1)
    assert statistics.ends_in_tonic_chord(line((67, 1), (62, 1), key=g_major)) == (1, 1)
    assert statistics.ends_in_tonic_chord(line((67, 1), (64, 1), key=g_major)) == (0, 1)
    # In D minor on a D major chord (Picardy third) with F sharp on top.
    chord = Score((Note(0, 66, 480), Note(0, 50, 480, 80, 1)), (Track(),) * 2, key=Key(-1, "minor"))
    assert statistics.ends_on_tonic(sample(chord)) == (1, 1)
    assert statistics.ends_in_tonic_chord(sample(chord)) == (1, 1)


def test_repeated_bars_and_rhythms():
    a = [(60, 1.0), (62, 1.0), (64, 2.0)]
    a_higher = [(65, 1.0), (67, 1.0), (69, 2.0)]
    b = [(60, 3.0), (62, 1.0)]
    tune = line(*a, *b, *a_higher, *a)
    # Of bars 2-4, bars 3 and 4 have the rhythm of bar 1; only bar 4 has its notes.
    assert statistics.repeated_rhythms(tune) == (2, 3)
    assert statistics.repeated_bars(tune) == (1, 3)
    assert statistics.repeated_bars(line(*a)) == (0, 0)


def test_empty_bars():
    # A bar, a bar's rest, a bar.
    assert statistics.empty_bars(line((60, 4), (0, 4), (60, 4))) == (1, 3)
    assert statistics.published_empty_bars(line((60, 4), (0, 4), (60, 4))) == (2, 3)
    # Bars 2 and 3 are not empty while a note is held.
    assert statistics.empty_bars(line((60, 12))) == (0, 3)


def test_distributions():
    # In G major: G (tonic), A, A, D an octave and a half up; a half, two eighths, a quarter.
    tune = line((67, 2), (69, 0.5), (69, 0.5), (86, 1), key=Key(1, "major"))
    counts = {
        name: dict(zip(bins, count(tune).tolist(), strict=True))
        for name, (bins, count) in statistics.DISTRIBUTIONS.items()
    }
    assert {k: v for k, v in counts["degree"].items() if v} == {"0": 1, "2": 2, "7": 1}
    assert {k: v for k, v in counts["interval"].items() if v} == {"0": 1, "2": 1, "≥12": 1}
    assert {k: v for k, v in counts["duration"].items() if v} == {"2": 2, "4": 1, "8": 1}
    assert {k: v for k, v in counts["onset"].items() if v} == {"0": 1, "8": 1, "10": 1, "12": 1}


def test_nothing_to_measure():
    nothing = sample(Score(()))
    for measure in statistics.MEASURES:
        value = measure.of(nothing)
        assert value is None or measure.name == "empty_bars", measure.name
    for bins, count in statistics.DISTRIBUTIONS.values():
        assert count(nothing).tolist() == [0] * len(bins)
