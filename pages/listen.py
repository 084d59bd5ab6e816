"""Listen: ready pieces, one open with its notes, all of them playing at once."""

from __future__ import annotations

import streamlit as st

from musegen.gallery import ReadyPiece
from pages import _shared as shared
from pages._words import named, plain, said, t

COLUMNS = 3


def facts(piece: ReadyPiece) -> str:
    """Whose music a piece is and who made it, in one line."""
    maker = plain(piece.composer) if piece.kind == "human" else t("piece.machine", model=named("model", piece.model))
    return f"{maker} · {named('culture', piece.culture)} · {named('style', piece.style)}"


def about(piece: ReadyPiece) -> None:
    """Where a piece comes from, and how a machine made it."""
    st.markdown(f"**{t('about.origin')}** {plain(piece.source or piece.composer, 400)}")
    st.markdown(f"**{t('about.licence')}** {plain(piece.licence)} · {plain(piece.credit, 300)}")
    if piece.recipe:
        shared.recipe(piece.recipe)


def take_to_create(piece: ReadyPiece) -> None:
    """Goes to Create with this piece as the source."""
    st.session_state["bring"] = piece
    st.switch_page("pages/create.py")


def open_piece(piece: ReadyPiece) -> None:
    """One piece by itself, in a dialog of its name."""

    @st.dialog(plain(piece.title), width="large")
    def dialog() -> None:
        with shared.guard():
            show_piece(piece, "dialog")

    dialog()


def show_piece(piece: ReadyPiece, key: str) -> None:
    """Sound, notes and origin of a piece."""
    score = shared.ready_score(piece)
    st.caption(facts(piece))
    shared.play(score, piece.title, key)
    if st.button(t("listen.use"), key=f"use-{key}"):
        take_to_create(piece)
    shared.staff(score, piece.title, key)
    with st.expander(t("about.title")):
        about(piece)


def card(piece: ReadyPiece) -> None:
    """One of many pieces: title, sound, and a way in."""
    with st.container(border=True, key=f"card-{piece.file}", height="stretch"), shared.guard():
        st.markdown(f"**{plain(piece.title)}**")
        st.caption(facts(piece))
        shared.play(shared.ready_score(piece), piece.title, piece.file)
        if st.button(t("listen.open"), key=f"open-{piece.file}"):
            open_piece(piece)


def page() -> None:
    """The whole page."""
    st.title(t("listen.title"))
    st.markdown(t("listen.lead"))
    pieces = shared.gallery()
    if not pieces:
        st.info(t("listen.none"))
        return
    with st.container(border=True), shared.guard():
        st.markdown(f"### {plain(pieces[0].title)}")
        show_piece(pieces[0], "first")

    st.header(t("listen.more"))
    makers = ["all", "human", *dict.fromkeys(piece.model for piece in pieces if piece.model)]
    maker = st.segmented_control(
        t("listen.maker"), makers, default="all", required=True, key="maker", persist_state="session",
        format_func=said("model", makers),
    )  # fmt: skip
    made = [p for p in pieces if maker == "all" or maker in (p.kind, p.model)]
    cultures = list(dict.fromkeys(piece.culture for piece in made))
    chosen = st.pills(
        t("listen.culture"), cultures, selection_mode="multi", key="cultures",
        format_func=said("culture", cultures), help=t("listen.culture_help"),
    )  # fmt: skip
    shown = [piece for piece in made if not chosen or piece.culture in chosen]
    for start in range(0, len(shown), COLUMNS):
        for column, piece in zip(st.columns(COLUMNS), shown[start : start + COLUMNS], strict=False):
            with column:
                card(piece)


shared.enter()
page()
