"""Links to a piece: its recipe at the end of an address, and following one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import streamlit as st

from musegen.desk import Linked, Step, from_link, to_link
from musegen.errors import MusegenError, ScoreError
from musegen.score import Score
from pages import _desk as bench
from pages import _shared as shared
from pages._words import language, t

PARAMETER = "piece"


def address(step: Step) -> str:
    """The whole address of a piece. Raises ScoreError where it is too long for one."""
    here = urlsplit(str(st.context.url or ""))
    return f"{here.scheme}://{here.netloc}/create?{PARAMETER}={to_link(step)}"


def only_here() -> str:
    """What a link's address begins with, where only this machine itself can be reached by it; else nothing."""
    host = urlsplit(str(st.context.url or "")).hostname or ""
    return host if host in ("localhost", "::1") or host.startswith("127.") else ""


def follow() -> None:
    """Opens the piece of the address that this page was called with, once."""
    text = st.query_params.get(PARAMETER)
    if not text or st.session_state.get("followed") == text:
        return
    try:
        with _once(text):
            _open(from_link(text))
    except MusegenError as error:  # said in a run of the page that may be over at once
        st.session_state["notice"] = error.sentence(language())


@contextmanager
def _once(text: str) -> Iterator[None]:
    """A link is done with when it was opened or refused; a click that breaks it off has it opened again."""
    try:
        yield
    except Exception:
        _followed(text)
        raise
    _followed(text)


def _followed(text: str) -> None:
    st.session_state["followed"] = text
    st.query_params.pop(PARAMETER, None)


def _open(linked: Linked) -> None:
    if linked.recipe is None:
        bench.open_piece(_known(linked.source), "link")
        return
    worker = shared.workbench_named(linked.recipe.model)
    bar = st.progress(0.0, t("link.remaking"))
    piece = worker.remake(
        linked.recipe, linked.source, linked.other,
        waiting=lambda: bar.progress(0.0, t("link.waiting")),
        progress=lambda share: bar.progress(min(share, 1.0), t("link.remaking")),
    )  # fmt: skip
    bar.empty()
    source = linked.source
    bench.open_piece(source if source is not None else piece.score, "link")
    mine = bench.desk()
    if mine is not None:
        new = source is None
        bench.put(mine.offered([piece], linked.recipe.verb, new=new, other=linked.other).keep(0))
        st.session_state["active"] = bench.PIECE
    if not linked.is_as_made(piece.score):
        st.session_state["notice"] = t("link.differs")


def _known(score: Score | None) -> Score:
    if score is None:
        raise ScoreError(t("error.unexpected"))
    return score
