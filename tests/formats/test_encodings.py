"""Text of unknown encoding."""

from __future__ import annotations

import pytest

from musegen.formats.text import clean, decode


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("Zwölf Lieder – für Clärchen", "utf-8", "utf-8"),
        ("Zwölf Lieder", "utf-8-sig", "utf-8"),
        ("Zwölf Lieder", "utf-16", "utf-16"),
        ("Zwölf Lieder", "utf-16-be", "utf-16-be"),
        ("Zwölf Lieder", "utf-16-le", "utf-16-le"),
        ("Zwölf Lieder", "latin-1", "cp1252"),
        ("Été à la mer", "latin-1", "cp1252"),
        ("さくら", "cp932", "cp932"),
        ("荒城の月", "cp932", "cp932"),
        ("茉莉花", "gb18030", "gb18030"),
    ],
)
def test_what_it_was_written_in_is_found(text, encoding, found):
    assert decode(text.encode(encoding)) == (text, found)


def test_bytes_that_no_encoding_holds_are_read_all_the_same():
    assert decode(b"a\x81\xfe \x81")[1] == "latin-1"
    assert decode(b"") == ("", "utf-8")


def test_text_is_cleaned_for_show():
    assert clean(" Piano\x00\x07\r\n  left \u2028") == "Piano left"
    assert clean("x" * 300) == "x" * 200
