"""Nothing is lost: what lies on the desk is kept in the person's own browser, and comes back after a reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from musegen.desk import Desk, DeskError, dump, dump_steps, load
from pages import _desk as bench
from pages import _player as player
from pages import _settings as settings
from pages._words import language

_STUB = """
const keeper = import(new URL("/player/keeper.js", window.location.origin).href);
export default function (component) { keeper.then(({ mount }) => mount(component)); }
"""
_mount = st.components.v2.component("musegen_keeper", js=_STUB)


def keep(desk: Desk | None, untouched: bool) -> None:
    """Has the browser keep the desk; the first time, asks what it kept before.

    Args:
        desk: What to keep; None where nothing lies there.
        untouched: Whether nothing was done yet: then there is nothing to keep, but perhaps something to bring back.
    """
    text = None
    if desk is not None and begun() and not untouched:
        steps = (desk.past, desk.future)
        if st.session_state.get("kept_steps") != steps:  # most of the time only a control has changed
            st.session_state["kept_steps"], st.session_state["kept"] = steps, dump_steps(desk)
        text = dump(replace(desk, settings=settings.chosen()), st.session_state["kept"])
    elif st.session_state.pop("forget", False):
        text = ""
    unread = st.session_state.pop("unread", False)
    ask = 0 if begun() else st.session_state.get("ask", 0) + 1  # another number: asked again
    st.session_state["ask"] = ask
    data = {"ask": ask, "answer": st.session_state.get("answer", ""), "text": text, "unread": unread}
    _mount(key="keeper", data=data, on_found_change=_found, on_failed_change=_failed)


def begun() -> bool:
    """Whether the browser has said what it kept; what is pressed before that is meant for what will then lie there."""
    return "kept" in st.session_state


def by_itself() -> bool:
    """Whether this run is the browser's doing and nobody's gesture; asked once a run."""
    return bool(st.session_state.pop("by_itself", False))


def _found() -> None:
    st.session_state["by_itself"] = True
    found = player.said("keeper", "found")
    text = found.get("text") if isinstance(found, Mapping) else None
    if not isinstance(text, str):  # lost on the way: that is not "nothing was kept", so the browser is asked again
        return
    first = not begun()
    st.session_state.setdefault("kept", "")
    st.session_state["answer"] = str(found.get("name"))[:40]
    if not text or not first:
        return
    bench.look_again()
    try:
        desk = load(text)
    except DeskError as error:
        st.session_state["notice"] = error.sentence(language())
        st.session_state["unread"] = True
        return
    mine: Desk | None = st.session_state.get("desk")
    if mine is not None:  # a link was followed, or somebody was quicker than the browser: nothing of either is lost
        st.session_state["desk"] = mine.after(desk)
        return
    st.session_state["desk"] = desk
    settings.restore(desk.settings)


def _failed() -> None:
    st.session_state["by_itself"] = True
    st.session_state["unkept"] = True


def forget() -> None:
    """Clears the desk, and what the browser kept of it."""
    for name in ("desk", "kept_steps", "upload", "cuts"):
        st.session_state.pop(name, None)
    st.session_state["forget"] = True
