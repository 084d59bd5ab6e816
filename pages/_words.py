"""The words of the pages: one catalogue a language, and foreign text shown as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import streamlit as st

from musegen.places import ASSETS
from musegen.theory import part_name

LANGUAGES = {"en": "English", "zh": "简体中文"}


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> dict[str, str]:
    return json.loads((ASSETS / "locale" / f"{language}.json").read_text("utf-8"))


def language() -> str:
    """The language of this session: as chosen, else as the address says, else the browser's, else English."""
    chosen = st.session_state.get("language") or st.query_params.get("lang")
    if chosen in LANGUAGES:
        return chosen
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def catalogue() -> dict[str, str]:
    """All words in this session's language."""
    return _catalogue(language())


def t(key: str, **values: object) -> str:
    """The words of a key of the catalogue, in the session's language, with ``values`` filled in."""
    words = _catalogue(language())[key]
    return words.format(**values) if values else words


def named(kind: str, name: str) -> str:
    """The words for an id, as in ("culture", "irish"); an id that the catalogue doesn't know stands for itself."""
    return _catalogue(language()).get(f"{kind}.{name}", plain(name))


def part_words(name: str, beside: Iterable[str] = ()) -> str:
    """What a part is called ``beside`` others: a common name in the session's language, any other as it stands."""
    words = part_name(name, language(), beside)
    return words if words != name.strip() else _catalogue(language()).get(f"voice.{name.lower()}", words)


def said(kind: str, names: Iterable[str]) -> Callable[[str], str]:
    """``named`` for each of these ids, as a ``format_func`` that no longer asks for the session's language."""
    return {name: named(kind, name) for name in names}.__getitem__


def style_name(name: str) -> str:
    """The words for a style; one that was taught here goes by the name that it was given."""
    words = _catalogue(language())
    return words.get(f"style.{name}") or t("style.taught", name=name.split("/")[-1])


def notice(title: str, licence: str, credit: str) -> str:
    """What whoever uses a model must know of the music that it was taught with."""
    if not credit:
        return t("notice.own")
    return t("notice.set", title=plain(title), licence=plain(licence), credit=plain(credit, 300))


def listed(words: Iterable[str]) -> str:
    """Words one after the other, as the language lists them."""
    return ("、" if language() == "zh" else ", ").join(words)


def plain(text: str, limit: int = 120) -> str:
    """Foreign text (a title, a file's name) so that Markdown shows it as it is, on one line."""
    text = " ".join(text.split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    text = re.sub(r":(?=\w)", ":\u2060", text)  # no :emoji:, no :red[...]
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$&])", r"\\\1", text)
