"""What can be wished for: chords (worked out by hand), the key, a cadence, two styles. A model of chance obeys."""

import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import STYLES, chorale, melody

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, MASK, REST, VOCABULARY, LaneCodec, LaneGrid
from musegen.score import Key, Metre, Note, Score, Track
from musegen.studio import Ask, continue_, fill, generate, harmonise
from musegen.studio.chords import read_chord
from musegen.studio.drafts import Ending, against, closes, worth
from musegen.studio.wishes import BASS, CADENCE_BASS, CHORD, KEY, PASSING, SCALES, cadence_chords, wishes

C, A_MINOR = Key(0, "major"), Key(0, "minor")
CHOIR = (0, 1, 2, 3)
ALL_STYLES = (*STYLES, "folk/polish")


class Chance:
    """Logits that are noise drawn from what is asked; quarters are likely to be new notes."""

    config = SimpleNamespace(styles=ALL_STYLES, lanes=4)

    def __init__(self):
        self.asked = []

    def logits(self, context, conditions):
        self.asked.append({**conditions, "context": context.copy()})
        rng = np.random.default_rng(zlib.crc32(context.tobytes() + conditions["style"].tobytes()))
        logits = rng.normal(size=(*context.shape, VOCABULARY)).astype(np.float32)
        logits[..., HOLD] += 4
        logits[:, ::4, :, HOLD] -= 20
        logits[..., REST] -= 20
        return logits


@pytest.fixture
def composer():
    card = {"settings": {"styles": list(ALL_STYLES)}, "model": "composer"}
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    checkpoint.__dict__["model"] = Chance()
    return checkpoint


# --- chords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "classes", "bass"),
    [
        ("C", C, {0, 4, 7}, 0),
        ("G7", A_MINOR, {7, 11, 2, 5}, 7),
        ("Am", C, {9, 0, 4}, 9),
        ("F#dim", C, {6, 9, 0}, 6),
        ("F♯°", C, {6, 9, 0}, 6),
        ("Bb", C, {10, 2, 5}, 10),
        ("B", C, {11, 3, 6}, 11),
        ("C/E", C, {0, 4, 7}, 4),
        ("D/C", C, {2, 6, 9, 0}, 0),  # a bass that is none of the chord joins it
        ("Ebmaj7", C, {3, 7, 10, 2}, 3),
        ("Bm7b5", C, {11, 2, 5, 9}, 11),
        ("CmMaj7", C, {0, 3, 7, 11}, 0),
        ("Gsus4", C, {7, 0, 2}, 7),
        ("I", Key(2, "major"), {2, 6, 9}, 2),  # D major
        ("V7", C, {7, 11, 2, 5}, 7),
        ("vi", C, {9, 0, 4}, 9),
        ("ii65", C, {2, 5, 9, 0}, 5),
        ("I64", C, {0, 4, 7}, 7),
        ("IV7", C, {5, 9, 0, 4}, 5),  # the seventh as the key has it
        ("V/V", C, {2, 6, 9}, 2),
        ("V65/V", C, {2, 6, 9, 0}, 6),
        ("V7/ii", C, {9, 1, 4, 7}, 9),
        ("viio7", C, {11, 2, 5, 8}, 11),
        ("viiø7", C, {11, 2, 5, 9}, 11),
        ("bII6", A_MINOR, {10, 2, 5}, 2),  # the Neapolitan sixth: B flat major on D
        ("V", A_MINOR, {4, 8, 11}, 4),
        ("VII", A_MINOR, {7, 11, 2}, 7),
        ("viio", A_MINOR, {8, 11, 2}, 8),
        ("iio6", A_MINOR, {11, 2, 5}, 2),
        ("ii", A_MINOR, {11, 2, 5}, 11),
    ],
)
def test_chords_by_name_and_numeral(text, key, classes, bass):
    chord = read_chord(text, key)
    assert (set(chord.classes), chord.bass) == (classes, bass)


def test_no_chord_and_no_such_chord():
    assert read_chord("N.C.", C) is None
    assert read_chord(" nc ", C) is None
    for text in ("H", "Cwhat", "IIII", "V99", "V/", "g7"):
        with pytest.raises(ScoreError, match=r"is no chord that I know|is no degree"):
            read_chord(text, C)


# --- nats -------------------------------------------------------------------------------------


def frame(bars=2, metre=(4, 4), pickup=0, lanes=CHOIR):
    steps = bars * 16 * metre[0] // metre[1]
    score = Score((), tuple(Track() for _ in lanes), metres=(Metre(0, *metre),), pickup=pickup)
    tokens = np.full((steps, len(lanes)), MASK, np.int16)
    return LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), score)


def wished(key=C, grid=None, lanes=CHOIR, contexts=None, stop=None, **asked):
    grid = grid or frame(lanes=lanes)
    if contexts is None:
        contexts = np.full((1, len(grid.tokens), 4), MASK, np.int16)
    return wishes(Ask(**asked), grid, contexts, lanes, [key], stop or contexts.shape[1])


def test_nothing_wished_nothing_made():
    found = wished()
    assert found.lean is None
    assert found.phrase is None
    assert wished(cadence="none").lean is None


def test_a_chord_leans_on_its_bar_only():
    lean = wished(chords={2: "G7/B"}).lean[0]
    assert not lean[:16].any()
    foreign = [0, 1, 3, 4, 6, 8, 9, 10]
    for lane in range(3):
        assert (lean[16, lane, foreign] == -CHORD).all()
        assert (lean[17, lane, foreign] == -PASSING).all()
        assert (lean[20, lane, foreign] == -CHORD).all()
        assert not lean[16:, lane][:, [2, 5, 7, 11]].any()
    assert lean[16, 3, 11] == 0  # the bass that is stated
    assert (lean[16, 3, [2, 5, 7]] == -BASS).all()
    assert not lean[20, 3, [2, 5, 7, 11]].any()  # later in the bar any note of the chord will do


def test_two_chords_share_a_bar_and_numerals_follow_the_key():
    lean = wished(Key(1, "major"), chords={1: "IV | V"}).lean[0]  # G major: C, then D
    assert set(np.flatnonzero(lean[0, 0] == 0)) == {0, 4, 7}
    assert set(np.flatnonzero(lean[8, 0] == 0)) == {2, 6, 9}
    assert lean[8, 3, 2] == 0
    assert lean[8, 3, 6] == -BASS


def test_a_melody_alone_has_no_bass_to_lean():
    lean = wished(lanes=(0,), chords={"1": "F"}).lean[0]
    assert not lean[0, 0, [5, 9, 0]].any()


def test_the_key_is_respected_by_degrees_and_gives_way_to_chords():
    lean = wished(A_MINOR, key_respected=0.5, chords={2: "D/F#"}).lean[0]
    assert np.allclose(lean[0, 0, [10, 1, 3]], -KEY / 2)  # B flat, C sharp, E flat are in none of A minor's scales
    assert not lean[0, 0, [9, 11, 0, 2, 4, 5, 6, 7, 8]].any()
    assert not lean[16, 0, [2, 6, 9]].any()
    assert lean[16, 0, 1] == -KEY / 2 - CHORD
    whole = wished(A_MINOR, key_respected=True).lean
    np.testing.assert_array_equal(whole, wished(A_MINOR, key_respected=1.0).lean)
    assert len(SCALES["minor"]) == 9


def test_a_pick_up_is_bar_nought():
    grid = frame(bars=2, pickup=480)
    lean = wished(grid=grid, chords={1: "C"}).lean[0]
    assert not lean[:16].any()
    assert lean[16].any()
    with pytest.raises(ScoreError, match=r"no bar 7 .*bars 0-1"):
        wished(grid=grid, chords={7: "C"})


# --- cadences ---------------------------------------------------------------------------------


def test_the_chords_of_the_cadences():
    assert cadence_chords("perfect", C) == ((frozenset({7, 11, 2, 5}), 7), (frozenset({0, 4, 7}), 0))
    assert cadence_chords("half", A_MINOR)[1] == (frozenset({4, 8, 11}), 4)
    assert cadence_chords("deceptive", A_MINOR)[1] == (frozenset({5, 9, 0}), 5)  # F major
    assert cadence_chords("plagal", Key(1, "major"))[0] == (frozenset({0, 4, 7}), 0)


def test_the_last_chord_stands_on_the_last_strong_beat():
    found = wished(cadence="perfect")
    lean, phrase = found.lean[0], found.phrase[0]
    # two bars of 4/4: the last strong beat is the third of bar 2, step 24; the dominant has the beat before it
    assert not lean[:20].any()
    assert set(np.flatnonzero(lean[20, 0] == 0)) == {7, 11, 2, 5}
    assert set(np.flatnonzero(lean[24, 0] == 0)) == {0, 4, 7}
    assert lean[31, 3, 0] == 0
    assert lean[31, 3, 4] == -CADENCE_BASS
    assert phrase[24:].tolist() == [0] * 8
    assert phrase[[23, 20, 19]].tolist() == [1, 1, 2]  # beats that are begun count


def test_in_triple_time_it_stands_on_the_bar_line():
    lean = wished(grid=frame(metre=(3, 4)), cadence="plagal").lean[0]
    assert set(np.flatnonzero(lean[8, 0] == 0)) == {5, 9, 0}
    assert set(np.flatnonzero(lean[12, 0] == 0)) == {0, 4, 7}


def test_the_melody_that_is_given_says_when_and_whether():
    contexts = np.full((1, 32, 4), MASK, np.int16)
    contexts[0, :, 0] = HOLD
    contexts[0, [0, 20, 28], 0] = [67, 62, 60]
    lean = wished(contexts=contexts, cadence="perfect").lean[0]
    assert not lean[:24].any()
    assert set(np.flatnonzero(lean[24, 1] == 0)) == {7, 11, 2, 5}  # D is held: the dominant fits
    assert set(np.flatnonzero(lean[28, 1] == 0)) == {0, 4, 7}
    contexts[0, 20, 0] = 61  # C sharp fits no dominant: what comes before the end is left free
    assert not wished(contexts=contexts, cadence="perfect").lean[0, :28].any()
    contexts[0, 28, 0] = 62
    with pytest.raises(ScoreError, match="don't allow this cadence: its last chord can't hold D"):
        wished(contexts=contexts, cadence="perfect")
    assert wished(contexts=contexts, cadence="half").lean is not None
    # a chord that is stated for the bar has the last word
    assert wished(contexts=contexts, cadence="perfect", chords={2: "Dm"}).lean is not None


def test_the_end_that_is_given_needs_no_cadence():
    contexts = np.full((1, 32, 4), MASK, np.int16)
    contexts[0, 16:] = 61
    assert not wished(contexts=contexts, cadence="perfect").lean.any()


def test_drafts_are_chosen_by_the_cadence_that_was_asked_for():
    tokens = np.array([[[72, 67, 64, bass]] for bass in (48, 55, 57)], np.int16)
    known = {"present": np.ones((3, 4), bool), "key": np.full(3, 1), "position": np.zeros((3, 1), int)}
    for cadence, expected in {
        "auto": [True, False, False],
        "perfect": [True, False, False],
        "half": [False, True, False],
        "deceptive": [False, False, True],
        "none": [True, True, True],
    }.items():
        assert closes(tokens, known, Ending(cadence)).tolist() == expected, cadence
    longer = np.concatenate([tokens, np.full_like(tokens, 62)], axis=1)
    assert closes(longer, known, Ending("half", 1)).tolist() == [False, True, False]
    alone = {**known, "present": np.tile([True, False, False, False], (3, 1))}
    melody = np.array([[[79, REST, REST, REST]], [[74, REST, REST, REST]], [[72, REST, REST, REST]]], np.int16)
    assert closes(melody, alone, Ending("half")).tolist() == [True, True, False]  # on a note of the dominant chord


def test_drafts_that_go_against_wishes_are_worth_less():
    lean = np.zeros((2, 2, 4, 12), np.float32)
    lean[:, 0, 0, 1] = -6.0
    tokens = np.array([[[61, 55, 52, 48], [HOLD] * 4], [[60, 55, 52, 48], [HOLD] * 4]], np.int16)
    known = {
        "present": np.ones((2, 4), bool), "key": np.full(2, 1), "position": np.tile(np.arange(2), (2, 1)), "lean": lean,
    }  # fmt: skip
    assert against(tokens, known).tolist() == [6 / 8, 0]  # six nats in one of eight cells
    assert np.diff(worth(None, tokens, tokens, known)).tolist() == [6 / 8]
    del known["lean"]
    assert against(tokens, known).tolist() == [0, 0]


# --- the verbs --------------------------------------------------------------------------------


def share_of(pieces, classes, first, last):
    heard = [n.pitch % 12 in classes for p in pieces for n in p.score.notes if first <= n.onset < last]
    return sum(heard) / len(heard)


def test_bars_with_a_chord_have_more_of_its_notes(composer):
    plain = generate(composer, n=4, bars=4, passes=4, pickup=0, key=C)
    asked = generate(composer, n=4, bars=4, passes=4, pickup=0, key=C, chords={3: "F#"})
    bar = 1920
    classes = {6, 10, 1}
    assert share_of(plain, classes, 2 * bar, 3 * bar) < 0.5
    assert share_of(asked, classes, 2 * bar, 3 * bar) > 0.8
    assert share_of(asked, classes, 0, 2 * bar) < 0.5
    first = [n for p in asked for n in p.score.track_notes(3) if n.onset == 2 * bar]
    assert {n.pitch % 12 for n in first} == {6}


def test_the_chords_of_a_filled_bar(composer):
    pieces = fill(composer, chorale(), bars=(2, 2), voices=["alto", "bass"], n=4, passes=4, chords={2: "I"})
    made = [n for p in pieces for n in p.score.notes if n.track in (1, 3) and n.onset >= 1920]
    assert sum(n.pitch % 12 in (0, 4, 7) for n in made) / len(made) > 0.7


def test_the_key_is_respected_when_asked(composer):
    share = [
        share_of(generate(composer, n=4, bars=2, passes=4, key=C, key_respected=x), set(SCALES["major"]), 0, 10**6)
        for x in (0, 1)
    ]
    assert share[0] < 0.75
    assert share[1] > 0.95


@pytest.mark.parametrize(("cadence", "bass"), [("perfect", 0), ("half", 7), ("deceptive", 9)])
def test_it_ends_as_asked(composer, cadence, bass):
    pieces = generate(composer, n=6, bars=2, passes=6, key=C, pickup=0, cadence=cadence)
    ends = [p.score.track_notes(3)[-1].pitch % 12 for p in pieces]
    assert ends.count(bass) >= 5


def test_an_added_end_and_a_filled_end(composer):
    for pieces in (
        continue_(composer, chorale(), bars=2, n=4, passes=6, cadence="half"),
        fill(composer, chorale(), bars=(1, 1), n=4, passes=6, cadence="half"),
    ):
        last = max(n.onset for n in pieces[0].score.notes) if len(pieces[0].score.bars()) > 2 else 1919
        ends = [[n for n in p.score.track_notes(3) if n.onset <= last][-1].pitch % 12 for p in pieces]
        assert ends.count(7) >= 3


def test_one_style_is_the_other_at_the_end_of_its_share(composer):
    ask = {"n": 2, "bars": 2, "passes": 3, "seed": 4}
    irish, polish = (generate(composer, style=f"folk/{name}", **ask) for name in ("irish", "polish"))

    def blended(share):
        pieces = generate(composer, style="folk/irish", other_style="folk/polish", style_share=share, **ask)
        return [p.score for p in pieces], pieces[0].recipe

    assert blended(0.0)[0] == [p.score for p in irish]
    scores, recipe = blended(1.0)
    assert scores == [p.score for p in polish]
    assert recipe == polish[0].recipe
    scores, recipe = blended(0.5)
    assert scores not in ([p.score for p in irish], [p.score for p in polish])
    assert (recipe.settings["other_style"], recipe.settings["style_share"]) == ("folk/polish", 0.5)
    asked = [asked["style"].tolist() for asked in composer.model.asked[-4:]]
    assert [1 * (style == [2, 2]) for style in asked] == [1, 0, 1, 0]  # with the key and without, in either style


def test_wishes_stand_in_the_recipe(composer):
    (piece,) = harmonise(
        composer, melody(), n=1, passes=1, chords={1: "C", 2: "G7 C"}, key_respected=True, cadence="none", critic=False
    )
    said = {k: piece.recipe.settings[k] for k in ("chords", "key_respected", "cadence", "critic")}
    assert said == {"chords": {"1": "C", "2": "G7 C"}, "key_respected": 1.0, "cadence": "none", "critic": False}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"key_respected": 1.5}, "lie between 0 and 1"),
        ({"style_share": -0.1}, "lie between 0 and 1"),
        ({"cadence": "plain"}, "“plain” is no cadence: choose one of auto, perfect"),
        ({"chords": {"one": "C"}}, "by the number of the bar"),
        ({"chords": {99: "C"}}, "no bar 99"),
        ({"chords": {1: "Hm"}}, "“Hm” is no chord"),
        ({"other_style": "folk/irish", "style_share": 0.5}, "can't be blended: one is for a choir"),
        ({"other_style": "chorale/jazz", "style_share": 0.5}, "no style “chorale/jazz”"),
        ({"rounds": 1, "critic": False}, "critic is switched off"),
    ],
)
def test_wishes_that_can_t_be_granted_are_refused(composer, asked, sentence):
    with pytest.raises(ScoreError, match=sentence):
        generate(composer, n=1, bars=1, **asked)


def test_without_the_critic_it_is_not_asked(composer):
    class Loud:
        def judge(self, tokens, conditions):
            raise AssertionError("asked")

    composer.__dict__["critic"] = Loud()
    assert generate(composer, n=1, bars=1, passes=1, critic=False)


def test_a_note_on_the_beat_keeps_its_place_in_the_score(composer):
    given = Score((Note(0, 62, 1920),), (Track("Melody"),), key=C)
    (piece,) = harmonise(composer, given, n=1, passes=2, chords={1: "G"}, voice="soprano")
    assert piece.score.track_notes(0) == given.notes
