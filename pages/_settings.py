"""Create's settings: for each verb at most two sliders in view, the seed with its dice, and the rest under "More"."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from musegen.checkpoint import Checkpoint
from musegen.formats.wording import key_name
from musegen.score import Key, Score
from musegen.studio import DRAFTS, PASSES, RANGES, SURPRISE, VOICES
from pages import _shared as shared
from pages._words import language, named, said, style_name, t

Choice = TypeVar("Choice")
VERBS = ("harmonise", "continue", "fill", "vary", "generate")
METRES = ((4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4))
KEYS = tuple(Key(fifths, mode) for mode in ("major", "minor") for fifths in range(-5, 7))
PHRASES = (None, 0, 1, 2, 3, 4, 6, 8)
MOST_SEED = 999_999


def verb() -> str:
    """The verb that was chosen, and a sentence on what it does."""
    chosen = st.pills(
        t("create.verb"), VERBS, default="harmonise", required=True, key="verb", persist_state="session",
        format_func=said("verb", VERBS), label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    st.caption(t(f"verb.{chosen}.help"))
    return chosen


def settings(checkpoint: Checkpoint, verb: str, score: Score | None, first: str = "") -> dict[str, Any] | None:
    """The keyword arguments of a verb as chosen; None where the source is missing that they depend on.

    ``first`` is the style that is offered first.
    """
    if score is None and verb != "generate":
        return None
    st.subheader(t("create.settings"))
    chosen: dict[str, Any] = {"n": 4}
    if verb in ("generate", "continue"):
        chosen["bars"] = st.slider(t("set.bars"), 1, 32, 8, key="set-bars", persist_state="session")
    if verb == "vary":
        amount = st.slider(
            t("set.amount"), 5, 100, 40, step=5, format="%d %%", key="set-amount", persist_state="session",
            help=t("set.amount_help"),
        )  # fmt: skip
        chosen["amount"] = amount / 100
    if score is not None and verb in ("fill", "vary"):
        chosen |= _selection(checkpoint, verb, score)
    chosen["temperature"] = st.slider(
        t("set.surprise"), 0.5, 1.5, SURPRISE, step=0.05, key="set-surprise", persist_state="session",
        help=t("set.surprise_help"),
    )  # fmt: skip
    style = _style(checkpoint, verb, first)
    if style != "auto":
        chosen["style"] = style
    chosen["seed"] = _seed()
    with st.expander(t("set.more")):
        chosen |= _more(checkpoint, verb, style, score)
    return chosen


def _selection(checkpoint: Checkpoint, verb: str, score: Score) -> dict[str, Any]:
    """Bars (for "fill") and voices."""
    chosen: dict[str, Any] = {}
    if verb == "fill":
        numbers = [bar.number for bar in score.bars()]
        first, last = numbers[0], numbers[-1]
        if first < last:
            middle = first + (last - first) // 2
            chosen["bars"] = st.slider(
                t("set.fill_bars"), first, last, (middle, min(middle + 3, last)), key=f"set-fill-{score.fingerprint}"
            )
        else:
            chosen["bars"] = (first, last)
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
            chosen["voices"] = sorted(picked)
    return chosen


def _style(checkpoint: Checkpoint, verb: str, first: str) -> str:
    """A style of the model that fits the verb; "auto" leaves it to the number of voices."""
    known = [name for name in checkpoint.styles if "/" in name] or list(checkpoint.styles[1:])
    if verb == "generate":
        options = list(known)
        if any(name.startswith("folk/") for name in known):
            options.insert(next(i for i, name in enumerate(known) if name.startswith("folk/")), "folk")
    elif verb == "harmonise":
        options = [name for name in known if name.startswith("chorale")]
    else:
        options = ["auto", *known]
    options.sort(key=lambda name: name != first)  # only the first one moves
    place = f"set-style-{verb}-{first}" if first else f"set-style-{verb}"
    return _pick(t("set.style"), options, place, style_name)


def _pick(
    label: str, options: Sequence[Choice], key: str, words: Callable[[Choice], str], *, disabled: bool = False
) -> Choice:
    """A select box that keeps its choice when its words change with the language (Streamlit's goes by the words)."""
    kept = st.session_state.get(f"kept-{key}")
    index = options.index(kept) if kept in options else 0
    shown = {option: words(option) for option in options}
    choice = st.selectbox(
        label, options, index, key=f"{key}-{language()}", format_func=shown.__getitem__, disabled=disabled
    )
    st.session_state[f"kept-{key}"] = choice
    return choice


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


def _more(checkpoint: Checkpoint, verb: str, style: str, score: Score | None) -> dict[str, Any]:
    """What few people need: care, which voice, metre, key, tempo, phrases, ranges."""
    chosen: dict[str, Any] = {}
    if checkpoint.plays:
        chosen["drafts"] = st.slider(
            t("set.drafts"), 1, 8, DRAFTS, key="set-drafts", persist_state="session", help=t("set.drafts_help")
        )
    else:
        chosen["passes"] = st.slider(
            t("set.passes"), 8, 64, PASSES, step=4, key="set-passes", persist_state="session", help=t("set.passes_help")
        )
    if verb == "harmonise":
        chosen["voice"] = _pick(t("set.voice"), ("auto", *VOICES), "set-voice", lambda name: named("voice", name))
    new = verb == "generate"
    if not new:
        st.caption(t("set.from_source"))
    metre = st.selectbox(
        t("set.metre"), METRES, key="set-metre", persist_state="session", disabled=not new,
        format_func=lambda m: f"{m[0]}/{m[1]}",
    )  # fmt: skip
    key = _pick(
        t("set.key"), (None, *KEYS), "set-key",
        lambda k: key_name(k, language()) if k else t("set.any_key"), disabled=not new,
    )  # fmt: skip
    tempo = st.number_input(
        t("set.tempo"), 30, 240, None, key="set-tempo", persist_state="session", disabled=not new,
        placeholder=t("set.any_tempo"),
    )  # fmt: skip
    phrase = _pick(t("set.phrases"), PHRASES, "set-phrases", _phrase_words, disabled=not new)
    if new:
        chosen |= {"metre": metre, "key": key, "tempo": float(tempo) if tempo else None, "phrase_bars": phrase}
    chosen["ranges"] = _ranges(verb, style, score)
    return chosen


def _phrase_words(bars: int | None) -> str:
    if bars is None:
        return t("set.phrases_usual")
    if bars == 0:
        return t("set.phrases_free")
    return t("set.phrases_bar") if bars == 1 else t("set.phrases_bars", n=bars)


def _ranges(verb: str, style: str, score: Score | None) -> dict[str, tuple[int, int]]:
    """Lowest and highest note of each voice, where they are not the usual ones."""
    alone = verb in ("continue", "fill", "vary") and score is not None and len(score.tracks) == 1
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
