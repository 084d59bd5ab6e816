"""What there is to know of a piece: chords, cadences, faults, the critic's opinion; and whether it is known."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import streamlit as st

from musegen.desk import Step
from musegen.errors import ScoreError
from musegen.harmony import Analysis, Chord, analyse
from musegen.harmony.bach import bach_rate
from musegen.harmony.wording import (
    bach_sentence,
    cadence_sentence,
    kind_name,
    level_name,
    sentence,
    unjudged_sentence,
)  # fmt: skip
from musegen.score import Score
from musegen.studio.opinion import Opinion, opinion
from musegen.studio.originality import Match, OriginalityReport, originality, training_excerpt, why_silent
from pages import _choices as choices
from pages import _shared as shared
from pages._words import language, listed, named, plain, t

BARS_A_ROW = 4
MOST_FAULTS = 40
_HASH = {Score: shared.identity}
_SIGNS = {"#": "♯", "b": "♭"}


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_HASH)
def _analysis(score: Score) -> Analysis:
    return analyse(score)


class Busy(Exception):
    """The composer works for somebody else."""


def _not_now() -> None:
    raise Busy


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_HASH)
def _opinion(score: Score) -> Opinion:
    worker = shared.workbench()
    return worker.alone(lambda: opinion(worker.checkpoint, score), waiting=_not_now)


def _heard(score: Score) -> Opinion | None:
    """The opinion; None while the composer wakes up, or works for somebody else: the page doesn't wait for that."""
    with suppress(Busy):
        return _opinion(score) if shared.workbench().awake else None
    return None


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=_HASH)
def _report(score: Score, style: str | None, given: tuple[int, ...]) -> OriginalityReport:
    return originality(score, style=style, given=given)


def marks(score: Score) -> dict[str, Any]:
    """What the bench shows on a piece: the notes of every fault, and the critic's opinion bar by bar."""
    found = [
        {"notes": list(fault.notes), "kind": "error" if fault.level == "error" else "warning",
         "text": sentence(fault, score, language())}
        for fault in _analysis(score).faults[:MOST_FAULTS]
    ]  # fmt: skip
    heard = _heard(score)
    strip = None
    if heard and heard.bars:
        values = [[bar.bar, round(bar.value, 3), f"{bar.value:.0%}"] for bar in heard.bars]
        strip = {"name": t("opinion.strip"), "values": values}
    return {"marks": found, "bar_values": strip}


def music(score: Score) -> None:
    """Key, chords, cadences, faults, and what the critic thinks."""
    found = _analysis(score)
    name = choices.key_words(found.key)
    st.markdown(t("music.key_stated" if found.stated else "music.key_found", name=name))
    if found.chords:
        st.markdown(_sheet(score, found.chords), unsafe_allow_html=False)
    for item in found.unjudged:
        st.caption(unjudged_sentence(item, score, language()))
    st.markdown(f"**{t('music.cadences')}**")
    for cadence in found.cadences:
        st.markdown(f"- {plain(cadence_sentence(cadence, language()), 300)}")
    if not found.cadences:
        st.caption(t("music.no_cadence"))
    st.markdown(f"**{t('music.faults')}**")
    for fault in found.faults[:MOST_FAULTS]:
        words = plain(sentence(fault, score, language()), 400)
        colour = {"error": "red", "warning": "orange", "taste": "gray"}[fault.level]
        level, kind = level_name(fault.level, language()), kind_name(fault.kind, language())
        often = plain(bach_sentence(bach_rate(fault.kind, fault.level), language()), 300)
        st.markdown(f"- :{colour}-badge[{level}: {kind}] {words} {often}")
    if len(found.faults) > MOST_FAULTS:
        st.caption(t("music.more_faults", count=len(found.faults) - MOST_FAULTS))
    if not found.faults:
        st.caption(t("music.no_fault"))
    st.caption(t("music.cant_judge"))
    st.markdown(f"**{t('opinion.title')}**")
    heard = _heard(score)
    if heard is None:
        st.caption(t("create.queue" if shared.workbench().awake else "create.waking"))
        return
    if heard.reason:
        st.caption(t(f"opinion.{heard.reason}"))
        return
    low = [bar.bar for bar in heard.bars if bar.value < 0.1]
    st.markdown(t("opinion.help"))
    st.markdown(t("opinion.strange", bars=listed(map(str, low))) if low else t("opinion.none_strange"))


def _sheet(score: Score, chords: tuple[Chord, ...]) -> str:
    """A chord sheet: four bars a row, names above numerals."""
    bars = [bar.number for bar in score.bars()]
    cells = {number: [c for c in chords if c.bar == number] for number in bars}
    lines = ["|" + " |" * BARS_A_ROW, "|" + ":--|" * BARS_A_ROW]
    for start in range(0, len(bars), BARS_A_ROW):
        row = bars[start : start + BARS_A_ROW]
        texts = [
            f"{number}&ensp;"
            + (" · ".join(f"**{_signs(c.name)}** {plain(_signs(c.numeral))}" for c in cells[number]) or "–")
            for number in row
        ]
        lines.append("|" + "|".join([*texts, *[""] * (BARS_A_ROW - len(row))]) + "|")
    return "\n".join(lines)


def _signs(name: str) -> str:
    """Accidentals as signs, so that Markdown takes none of them for its own."""
    head = name[:1] + "".join(_SIGNS.get(c, c) for c in name[1:])
    return ("♭" + head[1:] if head.startswith("b") else head).replace("*", "")


# --- whether it is known ----------------------------------------------------------------------


def known(step: Step) -> None:
    """The longest runs that the piece shares with the training music, beside what real pieces share."""
    given: tuple[int, ...] = ()
    if step.recipe is not None and step.source is not None:
        stood = {(n.onset, n.pitch, n.track) for n in step.source.with_resolution(step.score.resolution).notes}
        given = tuple(i for i, n in enumerate(step.score.notes) if (n.onset, n.pitch, n.track) in stood)
    style = str(step.recipe.settings.get("style", "")) if step.recipe else ""
    report = _report(step.score, style or None, given)
    st.caption(t("known.lead"))
    for comparison in (report.texture, report.melody):
        if comparison.why == "voices":
            continue
        st.markdown(f"**{t(f'known.{comparison.part}')}**")
        if comparison.why:
            st.markdown(t(f"known.why.{comparison.why}"))
            continue
        searched = comparison.searched
        if searched is not None:
            st.caption(
                t(
                    "known.searched",
                    works=f"{searched.works:,}",
                    pieces=f"{searched.pieces:,}",
                    sets=_sets(searched.sets),
                )
            )
        if comparison.longest is None:
            st.markdown(t("known.nothing", works=f"{searched.works:,}" if searched else "0"))
        else:
            _match(step.score, comparison.longest, f"{comparison.part}-0")
            st.markdown(t("known.share", share=f"{comparison.share:.0%}"))
        usual = comparison.usual
        if usual is not None:
            share = usual.as_long if usual.verdict == "nothing" else usual.shorter
            beats = f"{usual.median / 4:g}"
            st.markdown(t(f"known.usual.{usual.verdict}", share=f"{share:.0%}", n=usual.excerpts, beats=beats))
        if comparison.further:
            with st.expander(t("known.further", count=len(comparison.further))):
                for number, match in enumerate(comparison.further, 1):
                    _match(step.score, match, f"{comparison.part}-{number}")


def _sets(sets: tuple[tuple[str, str, int], ...]) -> str:
    return listed(f"{plain(title)} ({count:,})" for _, title, count in sets)


def _match(score: Score, match: Match, key: str) -> None:
    """One run: where, how long, whose; both to hear."""
    piece = match.piece
    who = " · ".join(filter(None, (plain(piece.title), plain(piece.composer), named("culture", piece.culture))))
    st.markdown(
        t("known.match", beats=f"{match.beats:g}", first=match.bars[0], last=match.bars[1], who=who,
          collection=plain(piece.collection.title), licence=plain(piece.collection.licence),
          there=match.there_bars[0], there_last=match.there_bars[1], also=match.also)
    )  # fmt: skip
    if not st.toggle(t("known.hear"), key=f"hear-{key}-{score.fingerprint}"):
        return
    left, right = st.columns(2)
    with left:
        st.caption(t("known.here"))
        parts = sorted({score.notes[index].track for index in match.notes})  # those that were compared
        shared.play(score.slice_bars(*match.bars).select_tracks(parts), t("known.here"), f"here-{key}")
    with right:
        st.caption(t("known.there"))
        with st.spinner(t("create.reading")):
            theirs = training_excerpt(match)
        if theirs is None:
            st.caption(t(f"known.silent.{why_silent(match)}"))
            return
        with suppress(ScoreError):  # out of the keyboard's range: then in its own key
            theirs = theirs.transpose(match.transposition)
        shared.play(theirs, t("known.there"), f"there-{key}")
