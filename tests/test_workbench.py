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
