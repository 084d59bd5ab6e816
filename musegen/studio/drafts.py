"""Several drafts of each alternative, of which the best is kept, by a critic, rules, originality and the ending.

What a generator draws is uneven: one draft in ten stumbles. A critic that was trained to tell drafts from real music
(models/critic.py) hears that, as a discriminator may be used to reject what a generator makes (Azadi et al., 2019).
All drafts go on from the best one after every phrase, so that one of four is chosen many times and not once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.lanes import HOLD, MASK, REST, sounding
from musegen.models.base import Select
from musegen.models.refine import RULES, Judge, broken_rules, merit, parallels
from musegen.models.wishes import held_lean, lean_of
from musegen.studio.originality import copied_share
from musegen.studio.wishes import BEAT, last_notes

ENDING = 2.0
"""What a piece costs, in nats of the critic's verdict, whose last bass note is not the tonic."""
CADENCE = 8.0
"""What it costs that a cadence which was asked for does not come: the critic would rather have the usual end."""
COPIED = 10.0
"""What a piece costs that is copied from end to end."""
SILENT_BAR = 1.0
"""What a bar of silence costs, where no critic hears it."""
EMPTY = 20.0
"""What a draft costs that has not one note where music was wanted."""
SAME_BARS = 4.0
"""What it costs that all bars are the same. Of real tunes a fifth repeat another; up to a half costs nothing."""
JOINT = 4.0
"""What a fault costs where composed and given music meet, see ``bad_joints``: one in a whole piece weighs little."""
UNHEARD = 1.0
"""What a nat costs that the notes of a piece lose on average by going against what was wished for."""
PHRASE = 32
"""Steps between choices: two bars of 4/4."""
BREATH = 16
"""Steps before given music goes on in which no draft is to fall silent: a bar of 4/4."""
HEARD = 128
"""Steps that a choice hears, at most."""
Tokens = NDArray[np.int16]
Conditions = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Ending:
    """What a good ending is: a cadence of ``ask.CADENCES``, and the step after the last that it is for (None = all)."""

    cadence: str = "auto"
    stop: int | None = None


class Drafted:
    """A ``Fill`` that makes several drafts of each row and keeps the best.

    Args:
        fill: Makes them: takes ``select`` beside what every ``Fill`` takes.
        critic: Who chooses, see ``worth``.
        drafts: Of each row.
        ending: What a good ending is.
    """

    def __init__(
        self, fill: Callable[..., Tokens], critic: Judge | None, drafts: int, ending: Ending | None = None
    ) -> None:
        self.fill, self.critic, self.drafts, self.ending = fill, critic, drafts, ending or Ending()

    def __call__(self, context: Tokens, conditions: Conditions, *, seed: int, temperature: float) -> Tokens:
        """See ``Fill``."""
        context = np.repeat(context, self.drafts, axis=0)
        conditions = {name: np.repeat(rows, self.drafts, axis=0) for name, rows in conditions.items()}
        choir = int(conditions["present"][0].sum()) > 1
        select = best_so_far(self.critic, self.drafts, context, conditions) if choir else None
        tokens = self.fill(context, conditions, seed=seed, temperature=temperature, select=select)
        return np.asarray(tokens[best_rows(worth(self.critic, context, tokens, conditions, self.ending), self.drafts)])


def worth(
    critic: Judge | None, context: Tokens, tokens: Tokens, conditions: Conditions, ending: Ending | None = None
) -> NDArray[np.float64]:
    """What each draft is worth, high = good: the verdict, less broken rules, copies, wishes unheard and open endings.

    Args:
        critic: None = rules, copies, silent and repeated bars, and endings.
        context: [n, steps, lanes] what was asked for.
        tokens: [n, steps, lanes] the drafts.
        conditions: Their conditions, n rows each.
        ending: What a good ending is; None = on the tonic, in the end.
    """
    ending = ending or Ending()
    if critic is None:
        value = -RULES * broken_rules(tokens) - copied(tokens, conditions) - dull(tokens, conditions)
    else:
        value = np.asarray(merit(critic, tokens, conditions, copied=lambda made: copied(made, conditions)), np.float64)
    value = value - UNHEARD * against(tokens, conditions) - EMPTY * empty(context, tokens, conditions)
    value = value - JOINT * bad_joints(context, tokens, conditions)
    last = -1 if ending.stop is None else ending.stop - 1
    asked = (context[:, last] == MASK).any(axis=1)  # an ending that was given is not the draft's
    cost = ENDING if ending.cadence == "auto" else CADENCE
    return np.asarray(value - cost * (asked & ~closes(tokens, conditions, ending)))


def empty(context: Tokens, tokens: Tokens, conditions: Conditions) -> NDArray[np.bool_]:
    """[n] whether music was wanted and not one note came."""
    wanted = (context == MASK) & np.asarray(conditions["present"], bool)[:, None, :]
    return np.asarray(wanted.any(axis=(1, 2)) & ~((tokens < REST) & wanted).any(axis=(1, 2)))


def best_so_far(critic: Judge | None, drafts: int, context: Tokens, conditions: Conditions) -> Select:
    """A ``Select`` by which all drafts of an alternative go on from its best one, at the end of every phrase.

    So do they where half of the voices or more were composed and all go on as given. Where all voices are given right
    after a choice, the first beat of these is heard too: a draft has to lead there.

    Args:
        critic: See ``worth``.
        drafts: Of each alternative; their rows follow each other.
        context: [n, steps, lanes] what was asked for.
        conditions: Of all rows.
    """
    last = conditions["position"].shape[1]
    present = np.asarray(conditions["present"], bool)[:, None, :]
    open_cells = (context == MASK) & present
    most_open = open_cells.sum(axis=2) * 2 >= present.sum(axis=2)  # of a blend's voices one may hold a given note

    def select(tokens: Tokens, done: int) -> NDArray[np.intp] | None:
        if done >= last:
            return None
        goes_on = ~open_cells[:, done].any(axis=1)
        seam = goes_on & most_open[:, done - BEAT : done].any(axis=1)
        chosen = np.flatnonzero(seam | (done % PHRASE == 0 and last - done >= PHRASE))
        if not len(chosen):
            return None
        stop = done
        if goes_on[chosen].any():
            stop = min(done + BEAT, last)
            leads = goes_on[:, None, None] & ~open_cells[:, done:stop]
            tokens = np.concatenate([tokens[:, :done], np.where(leads, context[:, done:stop], HOLD)], axis=1)
        part = slice(max(0, stop - HEARD), stop)
        cut = {name: c[:, part] if c.ndim > 1 and name != "present" else c for name, c in conditions.items()}
        cut = {name: rows[chosen] for name, rows in cut.items()}
        heard = tokens[chosen, part]
        value = worth(critic, np.zeros_like(heard), heard, cut) - JOINT * bad_joints(context[chosen, part], heard, cut)
        result = np.arange(len(tokens))
        result[chosen] = np.repeat(chosen[best_rows(value, drafts)], drafts)
        return result

    return select


def bad_joints(context: Tokens, tokens: Tokens, conditions: Conditions) -> NDArray[np.float64]:
    """[n] faults where composed and given music meet: parallels, and beats of silence shortly before it goes on.

    Parallels count where a voice of the two passes from one to the other; silence where all voices are composed.
    """
    present = np.asarray(conditions["present"], bool)[:, None, :]
    made = (context == MASK) & present
    crosses = made[:, 1:] != made[:, :-1]
    faults = np.zeros(len(tokens))
    for i, j, parallel in parallels(np.where(present, tokens, REST).astype(np.int16)):
        faults += (parallel & (crosses[..., i] | crosses[..., j])).sum(axis=1)
    heard = (sounding(tokens) < REST) & present
    silent = (made | ~present).all(axis=2) & ~heard.any(axis=2)
    steps = np.arange(tokens.shape[1])
    given = np.where((heard & ~made).any(axis=2), steps, len(steps) + BREATH)
    following = np.minimum.accumulate(given[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(faults + (silent & (following - steps <= BREATH)).sum(axis=1) / BEAT)


def copied(tokens: Tokens, conditions: Conditions) -> NDArray[np.float64]:
    """[n] what copies of the training music cost, in nats."""
    lanes = np.flatnonzero(np.asarray(conditions["present"][0], bool))
    return COPIED * copied_share(tokens[..., lanes])


def against(tokens: Tokens, conditions: Conditions) -> NDArray[np.float64]:
    """[n] how many nats of what was wished for ("lean", see models/wishes.py) a cell that sounds loses on average."""
    lean = lean_of(conditions, tokens.shape)
    if lean is None:
        return np.zeros(len(tokens))
    heights = sounding(tokens)
    heard = (heights < REST) & np.asarray(conditions["present"], bool)[:, None, :]
    nats = np.where(heard, -held_lean(heights, lean), 0.0)
    return np.asarray(nats.sum(axis=(1, 2)) / np.maximum(heard.sum(axis=(1, 2)), 1))


def dull(tokens: Tokens, conditions: Conditions) -> NDArray[np.float64]:
    """[n] what silent bars cost, and bars that say what was said, beyond half of them."""
    cost = np.zeros(len(tokens))
    for row, (music, position) in enumerate(zip(tokens, conditions["position"], strict=True)):
        lanes = music[:, np.asarray(conditions["present"][row], bool)]
        heard = sounding(lanes[None])[0] < REST
        begins = np.flatnonzero(np.asarray(position) == 0)
        bars = [slice(a, b) for a, b in zip(begins, [*begins[1:], len(music)], strict=True)]
        if len(bars) > 1:
            silent = sum(not heard[bar].any() for bar in bars)
            again = 1 - len({lanes[bar].tobytes() for bar in bars}) / len(bars)
            cost[row] = SILENT_BAR * silent + SAME_BARS * max(0.0, again - 0.5)
    return cost


def closes(tokens: Tokens, conditions: Conditions, ending: Ending | None = None) -> NDArray[np.bool_]:
    """[n] whether the last note of the lowest voice is one to end on; True where the key is not known.

    That is the key's tonic, or what the cadence asks for, see ``wishes.last_notes``.
    """
    ending = ending or Ending()
    tokens = tokens[:, : ending.stop]
    lowest = conditions["present"].shape[1] - 1 - np.argmax(conditions["present"][:, ::-1], axis=1)
    steps = np.arange(tokens.shape[1])
    result = np.ones(len(tokens), bool)
    for row, (lane, key) in enumerate(zip(lowest, conditions["key"], strict=True)):
        line = tokens[row, :, lane]
        last = np.where(line < REST, steps, -1).max()
        if key and last >= 0:
            voices = int(np.count_nonzero(conditions["present"][row]))
            good = last_notes(ending.cadence, (int(key) - 1) // 2, int(key) % 2 == 0, voices)
            result[row] = line[last] % 12 in good
    return result


def best_rows(value: NDArray[np.float64], drafts: int) -> NDArray[np.intp]:
    """The row of the best draft of each alternative, of values whose rows are alternative by alternative."""
    return np.asarray(np.arange(0, len(value), drafts) + value.reshape(-1, drafts).argmax(axis=1))
