"""Teach it your music: files or a set, a lesson in the background, then before and after to read and to hear."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

import streamlit as st

from musegen.gallery import file_stem
from musegen.training.before_after import AdaptResult, MeasureChange
from musegen.training.lessons import Lesson, all_lessons, begin_lesson, read_lesson, remove_lesson, stop_lesson
from musegen.training.own_music import FEWEST, teachable_sets
from pages import _charts as charts
from pages import _shared as shared
from pages._words import language, named, notice, plain, said, t

MEASURES = (
    "notes_per_bar", "stepwise", "leaps", "interval_size", "pitch_range", "repeated_notes", "rests",
    "scale_consistency", "pitch_class_entropy", "groove_consistency", "repeated_rhythms", "repeated_bars",
    "ends_on_tonic", "tertian", "dissonant_beats", "parallel_fifths", "parallel_octaves", "copied_16", "longest_copy",
)  # fmt: skip
Music = str | Sequence[tuple[str, bytes]]


# --- what to learn from -----------------------------------------------------------------------


def files() -> tuple[Music | None, str]:
    """The person's own files, and a name for them."""
    given = st.file_uploader(t("teach.upload"), accept_multiple_files=True, key="songs", help=t("teach.upload_help"))
    if len(given) < FEWEST:
        st.caption(t("teach.fewest", count=len(given), fewest=FEWEST))
        return None, t("teach.my_songs")
    st.caption(t("teach.enough", count=len(given)))
    return [(file.name, file.getvalue()) for file in given], t("teach.my_songs")


def collection() -> tuple[Music | None, str]:
    """A set that is on this machine, and its name."""
    known = {info.name: info for info in teachable_sets()}
    if not known:
        st.info(t("teach.no_sets"))
        return None, ""
    name = st.selectbox(
        t("teach.set"), list(known), key="set", persist_state="session",
        format_func=lambda one: f"{known[one].title} · {known[one].pieces or ''}".rstrip(" ·"),
    )  # fmt: skip
    info = known[name]
    st.caption(f"{plain(info.licence)} · {plain(info.credit, 300)}")
    if info.terms != "ship":
        st.warning(notice(info.title, info.licence, info.credit), icon="⚠️")
    return name, name


def form(running: Lesson | None) -> None:
    """What to learn from, how long, under which name; and the button."""
    st.subheader(t("teach.music"))
    kind = st.segmented_control(
        t("teach.music"), ["files", "set"], default="files", required=True, key="music_kind", persist_state="session",
        format_func=said("teach.from", ("files", "set")), label_visibility="collapsed",
    )  # fmt: skip
    music, suggestion = files() if kind == "files" else collection()
    st.subheader(t("teach.how"))
    name = st.text_input(t("teach.name"), suggestion, max_chars=60, key=f"name-{kind}-{suggestion}")
    minutes = st.slider(
        t("teach.minutes"), 2, 15, 5, key="minutes", persist_state="session", help=t("teach.minutes_help")
    )
    st.caption(t("teach.kept"))
    problem = "" if music else t("teach.needs_music")
    if running:
        problem = t("teach.busy_mine") if _mine(running) else t("teach.busy")
    if st.button(t("teach.start"), type="primary", width="stretch", disabled=bool(problem), key="teach") and music:
        checkpoint = shared.workbench().checkpoint.path
        folder = begin_lesson(checkpoint, file_stem(name), music, minutes=minutes, seed=1)
        st.session_state["lesson"] = folder.name
        st.session_state.setdefault("my_lessons", set()).add(folder.name)
        st.query_params["lesson"] = folder.name
        st.rerun()
    if problem:
        st.caption(problem)


# --- while it learns --------------------------------------------------------------------------


@st.fragment(run_every=2.0)
def progress(first: Lesson) -> None:
    """How far the lesson is, its curve, and the button that ends it."""
    lesson = read_lesson(first.folder)
    if not lesson.running:
        st.rerun()
    st.progress(lesson.share, t(f"teach.stage.{lesson.stage}"))
    if len(lesson.rows) > 1:
        names = {name: named("measure", name) for name in charts.GROUPS["loss"]}
        option = charts.curves(lesson.rows, "loss", names, (t("lab.steps"), t("group.loss.axis")), {})
        st.echarts_chart(
            option, height=300, alt=t("lab.curves_alt", group=t("group.loss"), steps=lesson.rows[-1]["step"])
        )
    if not _mine(lesson):
        st.caption(t("teach.not_yours"))
    elif (lesson.folder / "STOP").exists():
        st.caption(t("teach.stopping"))
    else:
        st.button(
            t("teach.stop"), key="stop", help=t("teach.stop_help"), on_click=stop_lesson, args=(lesson.folder,)
        )  # fmt: skip


def _mine(lesson: Lesson) -> bool:
    """Whether this session began the lesson; the address keeps that through a reload of the page."""
    return lesson.folder.name in (*st.session_state.get("my_lessons", ()), st.query_params.get("lesson"))


# --- before and after -------------------------------------------------------------------------


def result(lesson: Lesson, found: AdaptResult) -> None:
    """What came of it, in words, figures and sound."""
    if not found.improved:
        st.warning(t("teach.nothing", train=found.pieces["train"]))
        return
    likely = found.likelihood["cross_entropy"]
    before, after = f"{100 * exp(-likely.before):.1f}", f"{100 * exp(-likely.after):.1f}"
    if likely.surely_less:
        st.success(t("teach.learnt", before=before, after=after, windows=likely.n))
    else:
        st.success(t("teach.learnt_perhaps", before=before, after=after, windows=likely.n))
    st.caption(
        t("teach.facts", train=found.pieces["train"], held=found.pieces["valid"] + found.pieces["test"],
          steps=found.step, minutes=f"{found.seconds / 60:.1f}")
    )  # fmt: skip
    if found.terms != "ship":
        st.caption(notice(found.title, found.licence, found.credit))
    if st.button(t("teach.use"), type="primary", key="use-model"):
        st.session_state["model"] = found.name
        st.switch_page("pages/create.py")
    st.subheader(t("teach.hear"))
    st.markdown(t("teach.hear_lead"))
    for number, file in enumerate(found.heard, 1):
        for column, side in zip(st.columns(2), ("before", "after"), strict=True):
            path = lesson.folder / side / file
            score = shared.stored_score(path, path.stat().st_mtime)
            name = t(f"teach.piece.{side}", number=number)
            with column, st.container(border=True, key=f"heard-{side}-{number}"), shared.guard():
                st.markdown(f"**{name}**")
                shared.play(score, name, f"{side}-{number}")
    table(found)


def table(found: AdaptResult) -> None:
    """The measures before and after, beside those of the held-out music."""
    st.subheader(t("teach.measures"))
    known = {row.name: row for row in found.measures}
    rows = [known[name] for name in MEASURES if name in known]
    told = [row.closer for row in rows if row.closer is not None]
    st.markdown(t("teach.closer", closer=sum(told), known=len(told)))
    st.table(
        {
            t("lab.measure"): [named("heard", row.name) for row in rows],
            t("teach.before"): [_number(row.before) for row in rows],
            t("teach.after"): [_number(row.after) for row in rows],
            t("teach.real"): [_number(row.real) for row in rows],
            t("teach.towards"): [_verdict(row) for row in rows],
        },
        hide_index=True,
    )
    st.caption(t("teach.measures_help"))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _verdict(row: MeasureChange) -> str:
    return {True: t("teach.nearer"), False: t("teach.farther"), None: "–"}[row.closer]


def over(lesson: Lesson) -> None:
    """A lesson that has ended, one way or another."""
    if lesson.result is not None:
        result(lesson, lesson.result)
    elif lesson.stage == "failed":
        why = lesson.error.get(language()) or lesson.error.get("en")
        st.error(plain(why, 600) if why else t("error.unexpected"), icon="⚠️")
    else:
        st.warning(t("teach.broken"))
    with st.popover(t("teach.delete")):
        st.markdown(t("teach.delete_help", name=plain(lesson.request.name)))
        if st.button(t("teach.delete_now"), key="delete", type="primary"):
            remove_lesson(lesson.folder)
            st.rerun()


def lessons(known: list[Lesson], running: Lesson | None) -> None:
    """Right: the lesson that is being given, or one that was."""
    st.subheader(t("teach.lesson"))
    if running:
        st.markdown(f"**{plain(running.request.name)}**")
        progress(running)
        return
    if not known:
        st.info(t("teach.none"))
        return
    names = [lesson.folder.name for lesson in known]
    first = st.session_state.get("lesson")
    name = names[0]
    if len(names) > 1:
        name = st.selectbox(t("teach.which"), names, names.index(first) if first in names else 0, key="lesson-shown")
    else:
        st.markdown(f"**{plain(name)}**")
    over(next(lesson for lesson in known if lesson.folder.name == name))


def page() -> None:
    """The whole page."""
    st.title(t("teach.title"))
    st.markdown(t("teach.lead"))
    known = all_lessons()
    running = next((lesson for lesson in known if lesson.running), None)
    left, right = st.columns([2, 3], gap="large")
    with left, shared.guard():
        form(running)
    with right, shared.guard():
        lessons(known, running)


shared.enter()
page()
