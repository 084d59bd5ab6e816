"""The critic's opinion, with a critic whose verdicts can be worked out by hand, and with the one that ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import STYLES, chorale, melody

from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.formats import read_score
from musegen.lanes import REST, LaneCodec, sounding
from musegen.places import CHECKPOINTS, COMPOSER, EXAMPLES
from musegen.score import Key, Note, Score, Track
from musegen.studio import opinion as room
from musegen.studio.opinion import opinion, reference, share_below


class LikesHighNotes:
    """A critic whose verdict on a cell is its pitch, less 60, in octaves; a rest is worth 0."""

    def judge(self, tokens, conditions):
        self.conditions = conditions
        heard = sounding(tokens)
        return np.where(heard < REST, (heard - 60.0) / 12, 0.0).astype(np.float32), np.zeros(len(tokens), np.float32)


@pytest.fixture
def checkpoint(monkeypatch):
    card = {"settings": {"styles": list(STYLES)}, "model": "composer", "critic": "ear"}
    made = Checkpoint(Path("chance"), LaneCodec(), card, "5eed" * 16)
    made.__dict__["critic"] = LikesHighNotes()
    monkeypatch.setattr(room, "_critic_of", lambda checkpoint: "ear")
    monkeypatch.setattr(room, "reference", lambda: {"ear": np.array([-1.0, 0.0, 1.0])})
    return made


def four(*bars: tuple[int, int, int, int], pickup: int = 0) -> Score:
    """A chord a bar of 4/4, after a pick-up of as many ticks with the first chord."""
    notes, tick = [], 0
    for i, bar in enumerate(bars):
        length = pickup if pickup and i == 0 else 1920
        notes += [Note(tick, pitch, length, 80, part) for part, pitch in enumerate(bar)]
        tick += length
    return Score(tuple(notes), (Track("", 52),) * 4, 480, pickup=pickup)


def test_values_bar_by_bar(checkpoint):
    # Means: (12 + 4 + 0 - 12) / 48 = 1/12 octave; (24 + 12 + 12 + 0) / 48 = 1; far below -1.
    said = opinion(checkpoint, four((72, 64, 60, 48), (84, 72, 72, 60), (36, 24, 24, 24)))
    assert (said.reason, said.scale) == ("", "bach")
    assert [bar.bar for bar in said.bars] == [1, 2, 3]
    assert [(bar.start, bar.end) for bar in said.bars] == [(0, 1920), (1920, 3840), (3840, 5760)]
    assert [bar.verdict for bar in said.bars] == pytest.approx([1 / 12, 1.0, -2.75])
    assert said.bars[0].voices == pytest.approx((1.0, 1 / 3, 0.0, -1.0))
    # Half of the reference lies below 0, all of it below 1: 1/12 of the way from a half to the whole.
    assert [bar.value for bar in said.bars] == pytest.approx([0.5 + 0.5 / 12, 1.0, 0.0])


def test_a_pickup_is_bar_nought_and_counts_alone(checkpoint):
    said = opinion(checkpoint, four((72, 72, 72, 72), (60, 60, 60, 60), pickup=480))
    assert [(bar.bar, bar.start, bar.end) for bar in said.bars] == [(0, 0, 480), (1, 480, 2400)]
    assert [bar.verdict for bar in said.bars] == pytest.approx([1.0, 0.0])  # the empty beats before it are not heard


def test_the_critic_is_told_the_key_and_the_padding(checkpoint):
    # Three beats and a sixteenth: the grid is filled up to a whole beat, 16 steps, of which 13 are music.
    notes = [Note(0, pitch, 1440, 80, part) for part, pitch in enumerate((72, 67, 64, 48))]
    notes += [Note(1440, pitch, 120, 80, part) for part, pitch in enumerate((72, 67, 64, 48))]
    opinion(checkpoint, Score(tuple(notes), (Track("", 52),) * 4, 480, key=Key(-1, "minor")))
    conditions = checkpoint.critic.conditions
    assert conditions["key"].tolist() == [1 + 2 * 2 + 1]  # D minor
    assert conditions["valid"].tolist() == [[True] * 13 + [False] * 3]
    assert conditions["position"].tolist() == [list(range(16))]
    assert conditions["style"].tolist() == [1]


def test_a_critic_without_a_reference_gives_the_logistic(checkpoint, monkeypatch):
    monkeypatch.setattr(room, "reference", dict)
    said = opinion(checkpoint, four((72, 72, 72, 72), (60, 60, 60, 60)))
    assert said.scale == "logistic"
    assert [bar.value for bar in said.bars] == pytest.approx([1 / (1 + np.exp(-1)), 0.5])


def test_why_there_is_none(checkpoint):
    assert opinion(checkpoint, melody()).reason == "not_four_parts"
    assert opinion(checkpoint, Score(())).reason == "not_four_parts"
    thick = chorale()
    thick = thick.replace(notes=(*thick.notes, *(Note(n.onset, n.pitch + 4, n.duration, 80, 1)
                                                 for n in thick.notes if n.track == 1)))  # fmt: skip
    assert opinion(checkpoint, thick).reason == "chords_in_a_part"
    folk = Checkpoint(Path("x"), LaneCodec(), {**checkpoint.card, "settings": {"styles": ["any", "folk/irish"]}}, "")
    folk.__dict__["critic"] = checkpoint.critic
    assert opinion(folk, chorale()).reason == "no_style"
    deaf = Checkpoint(Path("x"), LaneCodec(), {**checkpoint.card, "critic": ""}, "")
    assert opinion(deaf, chorale()).reason == "no_critic"


def test_shares_lie_between_the_quantiles():
    assert share_below(np.array([0.0, 1.0, 3.0]), 2.0) == pytest.approx(0.75)
    assert share_below(np.array([0.0, 1.0, 3.0]), -9.0) == 0.0
    assert share_below(np.array([0.0, 1.0, 3.0]), 9.0) == 1.0


def test_the_critic_that_ships_hears_bach_and_noise():
    checkpoint = load_checkpoint(CHECKPOINTS / COMPOSER)
    assert set(reference()) == {load_checkpoint(CHECKPOINTS / checkpoint.card["critic"]).sha256[:16]}
    name = "johann-sebastian-bach-ein-feste-burg-ist-unser-gott.musicxml"
    bach = read_score((EXAMPLES / name).read_bytes(), name).score
    rng = np.random.default_rng(1)
    moved = tuple(
        Note(n.onset, int(n.pitch + rng.integers(-4, 5)), n.duration, n.velocity, n.track) for n in bach.notes
    )
    real, noise = opinion(checkpoint, bach), opinion(checkpoint, bach.replace(notes=moved))
    assert len(real.bars) == len(bach.bars())
    assert np.mean([bar.value for bar in real.bars]) > 0.25
    assert np.mean([bar.value for bar in noise.bars]) < 0.05
