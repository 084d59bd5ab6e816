"""The two catalogues say the same things, and the pages ask for nothing that isn't there."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest

from musegen.gallery import load_gallery

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SCRIPTS = sorted((ROOT / "assets" / "player").glob("*.js"))
CATALOGUES = {
    language: json.loads((ROOT / "assets" / "locale" / f"{language}.json").read_text("utf-8"))
    for language in ("en", "zh")
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def asked_for() -> tuple[set[str], set[str]]:
    """Keys that the pages name, and beginnings of keys that they put together: ``t(f"verb.{name}")``."""
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)
    keys = {key for _, key in re.findall(r"""\bt\(\s*(["'])([^"']+)\1""", code)}
    beginnings = set(re.findall(r"""\bt\(\s*f["']([^"'{]+)\{""", code))
    named = r"""\b(?:named|(?<!player\.)said)\(\s*["']([\w.]+)["']"""
    beginnings |= {f"{kind}." for kind in re.findall(named, code)} | {"player."}  # the player's: see below
    return keys, beginnings


def test_both_languages_have_the_same_keys():
    assert list(CATALOGUES["en"]) == list(CATALOGUES["zh"])


@pytest.mark.parametrize("key", CATALOGUES["en"])
def test_both_languages_have_the_same_placeholders(key):
    assert fields(CATALOGUES["en"][key]) == fields(CATALOGUES["zh"][key])


@pytest.mark.parametrize("language", CATALOGUES)
def test_nothing_is_empty(language):
    assert all(text.strip() for text in CATALOGUES[language].values())


def test_what_is_bold_in_chinese_is_bold():
    """Where no space parts words, two asterisks behind a full stop and before a word end nothing in Markdown."""
    lame = re.compile(r"\*\*(?:[^*]*[。，：；！？、）”》])\*\*(?=[\w{])")
    assert lame.search("**好。**在")
    assert not [key for key, text in CATALOGUES["zh"].items() if lame.search(text)]


def test_chinese_is_chinese():
    """Names of formats, numbers and values may stay as they are; everything else has Chinese characters."""
    own = {key: re.sub(r"\{\w*\}|MIDI", "", text) for key, text in CATALOGUES["zh"].items()}
    foreign = {
        key for key, text in own.items() if re.search("[A-Za-z]", text) and not re.search(r"[\u4e00-\u9fff]", text)
    }
    assert {key.split(".")[0] for key in foreign} <= {"download"}


def test_every_key_that_is_asked_for_exists():
    keys, beginnings = asked_for()
    assert len(keys) > 60
    assert keys <= set(CATALOGUES["en"])
    assert all(any(known.startswith(beginning) for known in CATALOGUES["en"]) for beginning in beginnings)


def test_every_placeholder_is_filled():
    """``t("key", name=...)`` brings exactly the names that the words of that key have."""
    seen = 0
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "t" and node.args:
                key = getattr(node.args[0], "value", None)
                if isinstance(key, str):
                    seen += 1
                    assert {word.arg for word in node.keywords} == fields(CATALOGUES["en"][key]), key
    assert seen > 60


def test_the_player_has_words_for_what_it_asks_and_asks_for_all():
    code = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    texts = set(re.findall(r"""["'`]([a-z_]+(?:\.[\w+\-]+)*)["'`]""", code))
    beginnings = (*re.findall(r"`([a-z_]+\.(?:[a-z_]+\.)?)\$\{", code), "mute_", "solo_")  # ..._on, ..._off
    known = {key.removeprefix("player.") for key in CATALOGUES["en"] if key.startswith("player.")}
    assert len(known) > 150
    assert not sorted(key for key in known if key not in texts and not key.startswith(beginnings))


def test_no_words_are_left_over():
    keys, beginnings = asked_for()
    assert not [k for k in CATALOGUES["en"] if k not in keys and not k.startswith(tuple(beginnings))]


def test_no_docstring_slips_onto_a_page():
    """Streamlit shows a string that stands alone in a page's script, but for the first."""
    for path in SOURCES:
        if not path.name.startswith("_"):
            alone = [n for n in ast.parse(path.read_text("utf-8")).body[1:] if isinstance(n, ast.Expr)]
            assert not [n for n in alone if isinstance(n.value, ast.Constant)], path.name


def test_every_ready_piece_has_words():
    for piece in load_gallery():
        assert f"culture.{piece.culture}" in CATALOGUES["en"], piece.title
        assert f"style.{piece.style}" in CATALOGUES["en"], piece.title
        assert not piece.model or f"model.{piece.model}" in CATALOGUES["en"], piece.title
