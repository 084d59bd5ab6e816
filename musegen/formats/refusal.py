"""Why a file is refused: one sentence with the place and the remedy, in English and Chinese."""

from __future__ import annotations

from musegen.errors import ScoreError

_SENTENCES: dict[str, tuple[str, str]] = {
    "empty": (
        "The file is empty (0 bytes). Export it again from the program that made it.",
        "文件是空的（0 字节）。请在制作它的程序里重新导出。",
    ),
    "size": (
        "The file is {size} large; the limit is {limit}. Save only the movement or the parts that you need.",
        "文件大小为 {size}，上限是 {limit}。请只保存需要的乐章或声部。",
    ),
    "notes": (
        "The file has {count:,} notes or more; the limit is {limit:,}. "
        "Cut it into shorter pieces and import one of them.",
        "文件至少有 {count:,} 个音符，上限是 {limit:,}。请把它切成较短的片段，再导入其中一段。",
    ),
    "tracks": (
        "The file has {count:,} parts or more; the limit is {limit:,}. Save only the parts that you need.",
        "文件至少有 {count:,} 个声部，上限是 {limit:,}。请只保存需要的声部。",
    ),
    "bars": (
        "The music goes on for {count:,} bars or more; the limit is {limit:,}. Cut it into shorter pieces, "
        "or delete the stray event far behind the music.",
        "音乐至少有 {count:,} 小节，上限是 {limit:,}。请切成较短的片段，或删除远在音乐之后的多余事件。",
    ),
    "tunes": (
        "The file holds {count:,} tunes or more; the limit is {limit:,}. Split it into smaller files.",
        "文件至少有 {count:,} 首曲子，上限是 {limit:,}。请拆成较小的文件。",
    ),
    "no_tune": (
        "The file has no tune number {number}: it holds {count}.",
        "文件中没有第 {number} 首曲子：一共有 {count} 首。",
    ),
    "time": (
        "Reading the file took longer than {limit:g} seconds and was stopped. Save it in shorter pieces.",
        "读取文件超过 {limit:g} 秒，已停止。请分成较短的片段保存。",
    ),
    "memory": (
        "Reading the file needs more than {limit:,} MB of memory and was stopped. Save it in shorter pieces.",
        "读取文件需要超过 {limit:,} MB 内存，已停止。请分成较短的片段保存。",
    ),
    "crash": (
        "The file broke the reader of {format} ({reason}); nothing was imported. Open it in a notation program "
        "and export MusicXML or MIDI again.",
        "文件使 {format} 读取器出错（{reason}），没有导入任何内容。请用打谱软件打开后重新导出 MusicXML 或 MIDI。",
    ),
    "died": (
        "The file broke the reader of {format} (exit code {code}); nothing was imported. Open it in a notation program "
        "and export MusicXML or MIDI again.",
        "文件使 {format} 读取器出错（退出代码 {code}），没有导入任何内容。"
        "请用打谱软件打开后重新导出 MusicXML 或 MIDI。",
    ),
    "no_notes": (
        "The file is {format}, but there isn't a single note in it. Check that the parts were exported.",
        "文件是 {format}，但里面没有音符。请检查声部是否已导出。",
    ),
    "foreign": (
        "This is {what}, not a score. {remedy}",
        "这是{what_zh}，不是乐谱。{remedy_zh}",
    ),
    "unknown": (
        "The content of the file is none of MIDI, MusicXML, .mxl, ABC or Humdrum kern, whatever its name ends in. "
        "Export one of these from your music program.",
        "文件内容不是 MIDI、MusicXML、.mxl、ABC 或 Humdrum kern 中的任何一种（与文件名后缀无关）。"
        "请从音乐软件导出其中一种。",
    ),
    "midi_header": (
        "The file begins like MIDI, but its header is cut off or damaged. "
        "Export it again from the program that made it.",
        "文件开头像 MIDI，但文件头被截断或损坏。请在制作它的程序里重新导出。",
    ),
    "midi_damaged": (
        "The MIDI file is cut off or damaged before its first note, so nothing could be rescued. "
        "Export it again from the program that made it.",
        "MIDI 文件在第一个音符之前就被截断或损坏，无法挽救。请在制作它的程序里重新导出。",
    ),
    "midi_division": (
        "The MIDI header says that a beat has 0 ticks, so no note has a place in time. Export the file again.",
        "MIDI 文件头写明每拍 0 个 tick，音符无法定位。请重新导出文件。",
    ),
    "midi_type2": (
        "This is a MIDI file of type 2: its {count} tracks are independent patterns, not parts of one piece, "
        "and there is no order to play them in. Save it as type 1 (or type 0) in the program that made it.",
        "这是类型 2 的 MIDI 文件：它的 {count} 条音轨是各自独立的片段，不是同一首曲子的声部，也没有演奏顺序。"
        "请在制作它的程序里另存为类型 1（或类型 0）。",
    ),
    "no_kern": (
        "This Humdrum file has no **kern column, so there are no notes in it. Export **kern, or MusicXML.",
        "这个 Humdrum 文件没有 **kern 列，因此没有音符。请导出 **kern 或 MusicXML。",
    ),
    "xml_damaged": (
        "The MusicXML is cut off or damaged at line {line:,} ({reason}). Export it again from the notation program.",
        "MusicXML 在第 {line:,} 行被截断或损坏（{reason}）。请在打谱软件里重新导出。",
    ),
    "xml_entity": (
        "The MusicXML defines an entity (“{name}”, line {line:,}), which scores never need and attacks use; it was not "
        "read. Export it again from a notation program.",
        "MusicXML 定义了实体（“{name}”，第 {line:,} 行）；乐谱从不需要它，而攻击会用到，因此没有读取。"
        "请从打谱软件重新导出。",
    ),
    "xml_size": (
        "The XML nests deeper than {depth} elements or has more than {elements:,} of them, which no score does. "
        "Export it again, in shorter pieces.",
        "XML 嵌套超过 {depth} 层或元素超过 {elements:,} 个，乐谱不会如此。请分成较短的片段重新导出。",
    ),
    "xml_other": (
        "This is XML with the root “{root}”, not MusicXML. Export MusicXML from your notation program.",
        "这是以“{root}”为根的 XML，不是 MusicXML。请从打谱软件导出 MusicXML。",
    ),
    "zip_damaged": (
        "The compressed file can't be unpacked ({reason}). Export it again from the notation program.",
        "压缩文件无法解开（{reason}）。请在打谱软件里重新导出。",
    ),
    "zip_members": (
        "The compressed file holds {count:,} files; an .mxl score holds 2 or 3, the limit is {limit}. "
        "Unpack it and import one score.",
        "压缩文件里有 {count:,} 个文件；.mxl 乐谱只有两三个，上限是 {limit}。请解压后导入其中一份乐谱。",
    ),
    "zip_bomb": (
        "The compressed file would unpack to {size}, more than {limit} or more than {ratio} times its own size; "
        "no score does that. It was not unpacked.",
        "压缩文件解开后有 {size}，超过 {limit} 或自身大小的 {ratio} 倍；乐谱不会如此，因此没有解压。",
    ),
    "zip_empty": (
        "There is nothing in the compressed file. Export it again from the notation program.",
        "压缩文件是空的。请在打谱软件里重新导出。",
    ),
    "zip_other": (
        "There is no MusicXML in the compressed file (it holds {inside}). Unpack it and import the score itself.",
        "压缩文件里没有 MusicXML（其中有 {inside}）。请解压后导入乐谱本身。",
    ),
    "timewise_opus": (
        "This MusicXML is a list of other files (an opus), not a score. Import the scores themselves.",
        "这个 MusicXML 是其他文件的目录（opus），不是乐谱。请导入乐谱本身。",
    ),
    "midi_ticks": (
        "MIDI can't hold this score: it is {ticks:,} ticks long. Save it as MusicXML instead.",
        "MIDI 无法容纳这份乐谱：它长达 {ticks:,} 个 tick。请改存为 MusicXML。",
    ),
    "midi_voices": (
        "MIDI can't hold this score: {count:,} of its notes sound at once on one pitch. Save it as MusicXML instead.",
        "MIDI 无法容纳这份乐谱：同一音高上有 {count:,} 个音符同时发声。请改存为 MusicXML。",
    ),
    "midi_metre": (
        "MIDI can't hold this score: it has the metre {metre}. Save it as MusicXML instead.",
        "MIDI 无法容纳这份乐谱：它的拍号是 {metre}。请改存为 MusicXML。",
    ),
    "page_out": (
        "{count:,} notes of the part “{name}” sound at once; a page can't show more than {limit}. "
        "Quantise it, or save it as MIDI.",
        "声部“{name}”同时有 {count:,} 个音符在发声；乐谱页面最多显示 {limit} 个。请先量化，或保存为 MIDI。",
    ),
    "format_out": (
        "Scores are written as mid, musicxml or mxl, not as “{format}”.",
        "乐谱可以写成 mid、musicxml 或 mxl，不能写成“{format}”。",
    ),
}


class Refusal(ScoreError):
    """A file that is not imported; ``str()`` is the English sentence, ``sentence("zh")`` the Chinese one."""

    def __init__(self, kind: str, english: str, chinese: str) -> None:
        super().__init__(english)
        self.kind = kind
        self._chinese = chinese

    def sentence(self, language: str = "en") -> str:
        """The sentence in ``language`` ("en" or "zh")."""
        return self._chinese if language == "zh" else str(self)

    def __reduce__(self) -> tuple[type[Refusal], tuple[str, str, str]]:
        return Refusal, (self.kind, str(self), self._chinese)


def refuse(kind: str, **facts: object) -> Refusal:
    """The refusal of the given kind, with its facts filled in; raise it."""
    english, chinese = _SENTENCES[kind]
    return Refusal(kind, english.format(**facts), chinese.format(**facts))


def file_size(count: int) -> str:
    """A number of bytes as people write it."""
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, round(count / 1024))} KB"
