"""The verbs. A model of chance stands in for the network: what is tested is what every composer is held to."""

import zlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import STYLES, chorale, melody

from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.errors import ScoreError
from musegen.formats import read_score, write_score
from musegen.harmony import analyse
from musegen.lanes import HOLD, REST, VOCABULARY, LaneCodec, sounding
from musegen.places import CHECKPOINTS, COMPOSER
from musegen.score import Key, Metre, Note, Score, Tempo, Track
from musegen.studio import RANGES, VOICES, Recipe, blend, columns_of, continue_, fill, generate, harmonise, refine, vary
from musegen.theory import key_of


class Chance:
    """Logits that are noise drawn from what is asked: every cell matters, notes are held often, rests are rare."""

    config = SimpleNamespace(styles=STYLES, lanes=4)

    def __init__(self):
        self.asked = []

    def logits(self, context, conditions):
        self.asked.append({**conditions, "context": context.copy()})
        rng = np.random.default_rng(zlib.crc32(context.tobytes() + conditions["key"].tobytes()))
        logits = rng.normal(size=(*context.shape, VOCABULARY)).astype(np.float32)
        logits[..., HOLD] += 3
        logits[..., REST] -= 20
        return logits


class LikesHighNotes:
    """A critic that finds high notes real."""

    def judge(self, tokens, conditions):
        cells = np.where(sounding(tokens) < REST, sounding(tokens), 0) / 10
        return cells.astype(np.float32), cells.mean(axis=(1, 2)).astype(np.float32)


@pytest.fixture
def composer():
    card = {"settings": {"styles": list(STYLES)}, "model": "composer"}
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    checkpoint.__dict__["model"] = Chance()
    return checkpoint


def new_notes(piece, old):
    """The notes of a piece that are not among the old ones."""
    left = list(old)
    return [note for note in piece.score.notes if note not in left or left.remove(note)]


def has(piece, notes):
    """Whether all of these notes stand in a piece, each as often as here."""
    left = list(piece.score.notes)
    for note in notes:
        if note not in left:
            return False
        left.remove(note)
    return True


@st.composite
def voices(draw, most=4):
    """A score of 1-4 parts, each one note at a time, on and off every grid, with pick-ups, in all kinds of metre."""
    resolution = draw(st.sampled_from([480, 96, 10]))  # 10: a resolution that sixteenths don't divide
    metre = Metre(0, *draw(st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 8), (2, 2)])))
    units = [resolution, resolution // 2, resolution // 5, max(resolution // 3, 1), 7]
    notes = []
    parts = draw(st.integers(1, most))
    for part in range(parts):
        tick = draw(st.sampled_from([0, resolution // 2, 3]))
        for _ in range(draw(st.integers(2, 8))):
            length = draw(st.sampled_from(units))
            notes.append(Note(tick, draw(st.integers(50, 75)), length, draw(st.integers(1, 127)), part))
            tick += length + draw(st.sampled_from([0, 0, resolution, 1]))
    names = ["Soprano", "Alto", "Tenor", "Bass"][:parts]
    pickup = draw(st.sampled_from([0, 0, resolution]))
    tracks = tuple(Track(name, 19) for name in names)
    return Score(tuple(notes), tracks, resolution, (Tempo(0, 97.0),), (metre,), None, pickup, title="Mine")


FEW = settings(max_examples=40, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def shared_composer():
    card = {"settings": {"styles": list(STYLES)}, "model": "composer"}
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    checkpoint.__dict__["model"] = Chance()
    return checkpoint


def overlaps_given(piece, given_notes):
    """Whether a new note sounds into a given one of its voice."""
    return any(
        a.track == b.track and a.onset < b.end and b.onset < a.end
        for a in new_notes(piece, given_notes)
        for b in given_notes
    )


# --- given notes come back exactly ------------------------------------------------------------


@FEW
@given(score=voices(most=1))
def test_harmonise_keeps_the_melody_to_the_tick(shared_composer, score):
    (piece,) = harmonise(shared_composer, score, n=1, passes=2, voice="soprano")
    assert piece.score.select_tracks([0]).replace(key=None) == score
    assert len(piece.score.tracks) == 4


@FEW
@given(score=voices(), bars=st.integers(1, 3))
def test_continue_keeps_all_and_adds_bars(shared_composer, score, bars):
    (piece,) = continue_(shared_composer, score, n=1, passes=2, bars=bars)
    ratio = piece.score.resolution // score.resolution
    old = [replace(n, onset=n.onset * ratio, duration=n.duration * ratio) for n in score.notes]
    assert has(piece, old)
    added = new_notes(piece, old)
    begin = (score.bars()[-1].end - score.pickup) * ratio  # an up-beat leads in
    assert added
    assert all(note.onset >= begin for note in added)
    # The new bars are filled to the last: rests are as good as never drawn.
    assert len(piece.score.bars()) == len(score.bars()) + bars


@FEW
@given(score=voices(), data=st.data())
def test_fill_changes_only_the_chosen_bars_and_voices(shared_composer, score, data):
    numbers = [bar.number for bar in score.bars()]
    first = data.draw(st.sampled_from(numbers))
    last = data.draw(st.sampled_from([n for n in numbers if n >= first]))
    voice = data.draw(st.integers(0, len(score.tracks) - 1))
    (piece,) = fill(shared_composer, score, bars=(first, last), voices=[voice], n=1, passes=2)
    ratio = piece.score.resolution // score.resolution
    old = [replace(n, onset=n.onset * ratio, duration=n.duration * ratio) for n in score.notes]
    chosen = [bar for bar in score.bars() if first <= bar.number <= last]
    start, stop = chosen[0].start * ratio, chosen[-1].end * ratio
    step = piece.score.resolution // 4
    # A note counts to the bar in which the sixteenth nearest to its beginning lies.
    outside = [n for n in old if n.track != voice or not start - step / 2 <= n.onset < stop - step / 2]
    assert has(piece, outside)
    added = new_notes(piece, old)
    assert all(note.track == voice for note in added)
    # A note that begins in the bars goes whole, so that its time is free beyond them too.
    stop = max([stop, *(n.end + step for n in old if n not in outside)])
    assert all(start <= note.onset and note.end <= stop for note in added)
    assert not overlaps_given(piece, outside)


@FEW
@given(score=voices(), amount=st.sampled_from([0.01, 0.5, 1.0]))
def test_vary_keeps_the_other_voices(shared_composer, score, amount):
    (piece,) = vary(shared_composer, score, amount=amount, voices=[0], n=1, passes=2)
    ratio = piece.score.resolution // score.resolution
    others = [replace(n, onset=n.onset * ratio, duration=n.duration * ratio) for n in score.notes if n.track]
    assert [n for n in piece.score.notes if n.track] == others


def test_triplets_and_swing_come_back():
    """Worked out by hand: three notes in a quarter of 480 ticks lie at 0, 160, 320; a late one at 501."""
    notes = (Note(0, 60, 160), Note(160, 62, 160), Note(320, 64, 160), Note(501, 65, 459), Note(960, 67, 960))
    score = Score(notes, (Track("Melody"),))
    checkpoint = Checkpoint(Path("chance"), LaneCodec(), {"settings": {"styles": list(STYLES)}}, "0" * 64)
    checkpoint.__dict__["model"] = Chance()
    for made in (
        harmonise(checkpoint, score, n=1, passes=1)[0].score.track_notes(0),
        continue_(checkpoint, score, n=1, passes=1).pop().score.notes[:5],
    ):
        assert tuple(replace(note, track=0) for note in made) == notes


# --- recipes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda c, seed: generate(c, bars=2, n=2, seed=seed, passes=2),
        lambda c, seed: continue_(c, chorale(), bars=1, n=2, seed=seed, passes=2),
        lambda c, seed: harmonise(c, melody(), n=2, seed=seed, passes=2),
        lambda c, seed: fill(c, chorale(), bars=(2, 2), n=2, seed=seed, passes=2),
        lambda c, seed: vary(c, chorale(), n=2, seed=seed, passes=2),
    ],
    ids=["generate", "continue", "harmonise", "fill", "vary"],
)
def test_the_same_recipe_gives_the_same_notes(composer, make, request):
    first, again, other = make(composer, 7), make(composer, 7), make(composer, 8)
    assert [p.score for p in first] == [p.score for p in again]
    assert [p.recipe for p in first] == [p.recipe for p in again]
    assert first[0].score != other[0].score
    assert first[0].score.notes != first[1].score.notes  # alternatives differ
    verb = request.node.callspec.id
    for index, piece in enumerate(first):
        recipe = piece.recipe
        assert (recipe.verb, recipe.seed, recipe.index, recipe.n) == (verb, 7, index, 2)
        assert (recipe.model, recipe.weights) == ("chance", "5eed" * 4)
        assert recipe.settings["passes"] == 2
        assert Recipe.from_json(recipe.to_json()) == recipe
        assert Recipe.from_json(piece.score.provenance["recipe"]) == recipe


def test_a_title_says_what_was_done_last(composer):
    source = melody().replace(title="Song · 2")
    filled = fill(composer, source, bars=(1, 1), seed=1, n=2, passes=1)[1].score
    assert filled.title == "Song · 2 (filled) · 2"
    assert vary(composer, filled, seed=1, passes=1)[0].score.title == "Song · 2 (varied) · 1"
    long = filled.replace(title="Song (filled) · 2 (filled) · 1 (refined) · 3")
    assert vary(composer, long, seed=1, passes=1)[0].score.title == "Song (varied) · 1"


def test_a_recipe_names_the_source_and_what_was_asked(composer):
    score = chorale(2)
    (piece,) = fill(
        composer, score, bars=(1, 2), voices=["alto"], n=1, temperature=1.25, ranges={"Alto": (55, 70)}, passes=1,
        strictness=2.5,
    )  # fmt: skip
    assert piece.recipe.source == score.fingerprint
    assert piece.recipe.settings == {
        "bars": [1, 2], "voices": ["alto"], "style": "chorale", "temperature": 1.25, "passes": 1,
        "drafts": 1, "ranges": {"Alto": [55, 70]}, "strictness": 2.5,
        "density": 0.0, "rounds": 0, "doubt": "critic", "locked": [], "locked_bars": [], "locked_voices": [],
        "other_style": "", "style_share": 0.0, "chords": {}, "key_respected": 0.0, "cadence": "auto", "critic": True,
    }  # fmt: skip
    assert generate(composer, n=1, bars=1, passes=1)[0].recipe.source == ""


BEFORE = {  # fingerprints of what the verbs made before there were wishes and locks, less silence after given notes
    "chance": {
        "generate": "821f5dad6d51d226", "harmonise": "8f3ca98ade737870", "fill": "09f1ce933c0d3f9d",
        "vary": "6192641806cd169c", "continue": "7a6442248c3c5276",
    },
    "seq2seq": {
        "generate": "efc122dab8242513", "harmonise": "d583502598a4f965", "fill": "d8ac93eee6039f1f",
        "vary": "3c04893b41d61f2c", "continue": "22bf715f846c555b",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE)
def test_who_wishes_for_nothing_gets_the_notes_of_before(composer, name):
    checkpoint = composer if name == "chance" else load_checkpoint(CHECKPOINTS / COMPOSER)
    ask = {"n": 1, "seed": 5, "drafts": 1, "passes": 2}
    made = {
        "generate": generate(checkpoint, bars=2, **ask),
        "harmonise": harmonise(checkpoint, melody(), **ask),
        "fill": fill(checkpoint, chorale(), bars=(2, 2), voices=["alto", "tenor"], **ask),
        "vary": vary(checkpoint, chorale(), **ask),
        "continue": continue_(checkpoint, melody(), bars=2, **ask),
    }
    guess = key_of(melody())  # then written into what was made of a tune that states none
    scores = {verb: pieces[0].score for verb, pieces in made.items()}
    assert {verb: score.replace(key=score.key or guess).fingerprint for verb, score in scores.items()} == BEFORE[name]


def test_a_key_that_nobody_stated_stays_a_guess(composer):
    ask = {"n": 1, "seed": 5, "drafts": 1, "passes": 1}
    tune, whole = melody(), chorale().replace(key=None)
    other = tune.replace(notes=tuple(replace(n, pitch=n.pitch + (3, -2)[k % 2]) for k, n in enumerate(tune.notes)))
    assert tune.key is None
    made = [
        *harmonise(composer, tune, **ask), *continue_(composer, tune, bars=1, **ask), *vary(composer, whole, **ask),
        *fill(composer, whole, bars=(2, 2), **ask), *refine(composer, whole, **ask), *blend(composer, tune, other, n=1),
    ]  # fmt: skip
    assert [piece.score.key for piece in made] == [None] * 6
    assert not analyse(made[3].score).stated
    for key in (Key(3, "major"), Key(3)):  # what is stated comes back as it was, a bare signature too
        assert fill(composer, whole.replace(key=key), bars=(2, 2), **ask)[0].score.key == key


def test_text_that_is_no_recipe_is_refused():
    for text in ("", "[]", "{}", '{"verb": "generate", "wings": 2}'):
        with pytest.raises(ScoreError, match="not a recipe"):
            Recipe.from_json(text)


def test_a_card_s_own_temperature_is_a_factor(composer):
    cool = replace(composer, card={**composer.card, "temperature": 0.5})
    cool.__dict__["model"] = composer.model
    notes = [
        generate(c, n=1, bars=2, passes=2, temperature=t)[0].score.notes for c, t in ((composer, 0.6), (cool, 1.2))
    ]
    assert notes[0] == notes[1]
    assert notes[0] != generate(cool, n=1, bars=2, passes=2, temperature=0.6)[0].score.notes


@pytest.mark.parametrize("doubt", ["critic", "confidence", "chance"])
def test_doubtful_notes_are_made_anew_and_the_melody_stays(composer, doubt):
    tune = melody()
    plain = harmonise(composer, tune, n=2, seed=3, passes=1)
    composer.__dict__["critic"] = LikesHighNotes()
    composer.model.asked.clear()
    refined = harmonise(composer, tune, n=2, seed=3, rounds=3, doubt=doubt)
    assert 4 <= len(composer.model.asked) <= 8  # one filling and three rounds, each asked with and without the key
    assert all(has(piece, [replace(n, track=0) for n in tune.notes]) for piece in refined)
    assert [p.score.notes for p in refined] != [p.score.notes for p in plain]
    assert {k: refined[0].recipe.settings[k] for k in ("rounds", "doubt")} == {"rounds": 3, "doubt": doubt}
    again = harmonise(composer, tune, n=2, seed=3, rounds=3, doubt=doubt)
    assert [p.score.notes for p in again] == [p.score.notes for p in refined]


def test_nobody_to_doubt_is_said(composer):
    composer.__dict__["critic"] = None
    with pytest.raises(ScoreError, match="“chance” has no critic for this music"):
        harmonise(composer, melody(), n=1, rounds=1)
    composer.__dict__["critic"] = LikesHighNotes()
    with pytest.raises(ScoreError, match="no critic for this music"):  # single melodies are not judged by it
        generate(composer, style="folk", n=1, bars=1, rounds=1)
    assert generate(composer, style="folk", n=1, bars=1, rounds=1, doubt="confidence")
    with pytest.raises(ScoreError, match="Doubt is one of critic, confidence, chance"):
        generate(composer, n=1, bars=1, rounds=1, doubt="loud")


def test_a_refined_piece_is_as_lively_as_was_asked(composer):
    notes = [
        sum(len(p.score.notes) for p in generate(composer, n=2, bars=4, rounds=2, doubt="chance", density=nats))
        for nats in (-3.0, 3.0)
    ]
    assert notes[0] < notes[1]


def test_the_progress_of_rounds_runs_from_nothing_to_all(composer):
    told = []
    generate(composer, bars=2, n=1, rounds=4, doubt="chance", progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]


def test_what_the_critic_doubts_goes_first(composer):
    def height(pieces):
        return float(np.mean([note.pitch for piece in pieces for note in piece.score.notes if note.track]))

    composer.__dict__["critic"] = LikesHighNotes()
    heights = [height(harmonise(composer, melody(), n=4, rounds=rounds)) for rounds in (1, 6)]
    assert heights[1] > heights[0] > height(harmonise(composer, melody(), n=4, rounds=6, doubt="chance"))


@pytest.mark.parametrize("format", ["mid", "musicxml", "mxl"])
def test_the_recipe_is_written_into_files(composer, format):
    (piece,) = generate(composer, bars=1, n=1, seed=41, passes=1)
    back = read_score(write_score(piece.score, format), f"piece.{format}").score
    assert Recipe.from_json(back.provenance["recipe"]) == piece.recipe
    assert back.notes == piece.score.notes or back == piece.score


# --- generate ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metre", "bars", "ticks"),
    # quarter = 480 ticks: 3 bars of 4/4 = 3 * 1920; 5 of 3/4 = 5 * 1440; 2 of 6/8 = 2 * 1440; 4 of 5/8 = 4 * 1200
    [((4, 4), 3, 5760), ((3, 4), 5, 7200), ((6, 8), 2, 2880), ((5, 8), 4, 4800)],
)
def test_generate_has_the_bars_and_the_metre_asked_for(composer, metre, bars, ticks):
    pieces = generate(composer, bars=bars, metre=metre, n=2, passes=2, pickup=0)
    assert len(pieces) == 2
    for piece in pieces:
        assert piece.score.end == ticks
        assert len(piece.score.bars()) == bars
        assert (piece.score.metres[0].numerator, piece.score.metres[0].denominator) == metre


def test_a_chorale_begins_with_an_upbeat_that_its_last_bar_is_short_of(composer):
    (piece,) = generate(composer, bars=3, n=1, passes=1)
    bars = piece.score.bars()
    assert [bar.number for bar in bars] == [0, 1, 2, 3]
    assert (bars[0].length, piece.score.pickup) == (480, 480)
    assert piece.score.end == 3 * 1920  # 480 + 2 * 1920 + 1440
    assert min(note.onset for note in piece.score.notes) == 0
    for refused in (4, -1):
        with pytest.raises(ScoreError, match="pick-up"):
            generate(composer, bars=3, n=1, passes=1, pickup=refused)


def test_long_pieces_are_composed_to_the_end(composer):
    (piece,) = generate(composer, bars=23, n=1, passes=1, pickup=0)  # 368 steps, more than the model sees at once
    assert len(piece.score.bars()) == 23
    assert all(len(piece.score.track_notes(lane)) > 23 for lane in range(4))


def test_generate_asks_for_key_tempo_and_style(composer):
    (piece,) = generate(composer, style="folk/irish", bars=2, key=Key(2, "minor"), tempo=133.0, n=1, passes=2, seed=3)
    score = piece.score
    assert [track.name for track in score.tracks] == ["Melody"]
    assert (score.key, score.tempos) == (Key(2, "minor"), (Tempo(0, 133.0),))
    asked, key_left_open = composer.model.asked[-2:]  # the key is heeded by the difference that it makes
    assert asked["style"].tolist() == key_left_open["style"].tolist() == [2]  # any, chorale/bach, folk/irish
    assert asked["key"].tolist() == [1 + 2 * 11 + 1]  # two sharps in minor: B, pitch class 11
    assert key_left_open["key"].tolist() == [0]
    assert asked["present"].tolist() == [[True, False, False, False]]


def test_one_pass_is_one_look(composer):
    generate(composer, style="folk/irish", bars=2, n=2, passes=1)
    assert len(composer.model.asked) == 1


def test_chorales_have_four_named_voices_one_note_at_a_time(composer):
    for piece in generate(composer, bars=4, n=3, passes=3):
        assert [track.name for track in piece.score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
        for lane in range(4):
            notes = piece.score.track_notes(lane)
            assert all(a.end <= b.onset for a, b in pairwise(notes))


# --- ranges -----------------------------------------------------------------------------------


def test_new_notes_keep_to_the_ranges(composer):
    asked = {"soprano": (65, 70), "BASS": (40, 45)}
    expected = {**RANGES, "soprano": (65, 70), "bass": (40, 45)}
    for piece in generate(composer, bars=4, n=2, ranges=asked, passes=3):
        for lane, name in enumerate(VOICES):
            pitches = [note.pitch for note in piece.score.track_notes(lane)]
            low, high = expected[name]
            assert low <= min(pitches) <= max(pitches) <= high


def test_a_melody_keeps_to_its_range_and_given_notes_may_lie_outside(composer):
    score = melody()  # 67-74
    (piece,) = continue_(composer, score, bars=2, n=1, ranges={"melody": (80, 84)}, passes=2)
    assert has(piece, score.notes)
    added = [note.pitch for note in new_notes(piece, score.notes)]
    assert 80 <= min(added) <= max(added) <= 84


# --- harmonise --------------------------------------------------------------------------------


@pytest.mark.parametrize(("voice", "lane"), [("soprano", 0), ("tenor", 2), ("bass", 3)])
def test_the_melody_becomes_the_voice_asked_for(composer, voice, lane):
    score = melody(-12 if lane else 0)
    (piece,) = harmonise(composer, score, voice=voice, n=1, passes=1)
    assert [replace(note, track=0) for note in piece.score.track_notes(lane)] == list(score.notes)
    assert piece.score.tracks[lane] == score.tracks[0]
    assert len(piece.score.tracks) == 4


def test_a_melody_sung_in_another_octave_is_heard_in_the_choirs(composer):
    score = melody(24)  # 91-98, two octaves above the soprano's middle
    (piece,) = harmonise(composer, score, voice="soprano", n=1, passes=1)
    assert piece.score.track_notes(0) == score.notes
    heard = composer.model.asked[-1]["context"][0, :, 0]
    low, high = RANGES["soprano"]
    # 91, 93, 95, 96, 98, 95, 93, 91: mean 94; the range's middle is 70.5; (70.5 - 94) / 12 = -1.96: two octaves down
    assert [int(p) for p in heard if p < REST] == [67, 69, 71, 72, 74, 71, 69, 67]
    assert low <= heard[heard < REST].min()
    assert heard[heard < REST].max() <= high


def test_harmonise_takes_the_melody_of_several_parts_and_says_what_it_left_out(composer):
    drums = Score((Note(0, 36, 120),), (Track("Kit", 0, True),))
    low = Score((Note(0, 45, 1920),), (Track("Cello", 42),))
    (piece,) = harmonise(composer, low.merge(melody()).merge(drums), n=1, passes=1)
    assert [replace(n, track=0) for n in piece.score.track_notes(0)] == list(melody().notes)
    assert dict(piece.remarks) == {"drums_left_out": 1, "melody_part": 2}


def test_harmonise_finds_the_melody_behind_a_drum_part_and_an_accompaniment(composer):
    drums = tuple(Note(480 * i, 38, 240, 90, 0) for i in range(8))
    chords = tuple(Note(960 * i, 48, 960, 70, 1) for i in range(4))
    tune = tuple(Note(480 * i, 67 + i % 3, 480, 80, 2) for i in range(8))
    score = Score(drums + chords + tune, (Track("Kit", 0, True), Track("Piano"), Track("Melody", 73)))
    piece = harmonise(composer, score, n=1, passes=1)[0]
    assert [(n.onset, n.pitch) for n in piece.score.track_notes(0)] == [(n.onset, n.pitch) for n in tune]
    assert piece.score.tracks[0] == Track("Melody", 73)


def test_harmonise_follows_the_top_line_of_a_polyphonic_part(composer):
    chords = Score(tuple(Note(480 * i, p, 480) for i in range(4) for p in (60, 64, 67 + i)), (Track("Piano"),))
    (piece,) = harmonise(composer, chords, n=1, passes=1)
    assert [n.pitch for n in piece.score.track_notes(0)] == [67, 68, 69, 70]
    assert dict(piece.remarks)["lower_left_out"] == 8


# --- fill and vary ----------------------------------------------------------------------------


def test_fill_by_names_and_numbers(composer):
    score = chorale()
    for voice, lane in (("Alto", 1), ("tenor", 2), (3, 3)):
        (piece,) = fill(composer, score, bars=(2, 2), voices=[voice], n=1, passes=2)
        added = new_notes(piece, score.notes)
        assert {note.track for note in added} == {lane}
        assert all(note.onset >= 1920 and note.end <= 3840 for note in added)  # bar 2 of 4/4 at 480 ticks a quarter
        assert has(piece, [n for n in score.notes if n.track != lane or n.onset < 1920])


def test_a_note_that_sounds_into_the_filled_bars_stays_whole(composer):
    long = Note(960, 60, 1920)  # from the third beat of bar 1 to the third of bar 2
    score = Score((Note(0, 62, 960), long, Note(2880, 64, 960)), (Track("Melody"),))
    (piece,) = fill(composer, score, bars=(2, 2), n=1, passes=2)
    assert has(piece, [Note(0, 62, 960), long])
    added = new_notes(piece, score.notes)
    assert added
    assert all(note.onset >= 2880 for note in added)


def test_vary_a_little_changes_little(composer):
    score = chorale()
    (piece,) = vary(composer, score, amount=1e-9, n=1, seed=2, passes=2)
    gone = [note for note in score.notes if not has(piece, [note])]
    changed = [*gone, *new_notes(piece, score.notes)]
    assert changed
    stretches = {note.onset // 960 for note in changed}  # of a half note
    assert len(stretches) == 1


def test_vary_all_changes_nearly_all(composer):
    score = chorale()
    (piece,) = vary(composer, score, amount=1.0, n=1, passes=2)
    kept = [note for note in score.notes if has(piece, [note])]
    assert len(kept) < len(score.notes) / 4


def test_polyphony_is_folded_with_a_remark(composer):
    piano = Score(
        tuple(Note(480 * i, p, 480) for i in range(8) for p in (48, 55, 64, 72)), (Track("Piano"),), title="Hands"
    )
    (piece,) = vary(composer, piano, amount=1e-9, n=1, seed=1, passes=1)
    assert ("folded", 1) in piece.remarks
    assert [track.name for track in piece.score.tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    assert sum(note.pitch == 72 for note in piece.score.track_notes(0)) >= 6  # at most 2 of 8 lie in a half note


def test_progress_runs_from_nothing_to_all(composer):
    told = []
    generate(composer, bars=23, n=1, passes=4, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[0] < 0.2
    assert told[-1] == 1.0


# --- refusals ---------------------------------------------------------------------------------

NO_PITCH = Score((Note(0, 36, 120),), (Track("Kit", 0, True),))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda c: generate(c, bars=0), r"1-64 bars, not 0"),
        (lambda c: generate(c, metre=(10**6, 1)), r"up to 16 quarter notes"),
        (lambda c: generate(c, bars=65), r"1-64 bars, not 65"),
        (lambda c: generate(c, style="techno"), r"no style “techno”. There are: chorale, folk, chorale/bach"),
        (lambda c: generate(c, metre=(3, 7)), r"3/7 is not a metre"),
        (lambda c: generate(c, metre=(1, 32), bars=1), r"1/32 doesn't fit"),
        (lambda c: generate(c, n=0), r"greater than 0"),
        (lambda c: generate(c, temperature=0.0), r"greater than 0"),
        (lambda c: generate(c, passes=0), r"greater than 0"),
        (lambda c: generate(c, strictness=-1.0), r"greater than 0|negative"),
        (lambda c: generate(c, ranges={"soprano": (80, 60)}), r"“soprano”: 80-60 is no range"),
        (lambda c: generate(c, ranges={"kazoo": (60, 80)}), r"“kazoo”"),
        (lambda c: continue_(c, chorale(), bars=0), r"1 bar or more"),
        (lambda c: continue_(c, chorale(), bars=255), r"255 more would make 257"),
        (lambda c: continue_(c, NO_PITCH), r"no pitched notes"),
        (lambda c: harmonise(c, NO_PITCH), r"no pitched notes"),
        (lambda c: harmonise(c, melody(), voice="kazoo"), r"“kazoo” is no voice: choose one of soprano, alto"),
        (lambda c: fill(c, chorale(), bars=(3, 4)), r"no bars 3-4: the score has bars 1-2"),
        (lambda c: fill(c, chorale(), bars=(2, 1)), r"no bars 2-1"),
        (lambda c: fill(c, chorale(), bars=(1, 1), voices=["kazoo"]), r"no voice “kazoo”.*Soprano, Alto, Tenor, Bass"),
        (lambda c: fill(c, chorale(), bars=(1, 1), voices=[4]), r"no voice “4”"),
        (lambda c: vary(c, chorale(), amount=0), r"between 0 and 1, not 0"),
        (lambda c: vary(c, chorale(), amount=1.5), r"between 0 and 1, not 1.5"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(composer, make, sentence):
    with pytest.raises(ScoreError, match=sentence):
        make(composer)


def test_a_model_that_only_makes_music_from_noise_is_refused(composer):
    composer.__dict__["model"] = SimpleNamespace(config=None)
    with pytest.raises(ScoreError, match="“chance” can't be used for this"):
        harmonise(composer, melody())


def test_the_verbs_number_the_parts_that_sound_unless_all_of_a_choir_are_there(shared_composer):
    notes = tuple(Note(480 * i, 60 + i, 480, track=track) for i in range(8) for track in (1, 3))
    score = Score(notes, tuple(Track(name) for name in "abcd"))
    assert columns_of(shared_composer, score, [0, 1, 3]) == [0, 1, 3]
    three = score.select_tracks([0, 1, 3])
    assert columns_of(shared_composer, three, [0, 1, 2]) == [0, 1]  # the first is silent
    chords = Score(tuple(Note(480 * i, p, 480) for i in range(8) for p in (48, 60, 64, 67)))
    assert columns_of(shared_composer, chords, [0]) is None


def test_music_that_is_too_long_is_refused(shared_composer):
    bar = 255 * 4 * 480
    long = Score(tuple(Note(bar * i, 60, bar) for i in range(5)), (Track(),), metres=(Metre(0, 255, 1),))
    with pytest.raises(ScoreError, match="Choose fewer bars"):
        vary(shared_composer, long, n=1, passes=1)
