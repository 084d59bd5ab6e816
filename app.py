"""The app: a server with the player's files beside the pages, and for every visitor the router.

``streamlit run app.py`` finds ``app`` here and serves it; for every click of a visitor it runs this file as a script.
"""

from __future__ import annotations

import os
from contextlib import suppress

import streamlit as st

from musegen.errors import MusegenError
from musegen.places import ROOT
from pages._routes import routes


def router() -> None:
    """Language, navigation, and the page; the composer wakes up once the first page is out."""
    from pages import _shared as shared  # not before there is a server that its caches can belong to
    from pages._words import LANGUAGES, language

    st.set_page_config(page_title="musegen", page_icon=str(ROOT / "pages" / "icon.svg"), layout="wide")
    st.html(ROOT / "pages" / "style.css")
    st.logo(str(ROOT / "pages" / "logo.svg"))

    with st.container(key="language"):
        st.session_state["language"] = st.segmented_control(
            "Language / 语言",
            list(LANGUAGES),
            key="lang",
            default=language(),
            required=True,
            format_func=LANGUAGES.__getitem__,
            label_visibility="collapsed",
            persist_state="session",
        )
    st.query_params["lang"] = language()  # an address that is passed on opens in the same language

    page = shared.navigate()
    with shared.guard(), shared.route():
        page.run()
    if os.environ.get("MUSEGEN_WAKE") != "0":  # "0": a small server loads the composer only when someone asks for it
        with suppress(MusegenError):  # no composer installed: the page that needs it says so
            shared.wake_composer()


if __name__ == "__main__":
    router()
else:
    app = st.App(ROOT / "app.py", routes=routes())
