"""What there is to know of a piece: chords, cadences, faults, the critic's opinion; and whether it is known."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import streamlit as st

from musegen.desk import Step
from musegen.errors import ScoreError
from musegen.formats.wording import bars_phrase
from musegen.harmony import Analysis, Chord, Fault, analyse, foremost
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
MOST_ROWS, TALLEST = 8, 400  # what is longer gets a frame so many pixels high, to scroll in
Bars = tuple[int, int] | None
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


def marks(score: Score, bars: Bars = None) -> dict[str, Any]:
    """What the bench shows on a piece: the notes of the faults, and the critic's opinion bar by bar."""
    found = [
        {"notes": list(fault.notes), "kind": fault.level, "text": sentence(fault, score, language())}
        for fault in foremost(_analysis(score).faults, bars)[:MOST_FAULTS]
    ]
    heard = _heard(score)
    strip = None
    if heard and heard.bars:
        values = [[bar.bar, round(bar.value, 3), f"{bar.value:.0%}"] for bar in heard.bars]
        strip = {"name": t("opinion.strip"), "values": values}
    return {"marks": found, "bar_values": strip}


def music(score: Score, bars: Bars = None) -> None:
    """Key, chords, cadences, faults (of the marked bars alone, where some are), and what the critic thinks."""
    found = _analysis(score)
    name = choices.key_words(found.key)
    st.markdown(t("music.key_stated" if found.stated else "music.key_found", name=name))
    if found.chords:
        sheet = _sheet(score, found.chords)
        long = len(sheet["0"]) > MOST_ROWS
        st.table(sheet, hide_index=True, hide_header=True, height=TALLEST if long else "content", alt=t("music.sheet"))
        if {bar.number for bar in score.bars()} - {chord.bar for chord in found.chords}:
            st.caption(t("music.no_chord"))
    for item in found.unjudged:
        st.caption(unjudged_sentence(item, score, language()))
    st.markdown(f"**{t('music.cadences')}**")
    for cadence in found.cadences:
        st.markdown(f"- {plain(cadence_sentence(cadence, language()), 300)}")
    if not found.cadences:
        st.caption(t("music.no_cadence"))
    st.markdown(f"**{t('music.faults')}**")
    faults = foremost(found.faults, bars)
    if bars:
        st.caption(t("music.marked", first=bars[0], last=bars[1]))
    with st.container(height=TALLEST if len(faults) > MOST_ROWS else "content", border=False, key="faults"):
        for fault in faults[:MOST_FAULTS]:
            st.markdown(f"- {_fault_words(fault, score)}")
    if len(faults) > MOST_FAULTS:
        st.caption(t("music.more_faults", count=len(faults) - MOST_FAULTS))
    if not faults:
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
    if low and len(low) == len(heard.bars):
        st.markdown(t("opinion.all_strange"))
    elif low:
        st.markdown(t("opinion.strange", bars=bars_phrase(low, language(), len(low))))
    else:
        st.markdown(t("opinion.none_strange"))


def _fault_words(fault: Fault, score: Score) -> str:
    """A fault's level and kind, where it is, and how often Bach has it."""
    colour = {"error": "red", "warning": "orange", "taste": "gray"}[fault.level]
    badge = t("music.badge", level=level_name(fault.level, language()), kind=kind_name(fault.kind, language()))
    often = bach_sentence(bach_rate(fault.kind, fault.level), language())
    return f":{colour}-badge[{badge}] {plain(sentence(fault, score, language()), 400)} {plain(often, 300)}"


def _sheet(score: Score, chords: tuple[Chord, ...]) -> dict[str, list[str]]:
    """A chord sheet, column by column: four bars a row, names before numerals."""
    texts = []
    for bar in score.bars():
        names = [f"**{_signs(c.name)}** {plain(_signs(c.numeral))}" for c in chords if c.bar == bar.number]
        texts.append(f"{bar.number}&ensp;{' · '.join(names) or '–'}")
    texts += [""] * (-len(texts) % BARS_A_ROW)
    return {str(column): texts[column::BARS_A_ROW] for column in range(BARS_A_ROW)}


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
            works = f"{searched.works:,}" if searched else "0"
            st.markdown(t("known.nothing_new", works=works) if given else t("known.nothing", works=works))
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
          there=match.there_bars[0], there_last=match.there_bars[1],
          also=t("known.also", count=match.also) if match.also else "")
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
