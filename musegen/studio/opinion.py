"""The critic's opinion of a piece, bar by bar: how real each bar sounds to the network that learnt to tell.

The critic says of every cell (a sixteenth of a voice) how real it is, as a logit. A bar's verdict is the mean of its
cells; its *value* is the share of bars of real Bach chorales, none of which it learnt from, whose verdict is no higher.
So real bars are spread evenly over 0-1, half of them below 0.5, and what is below 0.1 is stranger than nine of ten real
bars. The verdicts of those real bars are kept as quantiles in ``bach_bars.json`` for the critic that ships
(``benchmarks/harmony.py`` makes them); of any other critic the value is the logistic of the verdict, and ``scale`` says
so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.corpora.windows import key_index, step_conditions
from musegen.errors import ScoreError
from musegen.lanes import REST
from musegen.score import Score
from musegen.studio.voices import style_index
from musegen.studio.work import prepare
from musegen.theory import key_of

REASONS = ("no_critic", "not_four_parts", "chords_in_a_part", "no_style")
REFERENCE = Path(__file__).with_name("bach_bars.json")
_PARTS = 4


@dataclass(frozen=True, slots=True)
class BarOpinion:
    """What the critic says of one bar.

    Attributes:
        bar: Number of the bar, as printed.
        start: First tick.
        end: First tick after it.
        value: 0-1, high = real; see the module.
        verdict: Mean logit of its cells, above 0 = rather real than made.
        voices: The same for each of the four parts, from the top.
    """

    bar: int
    start: int
    end: int
    value: float
    verdict: float
    voices: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the critic says of a piece.

    Attributes:
        bars: Bar by bar; empty where there is no opinion.
        reason: Why there is none: one of ``REASONS``, or "".
        scale: "bach" where values are shares of real bars, "logistic" for a critic without such a reference.
    """

    bars: tuple[BarOpinion, ...]
    reason: str = ""
    scale: str = "bach"


def opinion(checkpoint: Checkpoint, score: Score) -> Opinion:
    """The opinion of a checkpoint's critic on music in four parts.

    Args:
        checkpoint: A composer whose card names a critic.
        score: Four parts, each with one note at a time; about other music the critic has nothing to say.

    Returns:
        The opinion, or the reason why there is none.

    Raises:
        CheckpointError: The critic's folder is damaged.
    """
    reason = _unheard(checkpoint, score)
    if reason:
        return Opinion((), reason)
    quantiles = reference().get(_critic_of(checkpoint))
    bars = []
    for bar, cells in zip(score.bars(), bar_verdicts(checkpoint, score), strict=False):
        verdict = float(cells.mean())
        value = 1 / (1 + float(np.exp(-verdict))) if quantiles is None else share_below(quantiles, verdict)
        bars.append(BarOpinion(bar.number, bar.start, bar.end, value, verdict, tuple(float(v) for v in cells)))
    return Opinion(tuple(bars), "", "logistic" if quantiles is None else "bach")


def bar_verdicts(checkpoint: Checkpoint, score: Score) -> list[NDArray[np.float64]]:
    """For every bar the mean logits of the four parts; needs what ``opinion`` looks for."""
    critic, spq = checkpoint.critic, checkpoint.codec.steps_per_quarter
    assert critic is not None
    grid = prepare(checkpoint, score).grid
    steps = len(grid.tokens)
    tokens = np.full((1, -(-steps // spq) * spq, _PARTS), REST, np.int16)
    tokens[0, :steps] = grid.tokens
    longer = grid.with_tokens(tokens[0])
    rows: dict[str, NDArray[Any]] = {name: row[None] for name, row in step_conditions(longer).items()}
    rows["present"] = np.ones((1, _PARTS), bool)
    rows["style"] = np.array([style_index(checkpoint, "chorale")])
    rows["key"] = np.array([key_index(key_of(score))])
    rows["valid"] = (np.arange(tokens.shape[1]) < steps)[None]
    cells = critic.judge(tokens, rows)[0][0, :steps].astype(np.float64)
    bar = grid.bar_positions()[2]
    heard = np.arange(steps) >= grid.lead  # before a pick-up nothing was written
    return [cells[(bar == i) & heard].mean(axis=0) for i in range(int(bar[-1]) + 1)]


def share_below(quantiles: NDArray[np.float64], verdict: float) -> float:
    """Share of the reference that is no higher, 0-1, between its quantiles (equally far apart) by the straight line."""
    return float(np.interp(verdict, quantiles, np.linspace(0, 1, len(quantiles))))


@cache
def reference() -> dict[str, NDArray[np.float64]]:
    """By weights of a critic (their hash) the quantiles of its verdicts on real bars."""
    stored = json.loads(REFERENCE.read_text("utf-8")) if REFERENCE.exists() else {}
    return {name: np.array(entry["quantiles"], np.float64) for name, entry in stored.items()}


def _critic_of(checkpoint: Checkpoint) -> str:
    """The first 16 digits of the hash of the critic's weights."""
    return load_checkpoint(checkpoint.path.with_name(str(checkpoint.card["critic"]))).sha256[:16]


def _unheard(checkpoint: Checkpoint, score: Score) -> str:
    """Why a score can't be judged; "" where it can."""
    if checkpoint.critic is None:
        return "no_critic"
    sounding = {n.track for n in score.notes if not score.tracks[n.track].is_drum}
    if len(sounding) != _PARTS or checkpoint.codec.lanes != _PARTS:
        return "not_four_parts"
    if {"folded", "inner_left_out", "lower_left_out"} & {what for what, _ in prepare(checkpoint, score).grid.remarks}:
        return "chords_in_a_part"
    try:
        style_index(checkpoint, "chorale")
    except ScoreError:
        return "no_style"
    return ""
