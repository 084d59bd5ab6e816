"""Create's settings: for each verb at most three sliders in view, the seed with its dice, and the rest under "More"."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from musegen.checkpoint import Checkpoint
from musegen.desk import Desk, Step
from musegen.score import Score
from musegen.studio import MOST_BARS, SURPRISE, Recipe
from musegen.studio.work import pitched_parts
from pages import _player as player
from pages import _shared as shared
from pages._choices import percent, pick, styles
from pages._more import more
from pages._words import language, listed, plain, said, style_name, t

VERBS = ("harmonise", "continue", "fill", "vary", "blend", "generate")
CHANGING = ("fill", "vary", "refine")  # these heed a selection and locks
MOST_SEED = 999_999
KEPT: Mapping[str, tuple[float, float]] = {
    "set-bars": (1, 32), "set-amount": (5, 100), "set-share": (5, 95), "set-surprise": (0.5, 1.5),
    "set-density": (-1.5, 1.5), "set-seed": (0, MOST_SEED), "set-drafts": (1, 8), "set-passes": (8, 64),
}  # fmt: skip
"""Numbers that come back with a desk, and between what they lie."""


@dataclass(frozen=True)
class Ready:
    """What a verb needs besides the piece: its keyword arguments, the second piece of a blend, and why it can't be."""

    settings: dict[str, Any]
    other: Score | None = None
    problem: str = ""


def chosen() -> dict[str, Any]:
    """The choices that are kept with the desk, as JSON values."""
    kept = {name: st.session_state[name] for name in KEPT if isinstance(st.session_state.get(name), int | float)}
    return {**kept, "verb": chosen_verb()}


def restore(values: Mapping[str, Any]) -> None:
    """Sets what was chosen before; what makes no sense is passed over."""
    for name, (low, high) in KEPT.items():
        value = values.get(name)
        if type(value) is type(low) and low <= value <= high:  # a slider of whole numbers takes no 3.5
            st.session_state[name] = value
    if values.get("verb") in VERBS:
        st.session_state["verb"] = values["verb"]


def chosen_verb() -> str:
    """The verb as chosen, before its control is drawn too."""
    return str(st.session_state.get("verb") or VERBS[0])


def verb() -> str:
    """The verb that was chosen, and a sentence on what it does."""
    picked = st.pills(
        t("create.verb"), VERBS, default=VERBS[0], required=True, key="verb", persist_state="session",
        format_func=said("verb", VERBS), label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    st.caption(t(f"verb.{picked}.help"))
    return str(picked)


def settings(
    checkpoint: Checkpoint, verb: str, mine: Desk | None, marked: Mapping[str, Any] | None, first: str = ""
) -> Ready | None:
    """What a verb is to be called with, as chosen; None where the piece is missing that it depends on.

    Args:
        checkpoint: Who composes.
        verb: One of ``VERBS``.
        mine: The desk.
        marked: What is marked in the player, see ``_desk.selection``.
        first: The style that is offered first.
    """
    score = mine.score if mine and mine.score.notes else None
    if score is None and verb != "generate":
        return None
    if score is not None and verb != "generate" and (problem := why_fixed(checkpoint, score, {})):
        return Ready({}, problem=problem)
    st.subheader(t("create.settings"))
    asked: dict[str, Any] = {"n": 4}
    other = None
    if verb in ("generate", "continue"):
        asked["bars"] = st.slider(t("set.bars"), 1, 32, 8, key="set-bars", persist_state="session")
    if verb == "vary":
        asked["amount"] = percent(t("set.amount"), t("set.amount_help"), 5, 100, 40, "set-amount")
    if score is not None and mine is not None:
        if verb == "blend":
            other = _other(mine)
            asked["share"] = percent(t("set.share"), t("set.share_help"), 5, 95, 50, "set-share")
            if other is None:
                return None
        if verb in CHANGING:
            asked |= _selection(checkpoint, verb, score, marked) | _locks(checkpoint, mine.now)
            if mine.now.locks:
                st.caption(t("set.locked", count=len(mine.now.locks.indices(score))))
    asked["temperature"] = st.slider(
        t("set.surprise"), 0.5, 1.5, SURPRISE, step=0.05, key="set-surprise", persist_state="session",
        help=t("set.surprise_help"),
    )  # fmt: skip
    asked["density"] = st.slider(
        t("set.density"), -1.5, 1.5, 0.0, step=0.25, key="set-density", persist_state="session",
        help=t("set.density_help"),
    )  # fmt: skip
    style = _style(checkpoint, verb, first)
    if style != "auto":
        asked["style"] = style
    asked["seed"] = _seed()
    with st.expander(t("set.more")):
        asked |= more(checkpoint, verb, style, score, marked["bars"] if marked and verb in CHANGING else None)
    if score is not None and verb != "generate":
        _foretold(checkpoint, verb, [score, *([other] if other else [])], asked)
    problem = asked.pop("unread", "") or too_long(verb, score, asked.get("bars"))
    if not problem and score is not None and verb in CHANGING:
        problem = why_fixed(checkpoint, score, asked)
    return Ready(asked, other, problem)


def too_long(verb: str, score: Score | None, bars: object) -> str:
    """Why a verb can't take so much music at once, and what to do; "" where it can.

    Args:
        verb: One of ``VERBS``, or "refine".
        score: The piece on the desk.
        bars: First and last bar that may change; None = all.
    """
    if score is None or verb in ("generate", "continue"):
        return ""
    first, last = bars if isinstance(bars, tuple) else (1, len(score.bars()))
    if last - first < MOST_BARS:
        return ""
    return t("create.mark_bars", most=MOST_BARS) if verb in CHANGING else t("create.whole_too_long", most=MOST_BARS)


def why_fixed(checkpoint: Checkpoint, score: Score, asked: Mapping[str, Any]) -> str:
    """Why nothing of the region that is asked for may change, see ``shared.why_fixed``."""
    region = {
        name: asked[name] for name in ("voices", "parts", "locked", "locked_bars", "locked_voices") if name in asked
    }
    return shared.why_fixed(checkpoint, score, asked.get("bars"), region, language())


def refining(checkpoint: Checkpoint, step: Step, marked: Mapping[str, Any] | None) -> Ready:
    """How one alternative is refined: where it is marked, else all over; what is locked stays."""
    surprise = float(st.session_state.get("set-surprise", SURPRISE))
    common = {"n": 4, "seed": int(st.session_state.get("set-seed", 1)), "temperature": surprise}
    if not step.score.notes:
        return Ready(common, problem=t("bench.why.empty"))
    bars = marked and marked["bars"]
    if problem := too_long("refine", step.score, bars) or why_fixed(checkpoint, step.score, {}):
        return Ready(common, problem=problem)
    region: dict[str, Any] = {"bars": bars} if bars else {}
    region |= _parts(checkpoint, step.score, (marked and marked["voices"]) or [])
    region |= _locks(checkpoint, step)
    return Ready(common | region, problem=why_fixed(checkpoint, step.score, region))


def _locks(checkpoint: Checkpoint, step: Step) -> dict[str, Any]:
    """What is locked, as the verbs take it."""
    locks = step.locks
    if not locks:
        return {}
    columns = shared.columns(checkpoint, step.score, sorted(locks.voices))
    # Of parts that were folded into others the notes are locked, one by one.
    loose = [] if columns is not None else [n for n in step.score.notes if n.track in locks.voices]
    notes = locks.notes | {(n.onset, n.pitch, n.track) for n in loose}
    return {
        "locked": sorted([list(place) for place in notes]),
        "locked_bars": sorted(locks.bars),
        "locked_voices": columns or [],
    }


def _selection(checkpoint: Checkpoint, verb: str, score: Score, marked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Bars and voices: as marked in the player, else as chosen here."""
    if marked:
        bars, voices = marked["bars"], marked["voices"]
        names = player.voice_words(score)
        where = t("set.marked_bars", first=bars[0], last=bars[1]) if bars else t("set.marked_all")
        who = listed(plain(names[voice]) for voice in voices) if voices else t("set.marked_voices")
        st.markdown(t("set.marked", where=where, who=who))
        region: dict[str, Any] = {"bars": bars} if bars else {}
        if verb == "fill" and not bars:
            numbers = [bar.number for bar in score.bars()]
            region = {"bars": (numbers[0], numbers[-1])}
        return region | _parts(checkpoint, score, voices or [])
    asked: dict[str, Any] = {}
    if verb == "fill":
        numbers = [bar.number for bar in score.bars()]
        first, last = numbers[0], numbers[-1]
        if first < last:
            middle = first + (last - first) // 2
            asked["bars"] = st.slider(
                t("set.fill_bars"), first, last, (middle, min(middle + 3, last)), key=f"set-fill-{score.fingerprint}",
                help=t("set.fill_bars_help"),
            )  # fmt: skip
        else:
            asked["bars"] = (first, last)
            st.caption(t("set.one_bar"))
    return asked | _voices(checkpoint, verb, score)


def _voices(checkpoint: Checkpoint, verb: str, score: Score) -> dict[str, Any]:
    """Which parts may change, by their names."""
    options = pitched_parts(checkpoint, score)
    names = player.voice_words(score)
    picked: list[int] = []
    if len(options) > 1:
        picked = st.pills(
            t("set.voices"), options, selection_mode="multi", default=options,
            key=f"set-voices-{verb}-{score.fingerprint}", format_func=lambda part: plain(names[part]),
        )  # fmt: skip
        if not picked:
            st.caption(t("set.all_voices"))
    return _parts(checkpoint, score, sorted(picked) if len(picked) < len(options) else [])


def _parts(checkpoint: Checkpoint, score: Score, parts: Sequence[int]) -> dict[str, Any]:
    """Parts that may change, none = all, as the verbs take them: as voices where all are, else as parts."""
    columns = shared.columns(checkpoint, score, parts)
    if columns is None:
        return {"parts": list(parts) or pitched_parts(checkpoint, score)}
    return {"voices": columns} if columns else {"parts": list(parts)} if parts else {}


def _foretold(checkpoint: Checkpoint, verb: str, scores: Sequence[Score], asked: Mapping[str, Any]) -> None:
    """What becomes of music that isn't a choir of up to four, said before it is made."""
    if verb == "harmonise":
        if any(len(score.tracks) > 1 for score in scores):
            st.caption(t("set.melody_only"))
        return
    region = (asked.get("bars"), asked.get("parts")) if verb in CHANGING else (None, None)
    for score in scores:
        if how := shared.laid_out(checkpoint, score, *region):
            st.warning(t(f"set.folded_{how}", title=plain(score.title), count=len(pitched_parts(checkpoint, score))))


def _other(mine: Desk) -> Score | None:
    """The second piece of a blend: a ready one, or, further down, one that this piece may come from."""
    score = mine.score
    here = score.fingerprint
    way = {piece.fingerprint for step in mine.past for piece in (step.score, step.source) if piece}
    steps = {step.score.fingerprint: (n, step.score) for n, step in enumerate(mine.past[:-1]) if step.score.notes}
    before = {f"step-{n}": piece for name, (n, piece) in steps.items() if name != here}
    ready = {piece.file: piece for piece in shared.gallery() if shared.ready_score(piece).fingerprint != here}
    options = [*ready, *reversed(before)]
    if not options:
        st.caption(t("set.no_other"))
        return None

    def piece_of(option: str) -> Score:
        return before[option] if option in before else shared.ready_score(ready[option])

    def words(option: str) -> str:
        if option in before:
            return t("set.other_before", number=int(option[5:]) + 1, title=before[option].title)
        return f"{ready[option].title} · {ready[option].composer}"

    def last(option: str) -> tuple[bool, bool]:
        piece, recipe = piece_of(option), ready[option].recipe if option in ready else ""
        kin = piece.fingerprint in way or bool(recipe and Recipe.from_json(recipe).source in way)
        return option in before or kin, piece.metres != score.metres

    options.sort(key=last)  # other music that surely fits comes first
    return piece_of(pick(t("set.other"), options, "set-other", words))


def _style(checkpoint: Checkpoint, verb: str, first: str) -> str:
    """A style of the model that fits the verb; "auto" leaves it to the number of voices."""
    options = styles(checkpoint, verb)
    options.sort(key=lambda name: name != first)  # only the first one moves
    place = f"set-style-{verb}-{first}" if first else f"set-style-{verb}"
    return pick(t("set.style"), options, place, style_name)


def _seed() -> int:
    """The number that all chance comes from, and dice for another."""
    number, dice = st.columns([5, 3], vertical_alignment="bottom")
    with number:
        seed = st.number_input(
            t("set.seed"), 0, MOST_SEED, 1, key="set-seed", persist_state="session", help=t("set.seed_help")
        )
    with dice:
        st.button(t("set.dice"), key="dice", on_click=_throw, width="stretch")
    return int(seed)


def _throw() -> None:
    st.session_state["set-seed"] = random.randrange(MOST_SEED + 1)


def next_seed() -> int:
    """Another seed for the same wishes, not one after the other as people count: nobody asked for that one yet."""
    return (int(st.session_state.get("set-seed") or 0) * 31 + random.randrange(1, 1000)) % (MOST_SEED + 1)
