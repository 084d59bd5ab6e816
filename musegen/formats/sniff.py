"""What a file is, by its first bytes."""

from __future__ import annotations

from musegen.formats.refusal import refuse
from musegen.formats.text import decode

_EXPORT = "Export MusicXML or MIDI from your notation program and import that."
_EXPORT_ZH = "请从打谱软件导出 MusicXML 或 MIDI 后再导入。"
_AUDIO = "musegen reads notes, not sound: export MIDI from your music program."
_AUDIO_ZH = "musegen 读取音符而不是声音：请从音乐软件导出 MIDI。"
_FOREIGN: tuple[tuple[bytes, int, str, str, bool], ...] = (
    # first bytes, where, what it is, in Chinese, whether it is sound
    (b"%PDF", 0, "a PDF", " PDF 文件", False),
    (b"\x89PNG", 0, "a picture (PNG)", "图片（PNG）", False),
    (b"\xff\xd8\xff", 0, "a picture (JPEG)", "图片（JPEG）", False),
    (b"GIF8", 0, "a picture (GIF)", "图片（GIF）", False),
    (b"WEBP", 8, "a picture (WebP)", "图片（WebP）", False),
    (b"ID3", 0, "a sound file (MP3)", "音频文件（MP3）", True),
    (b"\xff\xfb", 0, "a sound file (MP3)", "音频文件（MP3）", True),
    (b"\xff\xf3", 0, "a sound file (MP3)", "音频文件（MP3）", True),
    (b"\xff\xf2", 0, "a sound file (MP3)", "音频文件（MP3）", True),
    (b"WAVE", 8, "a sound file (WAV)", "音频文件（WAV）", True),
    (b"AIFF", 8, "a sound file (AIFF)", "音频文件（AIFF）", True),
    (b"fLaC", 0, "a sound file (FLAC)", "音频文件（FLAC）", True),
    (b"OggS", 0, "a sound file (Ogg)", "音频文件（Ogg）", True),
    (b"ftyp", 4, "a sound or video file (MP4)", "音频或视频文件（MP4）", True),
    (b"FICHIER GUITAR PRO", 1, "a Guitar Pro file", " Guitar Pro 文件", False),
    (b"\x0fSIBELIUS", 0, "a Sibelius file", " Sibelius 文件", False),
    (b"ENIGMA BINARY FILE", 0, "a Finale file", " Finale 文件", False),
    (b"[NoteWorthy", 0, "a NoteWorthy file", " NoteWorthy 文件", False),
    (b"\x1f\x8b", 0, "a gzip archive", " gzip 压缩包", False),
    (b"7z\xbc\xaf", 0, "a 7-Zip archive", " 7-Zip 压缩包", False),
    (b"Rar!", 0, "a RAR archive", " RAR 压缩包", False),
)


def sniff(data: bytes) -> str:
    """The format of ``data``: "mid", "musicxml", "mxl", "abc" or "kern".

    Raises:
        ScoreError: It is none of them; the sentence says what it is, where that can be told, and what to do.
    """
    if data[:4] == b"MThd" or (data[:4] == b"RIFF" and data[8:12] == b"RMID") or b"MThd" in data[60:140]:
        return "mid"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "mxl"
    for mark, place, what, what_zh, sound in _FOREIGN:
        if data[place : place + len(mark)] == mark:
            remedy, remedy_zh = (_AUDIO, _AUDIO_ZH) if sound else (_EXPORT, _EXPORT_ZH)
            raise refuse("foreign", what=what, what_zh=what_zh, remedy=remedy, remedy_zh=remedy_zh)
    return _sniff_text(decode(data[:20_000])[0])


def _sniff_text(text: str) -> str:
    raise refuse("unknown")
