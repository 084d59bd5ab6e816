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
    beginnings |= {f"{kind}." for kind in re.findall(r"""\b(?:named|said)\(\s*["']([\w.]+)["']""", code)}
    return keys, beginnings


def test_both_languages_have_the_same_keys():
    assert list(CATALOGUES["en"]) == list(CATALOGUES["zh"])


@pytest.mark.parametrize("key", CATALOGUES["en"])
def test_both_languages_have_the_same_placeholders(key):
    assert fields(CATALOGUES["en"][key]) == fields(CATALOGUES["zh"][key])


@pytest.mark.parametrize("language", CATALOGUES)
def test_nothing_is_empty(language):
    assert all(text.strip() for text in CATALOGUES[language].values())


def test_chinese_is_chinese():
    """Names of formats may stay as they are; everything else has Chinese characters."""
    same = {key for key, text in CATALOGUES["zh"].items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert {key.split(".")[0] for key in same} <= {"download"}


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


def test_no_words_are_left_over():
    keys, beginnings = asked_for()
    assert not [k for k in CATALOGUES["en"] if k not in keys and not k.startswith(tuple(beginnings))]


def test_every_ready_piece_has_words():
    for piece in load_gallery():
        assert f"culture.{piece.culture}" in CATALOGUES["en"], piece.title
        assert f"style.{piece.style}" in CATALOGUES["en"], piece.title
        assert not piece.model or f"model.{piece.model}" in CATALOGUES["en"], piece.title
