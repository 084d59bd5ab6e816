"""The desk: every action gives a new value, every way back leads to what was there, and what is saved comes back."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from musegen.desk import Desk, DeskError, Locks, Step, dump, dump_steps, from_link, load, to_link
from musegen.desk.packed import pack, unpack
from musegen.desk.saved import MOST_TEXT
from musegen.desk.value import MOST_STEPS, OFFERS, STROKES
from musegen.errors import ScoreError
from musegen.score import Key, Note, Score, Track
from musegen.studio import Piece, Recipe

BAR = 1920


def music(*pitches: int, title: str = "Mine") -> Score:
    """One whole note a bar in each of two parts, the lower an octave below."""
    notes = [Note(BAR * i, pitch - 12 * part, BAR, track=part) for i, pitch in enumerate(pitches) for part in (0, 1)]
    return Score(tuple(notes), (Track("High"), Track("Low")), key=Key(0, "major"), title=title)


def piece(*pitches: int, seed: int = 3) -> Piece:
    recipe = Recipe("vary", "tiny", "0" * 16, seed, 0, 2, {"amount": 0.5}, music(60, 62, 64).fingerprint)
    score = music(*pitches).replace(provenance={"recipe": recipe.to_json()})
    return Piece(score, recipe, (("folded", 2),))


@pytest.fixture
def desk() -> Desk:
    return Desk((Step(music(60, 62, 64), "upload"),))


def test_what_is_kept_lies_on_the_desk_and_undo_brings_back_what_was_offered(desk):
    offered = desk.offered([piece(60, 65, 64), piece(60, 67, 64)], "vary")
    kept = offered.keep(1)
    assert [n.pitch for n in kept.score.track_notes(0)] == [60, 67, 64]
    assert (kept.now.how, kept.now.recipe.seed, kept.now.source, kept.now.offer) == ("vary", 3, desk.score, None)
    assert kept.undo() == replace(offered, future=(kept.now,))
    assert kept.undo().now.offer.pieces[0].score == piece(60, 65, 64).score
    assert kept.undo().redo() == kept
    assert desk.now.offer is None  # the desk of before is as it was


def test_nothing_to_undo_or_redo_changes_nothing(desk):
    assert desk.undo() is desk
    assert desk.redo() is desk


def test_a_new_action_after_undo_begins_another_way(desk):
    edited = desk.edit(music(60, 62, 65)).undo().edit(music(60, 62, 67))
    assert not edited.future
    assert [n.pitch for n in edited.score.track_notes(0)] == [60, 62, 67]


def test_one_can_walk_to_any_step(desk):
    way = desk.edit(music(60, 62, 65)).edit(music(60, 62, 67)).edit(music(60, 62, 69))
    assert way.walk_to(1).score == music(60, 62, 65)
    assert way.walk_to(1).walk_to(3) == way
    assert way.walk_to(99) == way


def test_the_same_piece_is_no_step(desk):
    assert desk.edit(music(60, 62, 64)) is desk
    assert desk.open(music(60, 62, 64), "example") is desk
    assert len(desk.open(music(60, 62, 64, title="Another"), "example").past) == 2


def test_a_piece_changed_by_hand_has_no_recipe(desk):
    kept = desk.offered([piece(60, 65, 64)], "vary").keep(0)
    edited = kept.edit(music(60, 65, 66).replace(provenance=kept.score.provenance))
    assert edited.now.recipe is None
    assert "recipe" not in edited.score.provenance


@pytest.mark.parametrize("index", [-1, 1, 7])
def test_what_was_not_offered_can_t_be_kept(desk, index):
    with pytest.raises(ScoreError, match="no alternative"):
        desk.offered([piece(60, 65, 64)], "vary").keep(index)
    with pytest.raises(ScoreError, match="Make some first"):
        desk.keep(0)


# Notes of music(60, 62, 64) in order: 0 low bar 1, 1 high bar 1, 2 low bar 2, 3 high bar 2, 4 low bar 3, 5 high bar 3.


def test_a_selection_locks_bars_or_voices_or_where_both_meet(desk):
    assert desk.lock_region((2, 3), None).now.locks == Locks(bars=frozenset({2, 3}))
    assert desk.lock_region((2, 3), [0, 1]).now.locks.indices(desk.score) == [2, 3, 4, 5]
    assert desk.lock_region(None, [1]).now.locks == Locks(voices=frozenset({1}))
    assert desk.lock_region(None, [1]).now.locks.indices(desk.score) == [0, 2, 4]
    assert desk.lock_region((2, 2), [0]).now.locks == Locks(notes=frozenset({(BAR, 62, 0)}))
    assert desk.lock(notes=[4]).now.locks.indices(desk.score) == [4]


def test_unlocking_a_part_leaves_the_rest_locked(desk):
    locked = desk.lock_region(None, [0, 1])
    assert locked.unlock_region((2, 2), [1]).now.locks.indices(desk.score) == [0, 1, 3, 4, 5]
    assert not locked.unlock_region(None, None).now.locks


def test_single_notes_are_unlocked_out_of_a_locked_bar(desk):
    assert desk.lock(bars=[2]).unlock([3]).now.locks.indices(desk.score) == [2]


def test_locks_go_with_their_notes(desk):
    locked = desk.lock(notes=[1, 3]).edit(music(60, 65, 64))  # the second locked note was changed by hand
    assert locked.now.locks == Locks(notes=frozenset({(0, 60, 0)}))
    fine = piece(60, 62, 64)
    fine = replace(fine, score=fine.score.with_resolution(960))
    kept = desk.lock(notes=[3]).offered([fine], "vary").keep(0)
    assert kept.now.locks.notes == {(2 * BAR, 62, 0)}
    assert kept.now.locks.indices(kept.score) == [3]


def test_locks_are_seen_in_alternatives_of_other_ticks(desk):
    fine = music(60, 62, 64).with_resolution(960)
    assert desk.lock(notes=[3]).now.locks.moved(desk.score, fine).indices(fine) == [3]


def test_new_music_takes_over_no_locks(desk):
    kept = desk.lock(voices=[1]).offered([piece(72, 74)], "generate", new=True).keep(0)
    assert not kept.now.locks
    assert kept.now.source is None


def test_the_history_is_bounded_and_old_alternatives_go(desk):
    for number in range(MOST_STEPS + 10):
        desk = desk.offered([piece(60, 65, 64)], "vary").open(music(60, 62, 48 + number % 12, 40 + number % 7), "link")
    assert len(desk.past) == MOST_STEPS
    assert [step.offer is not None for step in desk.past[-OFFERS - 1 :]] == [True] * OFFERS + [False]
    assert all(step.offer is None for step in desk.past[: -OFFERS - 1])


def test_many_strokes_never_push_out_what_was_there_before(desk):
    before = desk.offered([piece(60, 65, 64)], "vary").keep(0)
    drawn = before
    for number in range(3 * STROKES):
        drawn = drawn.edit(music(60, 62, 40 + number))
    assert [step.score for step in drawn.past[:2]] == [step.score for step in before.past]
    assert len(drawn.past) == 2 + STROKES
    assert drawn.undo().score == music(60, 62, 40 + 3 * STROKES - 2)


# --- saved ------------------------------------------------------------------------------------


def test_a_saved_desk_comes_back_whole(desk):
    desk = desk.lock(notes=[1], bars=[2], voices=[1]).offered([piece(60, 65, 64)], "vary", other=music(50))
    desk = replace(desk.keep(0).edit(music(60, 65, 66)).undo(), settings={"set-seed": 7, "verb": "fill"})
    again = load(dump(desk))
    assert again == desk
    assert again.past[0].offer.pieces[0].remarks == (("folded", 2),)
    assert again.score.title == "Mine"
    assert again.now.recipe.settings == {"amount": 0.5}


def test_a_score_that_stands_in_many_steps_is_saved_once(desk):
    one = dump(desk.offered([piece(60, 65, 64)] * 4, "vary"))
    assert len(unpack(one.partition(".")[0])["scores"]) == 2


def test_of_a_desk_that_is_too_large_the_oldest_steps_go(desk, monkeypatch):
    from musegen.desk import saved

    for number in range(20):
        desk = desk.edit(music(*(40 + (number * k) % 31 for k in range(20))))
    whole = len(dump_steps(desk))
    monkeypatch.setattr(saved, "MOST_TEXT", whole - 1)
    again = load(dump(desk))
    assert again.score == desk.score
    assert len(again.past) == 11  # of 21 steps the younger half
    assert whole < MOST_TEXT


@pytest.mark.parametrize("text", ["", "x", "!!!", "abcd" * 50, pack([1, 2]), pack({"musegen": "desk"}), pack("desk")])
def test_what_is_no_desk_is_refused(text):
    with pytest.raises(DeskError):
        load(text)


def test_a_desk_of_a_newer_musegen_asks_for_an_update(desk):
    with pytest.raises(DeskError, match="newer"):
        load(f"{pack(unpack(dump_steps(desk)) | {'format': 3})}.{pack({})}")


def test_a_cut_text_is_refused(desk):
    text = dump(desk)
    for length in range(0, len(text), 37):
        with pytest.raises(DeskError):
            load(text[:length])


@pytest.mark.parametrize(
    "change",
    [
        {"past": []},
        {"past": [{}]},
        {"past": 3},
        {"scores": []},
        {"scores": [{"notes": []}]},
        {"future": [{"score": 9}]},
    ],
)
def test_a_damaged_desk_is_refused(desk, change):
    with pytest.raises(DeskError, match="damaged"):
        load(f"{pack(unpack(dump_steps(desk)) | change)}.{pack({})}")


def test_settings_that_are_no_table_are_refused(desk):
    with pytest.raises(DeskError, match="damaged"):
        load(f"{dump_steps(desk)}.{pack([])}")


def test_a_text_that_unpacks_to_too_much_is_refused():
    assert unpack(pack("a" * 900), 1000) == "a" * 900
    with pytest.raises(DeskError, match="too long"):
        unpack(pack("a" * 2000), 1000)


def test_a_desk_of_too_many_notes_is_refused_before_they_are_read(desk, monkeypatch):
    from musegen.desk import saved

    monkeypatch.setattr(saved, "MOST_NOTES", 5)
    with pytest.raises(DeskError, match="5 notes"):
        load(dump(desk))  # six, in one step


def test_what_was_taken_back_goes_where_the_rest_is_too_large(desk, monkeypatch):
    from musegen.desk import saved

    for number in range(8):
        desk = desk.edit(music(*(40 + (number * k) % 31 for k in range(20))))
    first = desk.walk_to(0)
    monkeypatch.setattr(saved, "MOST_NOTES", 6 + 3 * 40)
    again = load(dump(first))
    assert (again.score, len(again.past), len(again.future)) == (first.score, 1, 2)
    assert again.redo().score == first.redo().score


def test_a_desk_before_another_one_is_its_way(desk):
    linked = Desk((Step(music(48, 50), "link"),))
    both = linked.after(desk.edit(music(60, 62, 65)))
    assert [step.how for step in both.past] == ["upload", "edit", "link"]
    assert both.score == linked.score
    assert both.undo().score == music(60, 62, 65)


def test_steps_that_stand_in_both_desks_are_there_once(desk):
    saved = desk.edit(music(60, 62, 65)).offered([piece(60, 65, 64)], "vary")
    now = saved.keep(0)
    assert load(dump(saved)).after(now).past == (desk.now, now.now, saved.now)
    assert load(dump(now)).after(now).past == now.past
    assert now.after(saved).past == now.past
    others = saved.offered([piece(60, 67, 64)], "vary")  # the same piece, but other alternatives: nothing is lost
    assert others.after(saved).past == (*saved.past, others.now)


@pytest.mark.parametrize(
    "change", [{"locks": [[[float("inf"), 60, 0]], [], []]}, {"offer": {"verb": "rob", "new": False, "pieces": []}}]
)
def test_a_damaged_step_is_refused(desk, change):
    steps, _, settings = dump(desk).partition(".")
    value = unpack(steps)
    value["past"][0] |= change
    with pytest.raises(DeskError, match="damaged"):
        load(f"{pack(value)}.{settings}")


# --- links ------------------------------------------------------------------------------------


def test_a_link_holds_the_recipe_and_what_it_worked_on(desk):
    kept = desk.offered([piece(60, 65, 64)], "vary").keep(0)
    linked = from_link(to_link(kept.now))
    assert linked.recipe == kept.now.recipe
    assert linked.source == desk.score
    assert linked.source.fingerprint == linked.recipe.source
    assert linked.other is None
    assert linked.is_as_made(kept.score)
    assert not linked.is_as_made(desk.score)
    assert replace(linked, made="").is_as_made(desk.score)  # a link from before


def test_a_link_to_a_piece_made_by_hand_holds_its_notes(desk):
    linked = from_link(to_link(desk.now))
    assert linked.recipe is None
    assert linked.source == desk.score
    assert linked.source.title == "Mine"


def test_a_link_says_whom_its_music_is_owed_to_but_no_recipe_twice(desk):
    about = {"source": "Open Hymnal, tune New Britain", "licence": "x" * 500, "sha256": "0" * 64, "recipe": "{}"}
    linked = from_link(to_link(Step(desk.score.replace(provenance=about), "upload")))
    assert linked.source.provenance == {"source": "Open Hymnal, tune New Britain", "licence": "x" * 200}


def test_a_link_is_made_of_what_an_address_may_hold(desk):
    assert to_link(desk.now).replace("-", "").replace("_", "").isalnum()


def test_music_that_is_too_long_for_a_link_says_so():
    chance = random.Random(1)
    notes = tuple(Note(i * 480, chance.randrange(128), chance.randrange(1, 480)) for i in range(6000))
    with pytest.raises(ScoreError, match="too long for a link"):
        to_link(Step(Score(notes), "upload"))


@pytest.mark.parametrize("text", ["", "abc", pack({}), pack({"musegen": 1}), pack({"musegen": 1, "recipe": "{}"})])
def test_a_damaged_link_is_refused(text):
    with pytest.raises(DeskError, match="link"):
        from_link(text)


def test_a_link_that_was_cut_on_its_way_says_so(desk):
    with pytest.raises(DeskError, match=r"^This link is cut off or damaged\. Ask for it again\.$"):
        from_link(to_link(desk.now)[:200])


@pytest.mark.parametrize(
    "asked", [{"n": 10**6, "index": 0}, {"settings": {"drafts": 10**6}}, {"settings": {"passes": 65}},
              {"settings": {"bars": 10**6}}, {"settings": {"rounds": float("nan")}}],
)  # fmt: skip
def test_a_link_asks_for_no_more_than_the_pages_do(desk, asked):
    kept = desk.offered([piece(60, 65, 64)], "vary").keep(0).now
    recipe = replace(kept.recipe, **asked)
    with pytest.raises(DeskError, match="too much work"):
        from_link(to_link(replace(kept, recipe=recipe)))


def test_a_link_to_very_long_music_is_refused():
    long = Score((Note(0, 60, 341 * BAR),))
    with pytest.raises(DeskError, match="340 bars"):
        from_link(to_link(Step(long, "edit")))


@pytest.mark.parametrize(
    "change", [{"verb": ["vary"]}, {"model": 5}, {"weights": None}, {"seed": "3"}, {"n": True}, {"settings": [1]}]
)
def test_a_recipe_of_other_kinds_of_values_is_refused(desk, change):
    kept = desk.offered([piece(60, 65, 64)], "vary").keep(0).now
    with pytest.raises(DeskError, match="recipe"):
        from_link(to_link(replace(kept, recipe=replace(kept.recipe, **change))))
