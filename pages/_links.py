"""Links to a piece: its recipe at the end of an address, and following one."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

from musegen.desk import DeskError, Linked, Step, from_link, to_link
from musegen.errors import ScoreError
from musegen.score import Score
from musegen.studio import Piece, remake
from pages import _desk as bench
from pages import _shared as shared
from pages._words import language, t

PARAMETER = "piece"


def address(step: Step) -> str:
    """The whole address of a piece. Raises ScoreError where it is too long for one."""
    here = urlsplit(str(st.context.url or ""))
    return f"{here.scheme}://{here.netloc}/create?lang={language()}&{PARAMETER}={to_link(step)}"


def follow(make: Callable[..., None]) -> None:
    """Opens the piece of the address that this page was called with, once."""
    text = st.query_params.get(PARAMETER)
    if not text or st.session_state.get("followed") == text:
        return
    st.session_state["followed"] = text
    del st.query_params[PARAMETER]
    linked = from_link(text)
    if linked.recipe is None:
        bench.open_piece(_known(linked.source), "link")
        return
    with st.spinner(t("link.remaking")):
        piece = _remade(linked)
    source = linked.source
    bench.open_piece(source if source is not None else piece.score, "link")
    mine = bench.desk()
    if mine is not None:
        new = source is None
        bench.put(mine.offered([piece], linked.recipe.verb, new=new, other=linked.other).keep(0))
        st.session_state["active"] = bench.PIECE


def _remade(linked: Linked) -> Piece:
    if linked.recipe is None:
        raise DeskError("This link holds no recipe.")
    worker = shared.workbench_named(linked.recipe.model)
    return worker.alone(lambda: remake(worker.checkpoint, linked.recipe, linked.source, linked.other))


def _known(score: Score | None) -> Score:
    if score is None:
        raise ScoreError(t("error.unexpected"))
    return score
