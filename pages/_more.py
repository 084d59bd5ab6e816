"""What few people need, under "More settings": chords, key, cadence, a second style, care, metre, tempo, ranges."""

from __future__ import annotations

from typing import Any

import streamlit as st

from musegen.checkpoint import Checkpoint
from musegen.errors import ScoreError
from musegen.formats.wording import key_name
from musegen.score import Score
from musegen.studio import CADENCES, DRAFTS, PASSES, RANGES, VOICES, chord_line
from pages import _shared as shared
from pages._choices import KEYS, key_words, metre, percent, pick
from pages._words import language, named, plain, said, style_name, t

PHRASES = (-1, 0, 1, 2, 3, 4, 6, 8)  # bars of each; -1 = as is usual
OPEN = ""  # a key that is left open: a select box shows None as nothing chosen
ORDERS = ("auto", "alternate", "give_way")


def more(
    checkpoint: Checkpoint, verb: str, style: str, score: Score | None, marked: tuple[int, int] | None = None
) -> dict[str, Any]:
    """What few people need: chords, key, cadence, a second style, care, metre, tempo, phrases, ranges.

    ``marked`` are the bars that are marked in the player, where the verb heeds that: chords begin there. Under
    "unread" stands what is wrong with the chords, where they can't be read.
    """
    asked: dict[str, Any] = {}
    new = verb == "generate"
    asked |= _wishes(verb, score, marked)
    alone = style.startswith("folk") or (style == "auto" and score is not None and len(score.tracks) == 1)
    family = "folk/" if alone else "chorale/"  # what is for a choir and what is for one voice can't be mixed
    others = ["", *(name for name in checkpoint.styles if name.startswith(family) and name != style)]
    second = pick(
        t("set.other_style"), others, f"set-other-style-{verb}", lambda s: style_name(s) if s else t("set.none")
    )
    if second and second != style:
        words = t("set.style_share"), t("set.style_share_help")
        asked |= {"other_style": second, "style_share": percent(*words, 0, 100, 50, "set-style-share")}
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
    if new:
        asked |= _frame()
    elif score is not None:
        _frame_of(score)
    asked["ranges"] = _ranges(verb, style, score)
    return asked


def _frame() -> dict[str, Any]:
    """Metre, key, tempo and phrases of a new piece."""
    beat = metre("set-metre")
    key = pick(t("set.key"), (OPEN, *KEYS), "set-key", lambda k: key_words(k or None))
    tempo = st.number_input(
        t("set.tempo"), 30, 240, None, key="set-tempo", persist_state="session", placeholder=t("set.any_tempo")
    )
    phrase = pick(t("set.phrases"), PHRASES, "set-phrases", _phrase_words)
    asked = {"metre": beat, "key": key or None, "tempo": float(tempo) if tempo else None}
    return asked | {"phrase_bars": None if phrase < 0 else phrase}


def _frame_of(score: Score) -> None:
    """Metre, key and tempo of the piece, which decides them."""
    st.caption(t("set.from_source"))
    key = key_name(score.key, language())
    found = {"metre": str(score.metres[0]), "key": key, "tempo": f"{score.tempos[0].qpm:g}"}
    for name, words in found.items():
        st.text_input(t(f"set.{name}"), words, key=f"set-source-{name}-{words}", disabled=True)


def _wishes(verb: str, score: Score | None, marked: tuple[int, int] | None) -> dict[str, Any]:
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
        elif marked:
            first = marked[0]
        try:
            asked["chords"] = chord_line(line, first)
        except ScoreError as error:
            asked["unread"] = error.sentence(language())
            st.caption(f"⚠️ {plain(asked['unread'], 300)}")
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
