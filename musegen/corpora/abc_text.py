"""ABC tune books as text: single tunes, their fields, and one straight run through each.

Of a part with two endings the last is kept, repeat signs become bar lines, and what is no note of the tune (chords,
grace notes, ornaments, words) is taken out. What stays is ABC that any reader understands in the same way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_FIELD = re.compile(r"^([A-Za-z]):\s*(.*?)\s*(?<!\\)(?:%.*)?$")
_VOICE = re.compile(r"\s*\[V:\s*([^\]\s]+)[^\]]*\](.*)")
_ENDINGS = re.compile(r"(?:\[|(?<=\|))\s*1(?![0-9/]).*?(?=(?:\[|(?<=[|:]))\s*2(?![0-9/]))", re.S)

_NO_NOTES = re.compile(r'"[^"]*"|\{[^}]*\}|![^!]*!|\+[a-zA-Z]+\+|\[[A-Za-z]:[^\]]*\]|%.*')
_HEAD = re.compile(r"(?:\[[^\]|]*[A-Ga-g][^\]|]*\]|[_^=]*[A-Ga-g][,']*)[0-9/]*[<> ]*(-?)")


@dataclass(frozen=True)
class Tune:
    """One tune of a book: its number, its fields by letter (in order, several values each) and the music."""

    number: str
    fields: dict[str, tuple[str, ...]]
    music: str

    def first(self, letter: str) -> str:
        """First value of a field, "" where there is none."""
        return self.fields.get(letter, ("",))[0]

    def voices(self) -> dict[str, Tune]:
        """The tune's voices by name, where each line of music names its own, as in ``[V:S1] abc``."""
        lines: dict[str, list[str]] = {}
        for match in filter(None, map(_VOICE.match, self.music.split("\n"))):
            lines.setdefault(match[1], []).append(match[2])
        return {name: replace(self, music="\n".join(music)) for name, music in lines.items()}

    def plain(self) -> str:
        """The tune as a small ABC file without repeats, ornaments and words."""
        head = ["%abc-2.1", f"X:{self.number}", f"T:{self.first('T')}", f"M:{self.first('M')}"]
        head += [f"{letter}:{self.first(letter)}" for letter in "LQ" if self.first(letter)]
        return "\n".join([*head, f"K:{self.first('K')}", straight(self.music), ""])


def note_heads(music: str) -> list[bool]:
    """For each note or chord of some ABC music, in order, whether it is tied to the next; grace notes don't count."""
    return [bool(head[1]) for head in _HEAD.finditer(_NO_NOTES.sub("", music))]


def decode(data: bytes) -> str:
    """Text of an ABC file: UTF-8, else Latin-1."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def tunes(text: str) -> list[Tune]:
    """The tunes of a book, each from its ``X:`` to the next."""
    found = []
    for block in re.split(r"(?m)^(?=X:)", text.replace("\r\n", "\n").replace("\r", "\n")):
        if not block.startswith("X:"):
            continue
        fields: dict[str, list[str]] = {}
        music: list[str] = []
        in_head = True
        for line in block.split("\n"):
            match = _FIELD.match(line)
            if match and (in_head or match[1] not in "KLM"):
                fields.setdefault(match[1], []).append(match[2])
                in_head = in_head and match[1] != "K"
            elif not line.startswith("%"):
                music.append(line.split("%")[0].rstrip())
        number = re.sub(r"\W", "", fields["X"][0]) or "0"
        found.append(Tune(number, {k: tuple(v) for k, v in fields.items()}, "\n".join(music).strip()))
    return found


def straight(music: str) -> str:
    """The music once through: last endings, no repeats, ornaments, chord names, slurs or words."""
    music = music.replace("\\\n", " ").replace("\\", " ")
    music = re.sub(r'"[^"]*"|\{[^}]*\}|![^!\n|]*!|\+[a-zA-Z]+\+|\[[A-JN-Z]:[^\]]*\]', "", music)
    music = _ENDINGS.sub("", music)
    music = re.sub(r"(?:\[|(?<=[|:]))\s*[2-9](?:,[0-9])*(?![0-9/])", "", music)
    lines = []
    for line in music.split("\n"):
        parts = re.split(r"(\[[KLM]:[^\]]*\])", line)
        parts[::2] = [_bare(part) if not re.match("[KLM]:", part) else part for part in parts[::2]]
        lines.append("".join(parts).strip())
    return "\n".join(line for line in lines if line)


def _bare(music: str) -> str:
    music = re.sub(r"\((?![0-9])|[^A-Ga-gxz^_=,'/0-9<>\-|:\[\]( ]", "", music).replace("x", "z")
    music = re.sub(r":\|\]?:?|\|?::\|?|\|:|\[\||\|\]|\|\||:", "|", music)
    return re.sub(r"\|[\s|]*\|", "|", music)
