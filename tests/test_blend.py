"""Locks, refine, blend and remake: what stays to the tick, what is doubted, which phrases come, the same once more."""

import json
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import STYLES, chorale, melody

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.lanes import HOLD, REST, VOCABULARY, LaneCodec, sounding
from musegen.score import Key, Metre, Note, Score, Track
from musegen.studio import VERBS, Piece, Recipe, blend, fill, generate, harmonise, refine, remake, vary
from musegen.studio.phrasing import Phrase, fitted, phrases_of, plan
from musegen.studio.work import prepare

BAR = 1920


class Chance:
    """Logits that are noise drawn from what is asked."""

    config = SimpleNamespace(styles=STYLES, lanes=4)

    def logits(self, context, conditions):
        rng = np.random.default_rng(zlib.crc32(context.tobytes()))
        logits = rng.normal(size=(*context.shape, VOCABULARY)).astype(np.float32)
        logits[..., HOLD] += 3
        logits[..., REST] -= 20
        return logits


class HatesThePitch:
    """A critic that doubts one pitch and nothing else."""

    def __init__(self, pitch):
        self.pitch = pitch

    def judge(self, tokens, conditions):
        cells = np.where(sounding(tokens) == self.pitch, -5.0, 5.0).astype(np.float32)
        return cells, cells.mean(axis=(1, 2))


class HoldsOn:
    """Logits that hold whatever can be held."""

    config = SimpleNamespace(styles=STYLES, lanes=4)

    def logits(self, context, conditions):
        logits = np.zeros((*context.shape, VOCABULARY), np.float32)
        logits[..., HOLD] = 50
        return logits


@pytest.fixture
def composer():
    card = {"settings": {"styles": list(STYLES)}, "model": "composer"}
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    checkpoint.__dict__["model"] = Chance()
    checkpoint.__dict__["critic"] = None
    return checkpoint


def tune(pitches, *, metre=(4, 4), key=None, quarters=1.0, pickup=0, name="Tune"):
    """A melody of equal notes."""
    notes = tuple(Note(int(480 * quarters * i), p, int(480 * quarters)) for i, p in enumerate(pitches))
    return Score(notes, (Track("Melody"),), metres=(Metre(0, *metre),), key=key, pickup=pickup, title=name)


# --- locks ------------------------------------------------------------------------------------


def test_what_is_locked_stays_to_the_tick(composer):
    score = chorale()
    # off the grid by a few ticks, and with a velocity of its own
    odd = [replace(n, onset=n.onset + 7, duration=n.duration - 9, velocity=33) for n in score.notes if n.track == 2]
    score = score.replace(notes=tuple(odd) + tuple(n for n in score.notes if n.track != 2))
    locked = [score.track_notes(2)[5], score.track_notes(0)[6]]
    asked = [[n.onset, n.pitch, n.track] for n in locked]
    for pieces in (
        fill(composer, score, bars=(1, 2), n=3, passes=2, locked=asked),
        vary(composer, score, amount=1.0, n=3, passes=2, locked=json.loads(json.dumps(asked))),
        refine(composer, score, amount=1.0, n=3, passes=2, locked=asked),
    ):
        for piece in pieces:
            assert set(locked) <= set(piece.score.notes)
            assert len(set(score.notes) & set(piece.score.notes)) < len(score.notes) / 2
            for kept in locked:  # and nothing sounds into it
                voice = [n for n in piece.score.track_notes(kept.track) if n != kept]
                assert all(n.end <= kept.onset or n.onset >= kept.end for n in voice)
        assert pieces[0].recipe.settings["locked"] == asked


def test_bars_and_voices_can_be_locked(composer):
    score = chorale()
    held = Note(960, 67, 2 * 960, 80, 0)  # sounds into bar 2
    score = score.replace(notes=(*(n for n in score.notes if n.track or n.onset < 960 or n.onset >= 2880), held))
    for piece in vary(composer, score, amount=1.0, n=2, passes=2, locked_bars=[2], locked_voices=["bass"]):
        stay = {n for n in score.notes if n.end > BAR or n.track == 3}
        assert held in stay
        assert stay <= set(piece.score.notes)
        assert set(piece.score.notes) != set(score.notes)


def test_vary_and_refine_keep_to_the_bars(composer):
    score = chorale()
    for piece in (
        *vary(composer, score, amount=1.0, bars=(2, 2), n=2, passes=2),
        *refine(composer, score, amount=1.0, bars=(2, 2), n=2, passes=2),
    ):
        assert {n for n in score.notes if n.onset < BAR} <= set(piece.score.notes)
        assert all(n.onset >= BAR for n in set(piece.score.notes) - set(score.notes))
        assert piece.recipe.settings["bars"] == [2, 2]


def test_a_folded_note_is_locked_in_the_voice_that_it_came_to(composer):
    piano = Score(tuple(Note(480 * i, p, 480) for i in range(8) for p in (48, 55, 64, 72)), (Track("Piano"),))
    (piece,) = fill(composer, piano, bars=(1, 2), n=1, passes=1, locked=[(960, 64, 0)])
    assert Note(960, 64, 480, 80, 1) in piece.score.notes


def test_parts_are_numbered_as_in_the_score_that_was_given(composer):
    drums = Score((Note(0, 36, 120),), (Track("Kit", 0, True),))
    score = drums.merge(chorale())
    (piece,) = fill(composer, score, bars=(1, 2), n=1, passes=1, locked=[(BAR, 67, 2)])
    assert Note(BAR, 67, 480, 80, 1) in piece.score.notes  # the third part, the alto, is the second without the drums
    with pytest.raises(ScoreError, match="pitch 36 at tick 0 in part 1 was left out"):
        fill(composer, score, bars=(1, 2), n=1, passes=1, locked=[(0, 36, 0)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda c: fill(c, chorale(), bars=(1, 1), locked_bars=[1, 2]),
            r"in bars 1-1 that was chosen is locked: nothing",
        ),
        (lambda c: vary(c, chorale(), locked_voices=[0, 1, 2, 3]), "Everything that was chosen is locked"),
        (lambda c: refine(c, melody(), locked_bars=[1, 2]), r"is locked"),
        (lambda c: fill(c, chorale(), bars=(1, 1), locked=[(5, 60, 0)]), r"no note of pitch 60 at tick 5 in part 1"),
        (lambda c: fill(c, chorale(), bars=(1, 1), locked=[(5, 60)]), r"named by its onset"),
        (lambda c: vary(c, chorale(), locked_bars=[7]), r"no bars 7-7"),
        (lambda c: vary(c, chorale(), bars=(7, 8)), r"no bars 7-8"),
        (lambda c: refine(c, chorale(), amount=0), r"between 0 and 1, not 0"),
    ],
)
def test_locks_that_make_no_sense_are_refused(composer, make, sentence):
    with pytest.raises(ScoreError, match=sentence):
        make(composer)


# --- refine -----------------------------------------------------------------------------------


def test_what_the_critic_doubts_goes_and_the_rest_stays(composer):
    composer.__dict__["critic"] = HatesThePitch(69)  # the alto's in bars 1 and 2
    score = chorale()
    doubted = {n for n in score.notes if n.pitch == 69}
    assert len(doubted) == 2
    # eight stretches a voice, 16 of them a half note each: two of 16 are an eighth
    pieces = refine(composer, score, amount=2 / 16, n=3, passes=2, seed=5)
    neighbours = {n for n in score.notes if n.track == 1 and {n.onset // 960} & {d.onset // 960 for d in doubted}}
    for piece in pieces:
        assert set(score.notes) - set(piece.score.notes) <= neighbours
        assert not piece.remarks
    assert len({p.score.fingerprint for p in pieces}) == 3
    assert any(not doubted & set(p.score.notes) for p in pieces)
    quiet = refine(composer, score, amount=2 / 16, n=1, passes=2, seed=5, critic=False)
    assert quiet[0].remarks == (("by_chance", 1),)


def test_of_a_melody_chance_decides_and_says_so(composer):
    composer.__dict__["critic"] = HatesThePitch(67)
    pieces = refine(composer, melody(), amount=0.25, n=4, passes=2)
    assert all(("by_chance", 1) in p.remarks for p in pieces)
    gone = [frozenset(n.onset // 960 for n in set(melody().notes) - set(p.score.notes)) for p in pieces]
    assert all(len(stretches) == 1 for stretches in gone)  # a quarter of four half notes
    assert len(set(gone)) > 1


# --- blend ------------------------------------------------------------------------------------

UP = (60, 62, 64, 65, 67, 65, 64, 62, 64, 65, 67, 69, 67, 65, 62, 60)  # four bars of C major
DOWN = (79, 78, 76, 74, 72, 71, 69, 67, 71, 72, 74, 76, 74, 69, 66, 67)  # and of G major


def test_the_other_piece_comes_into_the_key_the_metre_and_the_height():
    c = tune(UP, key=Key(0, "major"))
    other = fitted(tune(DOWN, key=Key(1, "major")), c)
    # G to C is five up or seven down: the mean of DOWN is 72.8, of UP 64.5, so down
    assert [n.pitch for n in other.notes] == [p - 7 for p in DOWN]
    minor = fitted(tune(DOWN, key=Key(-1, "minor")), c)  # D minor comes to A minor, the relative: five down
    assert minor.notes[0].pitch == 79 - 5
    eighths = fitted(tune(DOWN[:12], metre=(3, 8), quarters=0.5), tune(UP[:12], metre=(3, 4)))
    assert [n.onset / eighths.resolution for n in eighths.notes[:3]] == [0, 1, 2]
    assert (eighths.metres[0].numerator, eighths.metres[0].denominator) == (3, 4)
    halves = fitted(tune(DOWN[:12], metre=(3, 2), quarters=2), tune(UP[:12], metre=(3, 4)))
    assert [n.onset / halves.resolution for n in halves.notes[:3]] == [0, 1, 2]
    short = fitted(tune(DOWN, metre=(2, 4)), c)
    assert [n.onset for n in short.notes[:3]] == [0, 480, 960]
    assert len(short.bars()) == 4


@pytest.mark.parametrize(("mine", "theirs"), [((4, 4), (3, 4)), ((6, 8), (2, 4)), ((6, 8), (9, 8)), ((5, 4), (4, 4))])
def test_metres_of_another_kind_are_refused(composer, mine, theirs):
    with pytest.raises(ScoreError, match="can't be fitted into"):
        blend(composer, tune(UP, metre=mine), tune(DOWN, metre=theirs), n=1)


def test_phrases_are_said_once(composer):
    once, again = tune(UP), tune(UP + UP + DOWN)
    works = prepare(composer, again), prepare(composer, once)
    mine, theirs = phrases_of(works, 2)
    # bars 1-2, 3-4 and their repetition, then 9-10 and 11-12; the second piece has nothing that the first has not
    assert [p.bar for p in mine] == [0, 2, 8, 10]
    assert theirs == []
    seven = prepare(composer, tune((UP + DOWN)[:28])), works[1]
    assert [p.bar for p in phrases_of(seven, 2)[0]] == [0, 2, 5]  # bar 5 is left out: the end stays whole


def test_plans_take_turns_or_give_way():
    found = [Phrase(0, b) for b in (0, 2, 4, 6)], [Phrase(1, b) for b in (0, 2, 4, 6)]
    rng = np.random.default_rng(0)
    turns = plan(found, 0.5, alternate=True, home=False, rng=rng)
    assert [p.piece for p in turns] == [0, 1, 0, 1]
    assert turns[0] == Phrase(0, 0)
    assert turns[-1] == Phrase(1, 6)
    assert [p.piece for p in plan(found, 0.5, alternate=False, home=False, rng=rng)] == [0, 0, 1, 1]
    back = plan(found, 0.5, alternate=False, home=True, rng=rng)
    assert [p.piece for p in back] == [0, 1, 1, 0]
    assert back[-1] == Phrase(0, 6)
    for share, many in ((0.25, 1), (0.75, 3)):
        for seed in range(5):
            made = plan(found, share, alternate=True, home=False, rng=np.random.default_rng(seed))
            assert sum(p.piece for p in made) == many
            assert len(set(made)) == 4
            for piece in (0, 1):
                bars = [p.bar for p in made if p.piece == piece]
                assert bars == sorted(bars)


def test_phrases_stand_as_they_were_and_joints_are_new(composer):
    mine, theirs = tune(UP, key=Key(0, "major"), name="Up"), tune(DOWN, key=Key(1, "major"), name="Down")
    other = fitted(theirs, mine)
    pieces = blend(composer, mine, theirs, n=4, passes=2, seed=3, order="alternate")
    assert len({p.score.fingerprint for p in pieces}) > 1
    for piece in pieces:
        score = piece.score
        assert score.title.startswith("Up + Down (blended)")
        assert len(score.bars()) == 4  # two phrases of two bars: a half of two and two
        first = [n for n in score.notes if n.onset < BAR + 960]
        # the first has the first word; its last half bar, before the seam, is composed (and may hold a note on)
        assert [(n.onset, n.pitch) for n in first] == [(480 * i, p) for i, p in enumerate(UP[:6])]
        end = [replace(n, onset=n.onset - 4 * BAR + 4 * BAR) for n in other.notes if n.onset >= 2 * BAR]
        second = [n for n in score.notes if n.onset >= 2 * BAR]
        assert second == end  # the end of the second piece: C, the tonic
    again = blend(composer, mine, theirs, n=4, passes=2, seed=3, order="alternate")
    assert [p.score for p in again] == [p.score for p in pieces]


def test_an_end_in_the_air_is_composed_anew(composer):
    mine, theirs = tune(UP, key=Key(0, "major")), tune((*DOWN[:-1], 69), key=Key(1, "major"))
    (piece,) = blend(composer, mine, theirs, n=1, passes=2, order="give_way")
    other = fitted(theirs, mine)
    kept = [n for n in piece.score.notes if 2 * BAR <= n.onset < 3 * BAR]
    assert [n.pitch for n in kept] == [n.pitch for n in other.notes if 2 * BAR <= n.onset < 3 * BAR]
    last = [n for n in piece.score.notes if n.onset >= 3 * BAR]
    assert [n.pitch for n in last] != [n.pitch for n in other.notes if n.onset >= 3 * BAR]
    assert piece.recipe.settings["cadence"] == "perfect"


def test_what_is_composed_never_holds_a_given_note_into_silence(composer):
    composer.__dict__["model"] = HoldsOn()
    score = chorale()
    (piece,) = fill(composer, score, bars=(2, 2), voices=["alto"], n=1, passes=1)
    assert piece.score.track_notes(1)[:-1] == score.track_notes(1)[:5]  # to the tick
    assert piece.score.track_notes(1)[-1] == Note(BAR, 69, BAR, 80, 1)  # struck once more, and held
    (piece,) = fill(composer, score, bars=(2, 2), voices=["alto"], n=1, passes=1, ranges={"alto": (70, 74)})
    assert piece.score.track_notes(1) == score.track_notes(1)[:5]  # a new note would be out of range


def test_missing_voices_are_composed(composer):
    alone = tune(UP, key=Key(0, "major"))
    choir = chorale().replace(notes=tuple(replace(n, pitch=n.pitch + (n.onset > BAR)) for n in chorale().notes))
    for first, second in ((alone, choir), (choir, alone)):
        (piece,) = blend(composer, first, second, n=1, passes=2, share=0.4)
        assert [t.name for t in piece.score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
        for bar in piece.score.bars():
            for lane in range(4):
                assert any(n.onset < bar.end and n.end > bar.start for n in piece.score.track_notes(lane))


def test_a_pick_up_stays(composer):
    mine = tune((67, *UP[:15]), key=Key(0, "major"), pickup=480)
    (piece,) = blend(composer, mine, tune(DOWN, key=Key(1, "major")), n=1, passes=1)
    assert piece.score.pickup == 480
    assert piece.score.notes[0] == Note(0, 67, 480, 80, 0)
    assert piece.score.end <= 4 * BAR
    assert len(piece.score.bars()) == 5  # bar 0 and four, the last of them short


def test_the_up_beat_of_a_phrase_leads_into_it(composer):
    mine = tune((67, *UP[:15]), key=Key(0, "major"), pickup=480, name="Up")
    theirs = tune((73, *DOWN[:15]), key=Key(0, "major"), pickup=480, name="Down")
    for piece in blend(composer, mine, theirs, n=4, passes=2, order="alternate"):
        seam = 480 + 2 * BAR  # of two phrases of two bars
        (upbeat,) = (n for n in piece.score.notes if n.onset <= seam - 480 < n.end)
        (source,) = (n for n in fitted(theirs, mine).notes if n.onset == 2 * BAR)
        assert upbeat == replace(source, onset=seam - 480)
        first = [n for n in piece.score.notes if n.onset < seam - 3 * 480]
        assert [n.pitch for n in first] == [67, *UP[:5]]  # the half bar before it is composed


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"share": 0}, "lies between 0 and 1, not 0"),
        ({"share": 1.0}, "lies between 0 and 1, not 1.0"),
        ({"order": "shuffle"}, "“shuffle” is no order"),
        ({"phrase_bars": 9}, "1-4 bars here, not 9"),
        ({"other": tune(UP)}, "nothing that the first doesn't"),
        ({"other": Score((Note(0, 36, 120),), (Track("Kit", 0, True),))}, "no pitched notes"),
    ],
)
def test_blends_that_make_no_sense_are_refused(composer, asked, sentence):
    with pytest.raises(ScoreError, match=sentence):
        blend(composer, tune(UP), asked.pop("other", tune(DOWN)), n=1, **asked)


# --- remake -----------------------------------------------------------------------------------


def pieces_of_all_verbs(composer):
    tunes = tune(UP, key=Key(0, "major")), tune(DOWN, key=Key(1, "major"))
    ask = {"n": 2, "passes": 2, "seed": 6}
    yield generate(composer, bars=1, key=Key(-3, "minor"), metre=(3, 4), pickup=0, **ask), None, None
    yield harmonise(composer, melody(), chords={2: "V"}, ranges={"bass": (40, 60)}, **ask), melody(), None
    yield VERBS["continue"](composer, melody(), bars=1, cadence="half", **ask), melody(), None
    yield fill(composer, chorale(), bars=(1, 2), voices=["alto", 2], locked=[(0, 60, 2)], **ask), chorale(), None
    yield vary(composer, chorale(), amount=0.5, bars=(2, 2), locked_bars=[1], **ask), chorale(), None
    yield refine(composer, chorale(), locked_voices=["bass"], **ask), chorale(), None
    yield blend(composer, *tunes, share=0.4, **ask), *tunes


def test_every_piece_can_be_made_again_from_its_recipe(composer):
    seen = set()
    for pieces, source, other in pieces_of_all_verbs(composer):
        recipe = Recipe.from_json(pieces[1].score.provenance["recipe"])
        piece = remake(composer, recipe, source, other)
        assert isinstance(piece, Piece)
        assert piece.score == pieces[1].score
        assert piece.recipe == pieces[1].recipe
        seen.add(recipe.verb)
    assert seen == set(VERBS)


def test_a_recipe_from_before_the_wishes_still_works(composer):
    (piece,) = vary(composer, chorale(), n=1, passes=1)
    new = {"other_style", "style_share", "chords", "key_respected", "cadence", "critic", "bars"}
    old = {k: v for k, v in piece.recipe.settings.items() if k not in new and not k.startswith("locked")}
    assert remake(composer, replace(piece.recipe, settings=old), chorale()).score == piece.score


def test_what_can_t_be_made_again_is_said(composer):
    (piece,) = vary(composer, chorale(), n=1, passes=1)
    recipe = piece.recipe
    cases = (
        (replace(recipe, weights="0" * 16), chorale(), "made by the weights 0{16} of “chance”"),
        (recipe, None, "made of a score, its source: give that score"),
        (recipe, chorale(1), "not the source that the piece was made of"),
        (replace(recipe, verb="dance"), chorale(), "know no “dance” number 1"),
        (replace(recipe, index=3), chorale(), "number 4"),
        (replace(recipe, settings={"wings": 2}), chorale(), "settings are not those of its verb"),
    )
    for wrong, source, sentence in cases:
        with pytest.raises(ScoreError, match=sentence):
            remake(composer, wrong, source)
    (both,) = blend(composer, tune(UP), tune(DOWN), n=1, passes=1)
    with pytest.raises(ScoreError, match="second source: give that score"):
        remake(composer, both.recipe, tune(UP))
