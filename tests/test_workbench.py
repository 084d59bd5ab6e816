"""One composer for many people: a recipe is made once, callers wait for each other, and a caller can give up."""

import threading

import pytest
from tiny import chorale

from musegen.checkpoint import load_checkpoint
from musegen.errors import ScoreError
from musegen.studio import Piece, Recipe
from musegen.workbench import VERBS, Workbench, kept

QUICK = {"n": 1, "passes": 1, "seed": 3}


@pytest.fixture
def bench(checkpoints):
    return Workbench(load_checkpoint(checkpoints / "composer"), keep=2)


def counted(monkeypatch, verb="vary"):
    """Counts the calls of a verb."""
    calls = []
    real = VERBS[verb]

    def count(*args, **settings):
        calls.append(settings["seed"])
        return real(*args, **settings)

    monkeypatch.setitem(VERBS, verb, count)
    return calls


def test_the_same_recipe_is_made_once_and_the_oldest_is_forgotten(bench, monkeypatch):
    calls = counted(monkeypatch)
    first = bench.make("vary", chorale(), QUICK)
    again = bench.make("vary", chorale(), QUICK)
    assert [p.score for p in again] == [p.score for p in first]
    assert calls == [3]
    for seed in (4, 5):  # two are kept: 4 and 5
        bench.make("vary", chorale(), {**QUICK, "seed": seed})
    bench.make("vary", chorale(), QUICK)
    assert calls == [3, 4, 5, 3]


def test_a_blend_has_two_scores_and_both_decide_it(bench, monkeypatch):
    calls = counted(monkeypatch, "blend")
    settings = {**QUICK, "phrase_bars": 1}
    first, other = chorale(), chorale().replace(notes=chorale().notes[:-3])
    one = bench.make("blend", first, settings, other=other)
    assert bench.make("blend", first, settings, other=other)[0].score == one[0].score
    assert calls == [3]
    bench.make("blend", first, settings, other=other.replace(notes=other.notes[:-1]))
    assert calls == [3, 3]


def test_nobody_gets_another_s_title(bench, monkeypatch):
    calls = counted(monkeypatch)
    mine = bench.make("vary", chorale().replace(title="Mine"), QUICK)
    theirs = bench.make("vary", chorale().replace(title="Theirs"), QUICK)
    assert len(calls) == 2
    assert "Mine" in mine[0].score.title
    assert "Mine" not in theirs[0].score.title


def test_a_caller_waits_for_the_other_and_can_give_up(bench):
    waited = []
    inside, go_on = threading.Event(), threading.Event()

    def hold(share):
        inside.set()
        go_on.wait(30)

    other = threading.Thread(target=bench.make, args=("vary", chorale(), QUICK), kwargs={"progress": hold})
    other.start()
    assert inside.wait(60)

    def give_up():
        waited.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.make("vary", chorale(), {**QUICK, "seed": 9}, waiting=give_up)
    go_on.set()
    other.join(60)
    assert waited == [1]
    assert bench.make("vary", chorale(), {**QUICK, "seed": 9})


def test_giving_up_half_way_frees_the_composer(bench):
    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.make("vary", chorale(), QUICK, progress=stop)
    assert len(bench.make("vary", chorale(), QUICK)) == 1


def test_an_error_is_told_and_not_kept(bench):
    with pytest.raises(ScoreError):
        bench.make("fill", chorale(), {**QUICK, "bars": (90, 99)})
    assert bench.make("fill", chorale(), {**QUICK, "bars": (1, 1)})


def test_a_class_on_one_link_costs_one_piece(bench, monkeypatch):
    calls = counted(monkeypatch)
    [wanted] = bench.make("vary", chorale(), QUICK)
    got, waits = [], []
    inside, go_on = threading.Event(), threading.Event()

    def hold(share):
        inside.set()
        go_on.wait(30)

    def open_link(**more):
        got.append(bench.remake(wanted.recipe, chorale(), **more))

    def wait():
        waits.append(1)
        if len(waits) == 3:
            go_on.set()

    pupils = [threading.Thread(target=open_link, kwargs={"progress": hold})]
    pupils[0].start()
    assert inside.wait(60)
    pupils += [threading.Thread(target=open_link, kwargs={"waiting": wait}) for _ in range(3)]
    for pupil in pupils[1:]:
        pupil.start()
    for pupil in pupils:
        pupil.join(60)
    assert got == [wanted] * 4
    assert calls == [3, 3]  # the teacher's and one for all who followed the link


def test_what_is_kept_is_had_while_the_composer_works(bench):
    [wanted] = bench.make("vary", chorale(), QUICK)
    first = bench.remake(wanted.recipe, chorale())
    assert bench.alone(lambda: bench.remake(wanted.recipe, chorale())) is first


def test_who_waits_makes_the_piece_where_the_first_gives_up(bench, monkeypatch):
    [wanted] = bench.make("vary", chorale(), QUICK)
    calls = counted(monkeypatch)
    inside, waited, got = threading.Event(), threading.Event(), []

    def stop(share):
        inside.set()
        assert waited.wait(30)
        raise KeyboardInterrupt

    def first():
        with pytest.raises(KeyboardInterrupt):
            bench.remake(wanted.recipe, chorale(), progress=stop)

    def second():
        got.append(bench.remake(wanted.recipe, chorale(), waiting=waited.set))

    pupils = [threading.Thread(target=first), threading.Thread(target=second)]
    pupils[0].start()
    assert inside.wait(60)
    pupils[1].start()
    for pupil in pupils:
        pupil.join(60)
    assert got == [wanted]
    assert calls == [3, 3]


def test_a_recipe_that_failed_is_followed_again(bench, monkeypatch):
    [wanted] = bench.make("vary", chorale(), QUICK)
    real = VERBS["vary"]

    def fail(*args, **settings):
        raise ScoreError("Not now.")

    monkeypatch.setitem(VERBS, "vary", fail)
    with pytest.raises(ScoreError, match="Not now"):
        bench.remake(wanted.recipe, chorale())
    monkeypatch.setitem(VERBS, "vary", real)
    assert bench.remake(wanted.recipe, chorale()) == wanted


def test_it_wakes_up_in_the_background(bench):
    assert not bench.awake
    bench.wake_in_background().join(120)
    assert bench.awake


def test_what_stood_in_the_source_is_kept():
    source = chorale()
    melody = source.track_notes(0)
    harmonised = source.replace(notes=(*melody, *(n for n in source.notes if n.track == 1 and n.onset > 0)))
    lowered = source.replace(notes=tuple(n for n in source.notes if n.track != 3))

    def piece(verb, score):
        return Piece(score, Recipe(verb, "composer", "ab", 1, 0, 1))

    assert kept(piece("vary", lowered), source).notes == lowered.notes
    # Of a harmonised piece only parts that stood there whole: here both, and none of one that has a new note.
    assert kept(piece("harmonise", harmonised), source).notes == harmonised.notes
    moved = harmonised.replace(notes=(*harmonised.notes, *(n for n in source.transpose(1).notes if n.track == 1)))
    assert {n.track for n in kept(piece("harmonise", moved), source).notes} == {0}
