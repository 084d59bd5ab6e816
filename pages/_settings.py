"""Create's settings: for each verb at most three sliders in view, the seed with its dice, and the rest under "More"."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from musegen.checkpoint import Checkpoint
from musegen.desk import Desk
from musegen.errors import ScoreError
from musegen.formats.wording import key_name
from musegen.score import Key, Score
from musegen.studio import CADENCES, DRAFTS, PASSES, RANGES, SURPRISE, VOICES, chord_line
from pages import _player as player
from pages import _shared as shared
from pages._words import language, listed, named, plain, said, style_name, t

Choice = TypeVar("Choice")
VERBS = ("harmonise", "continue", "fill", "vary", "blend", "generate")
CHANGING = ("fill", "vary", "refine")  # these heed a selection and locks
METRES = ((4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4))
KEYS = tuple(Key(f, mode) for mode in ("major", "minor") for f in sorted(range(-5, 7), key=lambda f: (abs(f), f)))
PHRASES = (-1, 0, 1, 2, 3, 4, 6, 8)  # bars of each; -1 = as is usual
OPEN = ""  # a key that is left open: a select box shows None as nothing chosen
ORDERS = ("auto", "alternate", "give_way")
MOST_SEED = 999_999
KEPT: Mapping[str, tuple[float, float]] = {
    "set-bars": (1, 32), "set-amount": (5, 100), "set-share": (5, 95), "set-surprise": (0.5, 1.5),
    "set-density": (-1.5, 1.5), "set-seed": (0, MOST_SEED), "set-drafts": (1, 8), "set-passes": (8, 64),
}  # fmt: skip
"""Numbers that come back with a desk, and between what they lie."""


@dataclass(frozen=True)
class Ready:
    """What a verb needs besides the piece: its keyword arguments, and the second piece of a blend."""

    settings: dict[str, Any]
    other: Score | None = None


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
    st.subheader(t("create.settings"))
    asked: dict[str, Any] = {"n": 4}
    other = None
    if verb in ("generate", "continue"):
        asked["bars"] = st.slider(t("set.bars"), 1, 32, 8, key="set-bars", persist_state="session")
    if verb == "vary":
        asked["amount"] = _percent(t("set.amount"), t("set.amount_help"), 5, 100, 40, "set-amount")
    if score is not None and mine is not None:
        if verb == "blend":
            other = _other(mine)
            asked["share"] = _percent(t("set.share"), t("set.share_help"), 5, 95, 50, "set-share")
            if other is None:
                return None
        if verb in CHANGING:
            asked |= _selection(checkpoint, verb, score, marked) | _locks(mine)
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
        asked |= _more(checkpoint, verb, style, score)
    return Ready(asked, other)


def refining(mine: Desk, marked: Mapping[str, Any] | None) -> dict[str, Any]:
    """How one alternative is refined: where it is marked, else all over; what is locked stays."""
    region = {name: marked[name] for name in ("bars", "voices") if marked[name]} if marked else {}
    surprise = float(st.session_state.get("set-surprise", SURPRISE))
    return {"n": 4, "seed": int(st.session_state["set-seed"]), "temperature": surprise} | region | _locks(mine)


def _percent(label: str, help: str, low: int, high: int, usual: int, key: str) -> float:
    value = st.slider(label, low, high, usual, step=5, format="%d %%", key=key, persist_state="session", help=help)
    return float(value) / 100


def _locks(mine: Desk) -> dict[str, Any]:
    """What is locked, as the verbs take it."""
    locks = mine.now.locks
    if not locks:
        return {}
    st.caption(t("set.locked", count=len(locks.indices(mine.score))))
    return {
        "locked": sorted([list(place) for place in locks.notes]),
        "locked_bars": sorted(locks.bars),
        "locked_voices": sorted(locks.voices),
    }


def _selection(checkpoint: Checkpoint, verb: str, score: Score, marked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Bars and voices: as marked in the player, else as chosen here."""
    if marked:
        bars, voices = marked["bars"], marked["voices"]
        names = player.voice_words(score)
        where = t("set.marked_bars", first=bars[0], last=bars[1]) if bars else t("set.marked_all")
        who = listed(plain(names[voice]) for voice in voices) if voices else t("set.marked_voices")
        st.markdown(t("set.marked", where=where, who=who))
        region = {"bars": bars} if bars else {}
        if verb == "fill" and not bars:
            numbers = [bar.number for bar in score.bars()]
            region = {"bars": (numbers[0], numbers[-1])}
        return region | ({"voices": voices} if voices else {})
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
    names = shared.voices(checkpoint, score)
    sung = [named("voice", name.lower()) for name in names]
    if len(names) > 1:
        picked = st.pills(
            t("set.voices"), range(len(names)), selection_mode="multi", default=list(range(len(names))),
            key=f"set-voices-{verb}-{score.fingerprint}", format_func=sung.__getitem__,
        )  # fmt: skip
        if not picked:
            st.caption(t("set.all_voices"))
        if picked and len(picked) < len(names):
            asked["voices"] = sorted(picked)
    return asked


def _other(mine: Desk) -> Score | None:
    """The second piece of a blend: a ready one, or one that lay on the desk before."""
    score = mine.score
    here = score.fingerprint
    steps = {step.score.fingerprint: (n, step.score) for n, step in enumerate(mine.past[:-1]) if step.score.notes}
    before = {f"step-{n}": piece for name, (n, piece) in steps.items() if name != here}
    ready = {piece.file: piece for piece in shared.gallery() if shared.ready_score(piece).fingerprint != here}
    options = [*reversed(before), *ready]
    if not options:
        st.caption(t("set.no_other"))
        return None

    def piece_of(option: str) -> Score:
        return before[option] if option in before else shared.ready_score(ready[option])

    def words(option: str) -> str:
        if option in before:
            return t("set.other_before", number=int(option[5:]) + 1, title=before[option].title)
        return f"{ready[option].title} · {ready[option].composer}"

    options.sort(key=lambda option: piece_of(option).metres != score.metres)  # those that surely fit come first
    return piece_of(pick(t("set.other"), options, "set-other", words))


def _style(checkpoint: Checkpoint, verb: str, first: str) -> str:
    """A style of the model that fits the verb; "auto" leaves it to the number of voices."""
    options = _styles(checkpoint, verb)
    options.sort(key=lambda name: name != first)  # only the first one moves
    place = f"set-style-{verb}-{first}" if first else f"set-style-{verb}"
    return pick(t("set.style"), options, place, style_name)


def _styles(checkpoint: Checkpoint, verb: str) -> list[str]:
    known = [name for name in checkpoint.styles if "/" in name] or list(checkpoint.styles[1:])
    if verb == "generate":
        options = list(known)
        if any(name.startswith("folk/") for name in known):
            options.insert(next(i for i, name in enumerate(known) if name.startswith("folk/")), "folk")
        return options
    if verb == "harmonise":
        return [name for name in known if name.startswith("chorale")]
    return ["auto", *known]


def pick(
    label: str, options: Sequence[Choice], key: str, words: Callable[[Choice], str], *, disabled: bool = False,
    help: str | None = None,
) -> Choice:  # fmt: skip
    """A select box that keeps its choice when its words change with the language (Streamlit's goes by the words)."""
    kept = st.session_state.get(f"kept-{key}")
    index = options.index(kept) if kept in options else 0
    shown = {option: words(option) for option in options}
    choice = st.selectbox(
        label, options, index, key=f"{key}-{language()}", format_func=shown.__getitem__, disabled=disabled, help=help
    )
    st.session_state[f"kept-{key}"] = choice
    return choice


def metre(key: str, *, disabled: bool = False) -> tuple[int, int]:
    """A metre."""
    return st.selectbox(
        t("set.metre"), METRES, key=key, persist_state="session", disabled=disabled,
        format_func=lambda m: f"{m[0]}/{m[1]}",
    )  # fmt: skip


def key_words(key: Key | None) -> str:
    """A key in words; None is left open."""
    return key_name(key, language()) if key else t("set.any_key")


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


def _more(checkpoint: Checkpoint, verb: str, style: str, score: Score | None) -> dict[str, Any]:
    """What few people need: chords, key, cadence, a second style, care, metre, tempo, phrases, ranges."""
    asked: dict[str, Any] = {}
    new = verb == "generate"
    asked |= _wishes(verb, score)
    alone = style.startswith("folk") or (style == "auto" and score is not None and len(score.tracks) == 1)
    family = "folk/" if alone else "chorale/"  # what is for a choir and what is for one voice can't be mixed
    others = ["", *(name for name in checkpoint.styles if name.startswith(family) and name != style)]
    second = pick(
        t("set.other_style"), others, f"set-other-style-{verb}", lambda s: style_name(s) if s else t("set.none")
    )
    if second and second != style:
        words = t("set.style_share"), t("set.style_share_help")
        asked |= {"other_style": second, "style_share": _percent(*words, 0, 100, 50, "set-style-share")}
    if checkpoint.plays:
        asked["drafts"] = st.slider(
            t("set.drafts"), 1, 8, DRAFTS, key="set-drafts", persist_state="session", help=t("set.drafts_help")
        )
    else:
        asked["passes"] = st.slider(
            t("set.passes"), 8, 64, PASSES, step=4, key="set-passes", persist_state="session", help=t("set.passes_help")
        )
    heard = checkpoint.critic is not None and not style.startswith("folk")
    if not st.toggle(t("set.critic"), True, key="set-critic", disabled=not heard, help=t("set.critic_help")):
        asked["critic"] = False
    if not heard:
        st.caption(t("set.no_critic"))
    if verb == "harmonise":
        asked["voice"] = pick(t("set.voice"), ("auto", *VOICES), "set-voice", lambda name: named("voice", name))
    if verb == "blend":
        asked["order"] = pick(t("set.order"), ORDERS, "set-order", said("set.order", ORDERS))
    if not new:
        st.caption(t("set.from_source"))
    beat = metre("set-metre", disabled=not new)
    key = pick(t("set.key"), (OPEN, *KEYS), "set-key", lambda k: key_words(k or None), disabled=not new)
    tempo = st.number_input(
        t("set.tempo"), 30, 240, None, key="set-tempo", persist_state="session", disabled=not new,
        placeholder=t("set.any_tempo"),
    )  # fmt: skip
    phrase = pick(t("set.phrases"), PHRASES, "set-phrases", _phrase_words, disabled=not new)
    if new:
        asked |= {"metre": beat, "key": key or None, "tempo": float(tempo) if tempo else None}
        asked |= {"phrase_bars": None if phrase < 0 else phrase}
    asked["ranges"] = _ranges(verb, style, score)
    return asked


def _wishes(verb: str, score: Score | None) -> dict[str, Any]:
    """Chords for bars, how firmly the key is kept, the cadence at the end."""
    asked: dict[str, Any] = {}
    line = st.text_input(
        t("set.chords"), key="set-chords", persist_state="session", placeholder="C | Am F | - | G7",
        help=t("set.chords_help"), max_chars=400,
    )  # fmt: skip
    if line and line.strip():
        first = 1 if verb == "generate" or score is None else score.bars()[0].number or 1
        if verb == "continue" and score is not None:
            first = score.bars()[-1].number + 1
        try:
            asked["chords"] = chord_line(line, first)
        except ScoreError as error:
            st.caption(f"⚠️ {plain(str(error), 300)}")
    respected = pick(t("set.in_key"), (0.0, 0.5, 1.0), "set-in-key", lambda share: t(f"set.in_key.{share:g}"))
    if respected:
        asked["key_respected"] = respected
    cadence = pick(t("set.cadence"), CADENCES, "set-cadence", said("cadence", CADENCES), help=t("set.cadence_help"))
    if cadence != "auto":
        asked["cadence"] = cadence
    return asked


def _phrase_words(bars: int) -> str:
    if bars < 0:
        return t("set.phrases_usual")
    if bars == 0:
        return t("set.phrases_free")
    return t("set.phrases_bar") if bars == 1 else t("set.phrases_bars", n=bars)


def _ranges(verb: str, style: str, score: Score | None) -> dict[str, tuple[int, int]]:
    """Lowest and highest note of each voice, where they are not the usual ones."""
    alone = verb not in ("generate", "harmonise") and score is not None and len(score.tracks) == 1
    names = ("melody",) if style.startswith("folk") or (style == "auto" and alone) else VOICES
    st.markdown(f"**{t('set.ranges')}**")
    ranges = {}
    for name in names:
        usual = RANGES[name]
        low, high = st.select_slider(
            named("voice", name), range(24, 97), usual, key=f"set-range-{name}", persist_state="session",
            format_func=shared.note_name,
        )  # fmt: skip
        if (low, high) != usual and low < high:
            ranges[name] = (low, high)
    return ranges
