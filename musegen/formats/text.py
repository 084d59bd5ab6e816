"""Bytes of unknown encoding to text: names in MIDI files and whole ABC and kern files carry none."""

from __future__ import annotations

import codecs
import re

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes) -> tuple[str, str]:
    """The text in ``data`` and the encoding it was read as; never fails.

    A byte order mark decides; then valid UTF-8; then UTF-16 by its zero bytes; then Shift-JIS where bytes
    0x81-0x9f stand (control characters in Latin-1), GB 18030 where high bytes come in pairs, else Windows-1252
    (Latin-1). Bytes without a meaning become U+FFFD.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding.removesuffix("-sig")
    half = len(data) // 2
    if half >= 2 and data[: 2 * half : 2].count(0) + data[1 : 2 * half : 2].count(0) > half * 0.8:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
        return data[: 2 * half].decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    for encoding in _guesses(data):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def _guesses(data: bytes) -> list[str]:
    runs = [len(run) for run in _HIGH_RUNS.findall(data)]
    guesses = []
    if any(0x81 <= byte <= 0x9F for byte in data):
        guesses.append("cp932")
    if all(run % 2 == 0 for run in runs):
        guesses.append("gb18030")
    return [*guesses, "cp1252"]


def clean(text: str, limit: int = 200) -> str:
    """One line of text fit to be shown: no control characters, no double spaces, at most ``limit`` characters."""
    return " ".join(_CONTROL.sub(" ", text).split())[:limit]
