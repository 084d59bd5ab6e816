"""What a file is, by what is in it; its name does not count."""

from __future__ import annotations

import re

from musegen.formats.refusal import Refusal, refuse
from musegen.formats.text import decode

_EXPORT = "Export MusicXML or MIDI from your notation program and import that."
_EXPORT_ZH = "请从打谱软件导出 MusicXML 或 MIDI 后再导入。"
_AUDIO = "musegen reads notes, not sound: export MIDI from your music program."
_AUDIO_ZH = "musegen 读取音符而不是声音：请从音乐软件导出 MIDI。"
_SOUNDS = (
    # first bytes, where they stand, what it is
    (b"ID3", 0, "MP3"),
    (b"\xff\xfb", 0, "MP3"),
    (b"\xff\xf3", 0, "MP3"),
    (b"\xff\xf2", 0, "MP3"),
    (b"WAVE", 8, "WAV"),
    (b"AIFF", 8, "AIFF"),
    (b"fLaC", 0, "FLAC"),
    (b"OggS", 0, "Ogg"),
    (b"ftyp", 4, "MP4"),
)
_PICTURES = ((b"\x89PNG", 0, "PNG"), (b"\xff\xd8\xff", 0, "JPEG"), (b"GIF8", 0, "GIF"), (b"WEBP", 8, "WebP"))
_OTHERS = (
    (b"%PDF", 0, "a PDF", " PDF 文件"),
    (b"FICHIER GUITAR PRO", 1, "a Guitar Pro file", " Guitar Pro 文件"),
    (b"\x0fSIBELIUS", 0, "a Sibelius file", " Sibelius 文件"),
    (b"ENIGMA BINARY FILE", 0, "a Finale file", " Finale 文件"),
    (b"[NoteWorthy", 0, "a NoteWorthy file", " NoteWorthy 文件"),
    (b"\xd0\xcf\x11\xe0", 0, "an old Office document", "旧版 Office 文档"),
    (b"\x1f\x8b", 0, "a gzip archive", " gzip 压缩包"),
    (b"7z\xbc\xaf", 0, "a 7-Zip archive", " 7-Zip 压缩包"),
    (b"Rar!", 0, "a RAR archive", " RAR 压缩包"),
    (b"\x93NUMPY", 0, "a NumPy array", " NumPy 数组"),
)
_ROOTS = {
    "museScore": ("a MuseScore file", " MuseScore 文件"),
    "mei": ("an MEI file", " MEI 文件"),
    "svg": ("a picture (SVG)", "图片（SVG）"),
    "html": ("a web page", "网页"),
    "plist": ("a property list", "属性列表"),
}
_ROOT = re.compile(r"<([A-Za-z_][\w.\-]*)")
_LOOKED_AT = 100_000
_ROOT_WITHIN = 5_000


def sniff(data: bytes) -> str:
    """The format of ``data``: "mid", "musicxml", "mxl", "abc" or "kern".

    Raises:
        ScoreError: It is none of them; the sentence says what it is, where that can be told, and what to do.
    """
    if data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID") or b"MThd" in data[:140]:
        return "mid"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "mxl"
    for mark, place, name in _SOUNDS:
        if data[place : place + len(mark)] == mark:
            raise _foreign(f"a sound file ({name})", f"音频文件（{name}）", sound=True)
    for mark, place, name in _PICTURES:
        if data[place : place + len(mark)] == mark:
            raise _foreign(f"a picture ({name})", f"图片（{name}）")
    for mark, place, what, what_zh in _OTHERS:
        if data[place : place + len(mark)] == mark:
            raise _foreign(what, what_zh)
    return _sniff_text(decode(data[:_LOOKED_AT])[0].lstrip("\ufeff \t\r\n"))


def _sniff_text(text: str) -> str:
    if text.startswith("<"):
        plain = re.sub(r"<[?!][^>]*>", "", text[:_ROOT_WITHIN])
        root = _ROOT.search(plain)
        check_root(root[1] if root else "")
        return "musicxml"
    if re.search(r"^\*\*\w", text, re.MULTILINE) and (text.startswith(("!", "*")) or "**kern" in text):
        return "kern"
    if re.search(r"^X:[ \t]*(\d+[ \t]*)?\r?$", text, re.MULTILINE) or text.startswith("%abc"):
        return "abc"
    if re.search(r"^K:", text, re.MULTILINE) and re.search(r"^[TMLX]:", text, re.MULTILINE):
        return "abc"
    if re.search(r"^\s*\\(version|relative|score|header)\b", text, re.MULTILINE):
        raise _foreign("a LilyPond file", " LilyPond 文件")
    odd = sum(not (char.isprintable() or char in "\r\n\t\f") or char == "\ufffd" for char in text)
    if text and odd <= len(text) // 50:
        raise _foreign("a text file", "文本文件")
    raise refuse("unknown")


def check_root(root: str) -> None:
    """Refuses XML whose root element tells that it is something else.

    Raises:
        ScoreError: It is.
    """
    known = _ROOTS.get(root) or _ROOTS.get(root.lower())
    if known:
        raise _foreign(*known)


def _foreign(what: str, what_zh: str, *, sound: bool = False) -> Refusal:
    remedy, remedy_zh = (_AUDIO, _AUDIO_ZH) if sound else (_EXPORT, _EXPORT_ZH)
    return refuse("foreign", what=what, what_zh=what_zh, remedy=remedy, remedy_zh=remedy_zh)
