"""Controls that rooms of Create share: a share in percent, a choice that outlives the language, metre, key, style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from musegen.checkpoint import Checkpoint
from musegen.formats.wording import key_name
from musegen.score import Key
from pages._words import language, t

Choice = TypeVar("Choice")
METRES = ((4, 4), (3, 4), (2, 4), (6, 8), (9, 8), (12, 8), (5, 4))
KEYS = tuple(Key(f, mode) for mode in ("major", "minor") for f in sorted(range(-5, 7), key=lambda f: (abs(f), f)))


def percent(label: str, help: str, low: int, high: int, usual: int, key: str) -> float:
    """A share, 0-1, asked for in percent."""
    value = st.slider(label, low, high, usual, step=5, format="%d %%", key=key, persist_state="session", help=help)
    return float(value) / 100


def pick(
    label: str, options: Sequence[Choice], key: str, words: Callable[[Choice], str], *, disabled: bool = False,
    help: str | None = None,
) -> Choice:  # fmt: skip
    """A select box that keeps its choice when its words change with the language (Streamlit's goes by the words)."""
    kept = st.session_state.get(f"kept-{key}")
    index = options.index(kept) if kept in options else 0
    shown = {option: words(option) for option in options}
    choice = st.selectbox(
        label, options, index, key=f"{key}-{language()}", format_func=shown.__getitem__, disabled=disabled, help=help
    )
    st.session_state[f"kept-{key}"] = choice
    return choice


def metre(key: str, *, disabled: bool = False) -> tuple[int, int]:
    """A metre."""
    return st.selectbox(
        t("set.metre"), METRES, key=key, persist_state="session", disabled=disabled,
        format_func=lambda m: f"{m[0]}/{m[1]}",
    )  # fmt: skip


def key_words(key: Key | None) -> str:
    """A key in words; None is left open."""
    return key_name(key, language()) if key else t("set.any_key")


def styles(checkpoint: Checkpoint, verb: str) -> list[str]:
    """The styles of a model that fit a verb."""
    known = [name for name in checkpoint.styles if "/" in name] or list(checkpoint.styles[1:])
    if verb == "generate":
        options = list(known)
        if any(name.startswith("folk/") for name in known):
            options.insert(next(i for i, name in enumerate(known) if name.startswith("folk/")), "folk")
        return options
    if verb == "harmonise":
        return [name for name in known if name.startswith("chorale")]
    return ["auto", *known]
