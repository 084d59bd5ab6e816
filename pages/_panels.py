"""What stands beneath the bench: taking it away, what the music does, whether it is known, the way here, the recipe."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from musegen.desk import Desk, Step, dump
from musegen.errors import MusegenError
from musegen.export import FORMATS, export
from musegen.gallery import file_stem
from musegen.score import Score
from pages import _desk as bench
from pages import _insight as insight
from pages import _keeper as keeper
from pages import _links as links
from pages import _shared as shared
from pages._words import language, plain, said, t

PANELS = ("take", "music", "known", "way", "about")
DOWNLOADS = (
    ("notes", ("mid", "musicxml", "mxl")),
    ("sound", ("wav", "flac", "ogg")),
    ("pictures", ("svg", "pdf", "numbered", "png")),
)
FILMS = ("mp4", "webm")


def open_panel() -> str:
    """The panel that is open."""
    return str(st.session_state.get("panel") or PANELS[0])


def shown_on(score: Score, active: bool) -> dict[str, Any]:
    """What the bench shows on a clip: the faults and the critic's opinion, while that panel is open."""
    return insight.marks(score, _marked_bars()) if active and open_panel() == "music" and score.notes else {}


def _marked_bars() -> tuple[int, int] | None:
    """First and last of the bars that are marked in the player."""
    marked = bench.selection()
    return marked["bars"] if marked else None


def panels(mine: Desk, step: Step) -> None:
    """The clip in view: one panel at a time."""
    name = st.segmented_control(
        t("panel.which"), PANELS, default="take", required=True, key="panel", persist_state="session",
        format_func=said("panel", PANELS), label_visibility="collapsed",
    )  # fmt: skip
    number = 0 if bench.active() == bench.PIECE else int(bench.active()[1:])
    st.subheader(t("panel.alternative", number=number) if number else plain(step.score.title or t("bench.piece")))
    if not step.score.notes and name != "way":
        st.caption(t("bench.why.empty"))
        return
    rooms: dict[str, Callable[[], None]] = {
        "take": partial(take_away, mine, step),
        "music": partial(insight.music, step.score, _marked_bars()),
        "known": partial(insight.known, step),
        "way": partial(way, mine),
        "about": partial(about, step),
    }
    with shared.guard(), st.container(key=f"panel-{name}"):
        rooms[str(name)]()


# --- taking it away ---------------------------------------------------------------------------


def take_away(mine: Desk, step: Step) -> None:
    """Files of every kind, the film, the link, and the whole workbench."""
    stem = file_stem(step.score.title)
    for column, (group, kinds) in zip(st.columns(3), DOWNLOADS, strict=True):
        with column:
            st.caption(t(f"download.{group}"))
            for kind in kinds:
                st.download_button(
                    t(f"download.{kind}"), partial(export, step.score, kind, language=language()),
                    f"{stem}.{FORMATS[kind].ending}",
                    FORMATS[kind].mime, key=f"download-{kind}", on_click="ignore", width="stretch",
                )  # fmt: skip
    left, middle, right = st.columns(3)
    with left:
        st.caption(t("download.film"))
        film(step.score, stem)
    with middle:
        st.caption(t("download.link"))
        if st.button(t("link.make"), key="link", width="stretch", help=t("link.help")):
            st.session_state["linked"] = links.address(step)
    with right:
        st.caption(t("download.bench"))
        st.download_button(
            t("download.desk"), partial(dump, mine), f"{stem}.musegen", "text/plain", key="download-desk",
            on_click="ignore", width="stretch", help=t("download.desk_help"),
        )  # fmt: skip
    if "linked" in st.session_state:
        st.code(st.session_state.pop("linked"), language=None, wrap_lines=True)
        host = links.only_here()
        st.caption(" ".join([t("link.said"), *([t("link.only_here", host=host)] if host else [])]))


def film(score: Score, stem: str) -> None:
    """A film, made with progress and then kept until another one is made."""
    kind = st.segmented_control(
        t("download.film"), FILMS, default="mp4", required=True, key="film-kind", persist_state="session",
        format_func=said("download", FILMS), label_visibility="collapsed",
    )  # fmt: skip
    name = (score.fingerprint, score.title, kind, language())
    if st.button(t("film.make"), key="film", width="stretch"):
        bar = st.progress(0.0, t("film.working"))
        data = export(
            score, kind, language=language(),
            progress=lambda share: bar.progress(min(share, 1.0), t("film.working")),
        )  # fmt: skip
        bar.empty()
        st.session_state["film_made"] = (name, data)  # "film" is the button
    made = st.session_state.get("film_made")
    if made and made[0] == name:
        st.download_button(
            t("film.take", size=f"{len(made[1]) / 2**20:.1f}"), made[1], f"{stem}.{FORMATS[kind].ending}",
            FORMATS[kind].mime, key="download-film", on_click="ignore", width="stretch", type="primary",
        )  # fmt: skip


# --- the way here -----------------------------------------------------------------------------


def way(mine: Desk) -> None:
    """Every step of the piece, to go back to."""
    st.caption(t("way.help"))
    steps = [*mine.past, *mine.future]
    now = len(mine.past) - 1
    with st.container(height=320 if len(steps) > 6 else "content"):
        for index in range(len(steps) - 1, -1, -1):
            step = steps[index]
            way_here = how(step)
            seed = t("way.seed", seed=step.recipe.seed) if step.recipe else ""
            words = f"{index + 1} · {way_here}{seed} · {plain(step.score.title) or t('bench.piece')}"
            st.button(
                f"▶ {words}" if index == now else words, key=f"way-{index}", on_click=_walk, args=(index,),
                type="primary" if index == now else "secondary", width="stretch",
            )  # fmt: skip
    st.caption(t("way.unkept") if st.session_state.get("unkept") else t("way.kept"))
    with st.popover(t("way.clear")):
        st.markdown(t("way.clear_sure"))
        st.button(t("way.clear_now"), key="clear", type="primary", on_click=keeper.forget)


HOW = ("example", "upload", "draw", "sing", "play", "link", "edit", "generate", "harmonise", "continue", "fill", "vary",
       "refine", "blend")  # fmt: skip


def how(step: Step) -> str:
    """How a step came to be, in words."""
    return t(f"how.{step.how}") if step.how in HOW else plain(step.how)


def _walk(index: int) -> None:
    mine = bench.desk()
    if mine is not None:
        bench.put(mine.walk_to(index))
        st.session_state["active"] = bench.PIECE


def about(step: Step) -> None:
    """How the piece was made."""
    st.markdown(f"**{t('about.notes')}** {plain(step.score.title)} {plain(step.score.composer)}")
    if step.recipe is None:
        st.caption(t("about.by_hand"))
        return
    try:
        shared.recipe(step.recipe.to_json())
    except (MusegenError, AttributeError, KeyError, TypeError):
        st.caption(t("about.by_hand"))
