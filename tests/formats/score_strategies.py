"""Random scores for the round trips, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from musegen.score import Key, Metre, Note, Score, Tempo, Track

_RESOLUTIONS = st.sampled_from([1, 2, 3, 4, 7, 12, 24, 96, 220, 480, 1000])
_NAMES = st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Any score that a person could want to save: odd rhythms, changing metres and tempos, drums, polyphony."""
    resolution = draw(_RESOLUTIONS)
    length = 10 * resolution
    tracks = draw(st.lists(st.builds(Track, _NAMES, st.integers(0, 127), st.booleans()), min_size=1, max_size=3))
    notes = draw(
        st.lists(
            st.builds(
                Note,
                onset=st.integers(0, length),
                pitch=st.integers(0, 127),
                duration=st.integers(1, 5 * resolution),
                velocity=st.integers(1, 127),
                track=st.integers(0, len(tracks) - 1),
            ),
            min_size=1,
            max_size=25,
        )
    )
    units = [unit for unit in (1, 2, 4, 8, 16) if (4 * resolution) % unit == 0]
    metre = st.tuples(st.integers(1, 13), st.sampled_from(units))
    first = draw(metre)
    bar = 4 * resolution * first[0] // first[1]
    pickup = draw(st.one_of(st.just(0), st.integers(1, bar - 1) if bar > 1 else st.just(0)))
    later = draw(st.lists(st.tuples(st.integers(pickup, pickup + length), metre), max_size=3))
    metres = [Metre(0, *first), *(Metre(tick, *m) for tick, m in later if tick > 0)]
    tempos = draw(
        st.lists(st.builds(Tempo, st.integers(0, length), st.integers(401, 90_000).map(lambda q: q / 100)), max_size=4)
    )
    key = draw(st.none() | st.builds(Key, st.integers(-7, 7), st.sampled_from(["", "major", "minor"])))
    return Score(tuple(notes), tuple(tracks), resolution, tuple(tempos), tuple(metres), key, pickup, title=draw(_NAMES))
