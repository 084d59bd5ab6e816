"""What an import report says, in English and Chinese: one entry for each kind of remark."""

from __future__ import annotations

from collections.abc import Sequence

from musegen.score import Key

REMARKS: dict[str, tuple[str, str, str]] = {
    # kind: one, several, Chinese; {count} and {text} are filled in, the bars follow. The gravest come first.
    # the file is damaged
    "broken": (
        "the file is damaged: track {text} breaks off; what came before is kept",
        "the file is damaged: tracks {text} break off; what came before is kept",
        "文件已损坏：音轨 {text} 中断；此前的内容已保留",
    ),
    "missing_tracks": (
        "the file is cut off: it promises {text}, only 1 is there",
        "the file is cut off: it promises {text}, only {count} are there",
        "文件不完整：应有 {text}，只找到 {count} 条",
    ),
    "cut_off": (
        "the file seems to be cut off: it has no end sign (*-)",
        "the file seems to be cut off: it has no end sign (*-)",
        "文件似乎不完整：没有结束标记（*-）",
    ),
    "ragged": (
        "1 line has more or fewer columns than there are; its notes may be missing or in another part",
        "{count} lines have more or fewer columns than there are; their notes may be missing or in another part",
        "有 {count} 行的列数不符；其中的音符可能缺失或归入其他声部",
    ),
    "unreadable": (
        "1 thing could not be read and was left out ({text})",
        "{count} things could not be read and were left out ({text})",
        "有 {count} 处无法识别，已省略（{text}）",
    ),
    "bad_tunes": (
        "1 tune before this one could not be read (number {text})",
        "{count} tunes before this one could not be read (numbers {text})",
        "此前有 {count} 首曲子无法读取（编号 {text}）",
    ),
    "clipped": (
        "1 value above 127 was read as 127",
        "{count} values above 127 were read as 127",
        "{count} 个大于 127 的数值按 127 读取",
    ),
    "stuck": (
        "1 note was never ended; it is held to the end of its bar",
        "{count} notes were never ended; they are held to the end of their bar",
        "{count} 个音符没有结束事件，已延续到所在小节末",
    ),
    "zero_length": (
        "1 note had no length; it became a 32nd",
        "{count} notes had no length; they became 32nds",
        "{count} 个音符时值为零，已改为三十二分音符",
    ),
    "bad_tempo": (
        "1 tempo that can't be played was left out",
        "{count} tempos that can't be played were left out",
        "省略了 {count} 个无法演奏的速度",
    ),
    "bad_metre": (
        "1 impossible metre was left out ({text})",
        "{count} impossible metres were left out ({text})",
        "省略了 {count} 个不可能的拍号（{text}）",
    ),
    "out_of_range": (
        "1 note above or below what MIDI can hold was left out",
        "{count} notes above or below what MIDI can hold were left out",
        "省略了 {count} 个超出 MIDI 音域的音符",
    ),
    "unplayed": (
        "1 measure that the repeat signs never reach was left out",
        "{count} measures that the repeat signs never reach were left out",
        "省略了反复记号永远到不了的 {count} 个小节",
    ),
    # what was made of it
    "other_tunes": (
        "the file holds 1 more tune",
        "the file holds {count} more tunes; this is the first",
        "文件中还有 {count} 首曲子；这是第一首",
    ),
    "overlapping": (
        "1 note began while the same pitch still sounded; the first to begin ends first",
        "{count} notes began while the same pitch still sounded; the first to begin ends first",
        "{count} 个音符在同音高仍在发声时开始；先开始者先结束",
    ),
    "rounded": (
        "1 time was rounded to the nearest tick",
        "{count} times were rounded to the nearest tick",
        "{count} 个时间点取整到最近的 tick",
    ),
    "smpte": (
        "the file counts in seconds (SMPTE), not in beats; it is read as 120 quarter notes a minute",
        "the file counts in seconds (SMPTE), not in beats; it is read as 120 quarter notes a minute",
        "文件按秒（SMPTE）而不是按拍计时；按每分钟 120 个四分音符读取",
    ),
    "encoding": (
        "text was read as {text}",
        "text was read as {text}",
        "文字按 {text} 编码读取",
    ),
    "repeats": (
        "1 repeat was written out",
        "{count} repeats were written out",
        "{count} 处反复已展开",
    ),
    "jumps": (
        "the {text} was written out (without repeats, as is usual)",
        "the {text} was written out {count} times",
        "已按 {text} 展开（按惯例不再反复）",
    ),
    "sections": (
        "the parts were written out in their order ({text})",
        "the parts were written out in their order ({text})",
        "已按段落顺序（{text}）展开",
    ),
    "parts_order": (
        "the order of parts ({text}) was left out: they are read once, as written",
        "the order of parts ({text}) was left out: they are read once, as written",
        "省略了段落顺序（{text}）：各段按书写顺序读取一次",
    ),
    "irregular_bars": (
        "1 bar is longer or shorter than its metre and was given one of its own",
        "{count} bars are longer or shorter than their metre and were given one of their own",
        "{count} 个小节的长度与拍号不符，已另设拍号",
    ),
    "unchosen_key": (
        "the file says C major, as programs do where nobody has chosen a key; its notes are in another one",
        "the file says C major, as programs do where nobody has chosen a key; its notes are in another one",
        "文件标明 C 大调，但许多软件在没有设定调时也会这样写；音符属于别的调，因此按没有标明调号处理",
    ),
    "pickup": (
        "the file begins with a single bar of {text}; it is read as a pick-up, which notation programs save so",
        "the file begins with a single bar of {text}; it is read as a pick-up, which notation programs save so",
        "文件以单独一个 {text} 小节开头；按弱起小节读取（打谱软件这样保存弱起）",
    ),
    "channels": (
        "1 track was split into parts by channel",
        "{count} tracks were split into parts by channel",
        "{count} 条音轨按通道拆分为声部",
    ),
    "voices": (
        "1 part holds several voices; each became a part",
        "{count} parts hold several voices; each became a part",
        "{count} 个声部内含多个独立旋律线，已各自成为声部",
    ),
    "transposing": (
        "1 part for a transposing instrument is kept at the pitch that sounds",
        "{count} parts for transposing instruments are kept at the pitch that sounds",
        "{count} 个移调乐器声部按实际音高保存",
    ),
    "unpitched": (
        "1 percussion note names no drum; it became a snare drum",
        "{count} percussion notes name no drum; they became a snare drum",
        "{count} 个打击乐音符没有指明鼓的种类，已改为军鼓",
    ),
    "microtones": (
        "1 microtone was moved to the nearest semitone",
        "{count} microtones were moved to the nearest semitone",
        "{count} 个微分音已移到最近的半音",
    ),
    "measure_repeats": (
        "1 sign for repeating a bar (%) was left out: that bar is silent",
        "{count} signs for repeating a bar (%) were left out: those bars are silent",
        "省略了 {count} 个小节重复记号（%），相应小节为空",
    ),
    # rhythm, and changes on the way
    "triplets": (
        "1 triplet note",
        "{count} triplet notes",
        "{count} 个三连音音符",
    ),
    "fine": (
        "1 note begins between the sixteenths (32nds or finer)",
        "{count} notes begin between the sixteenths (32nds or finer)",
        "{count} 个音符位于十六分音符之间（三十二分或更细）",
    ),
    "off_grid": (
        "1 note begins off every usual grid (played rhythm, quintuplets, ...)",
        "{count} notes begin off every usual grid (played rhythm, quintuplets, ...)",
        "{count} 个音符不在任何常用网格上（演奏节奏、五连音等）",
    ),
    "metre_changes": (
        "1 change of metre: {text}",
        "{count} changes of metre: {text}",
        "{count} 次拍号变化：{text}",
    ),
    "tempo_changes": (
        "1 change of tempo",
        "{count} changes of tempo",
        "{count} 次速度变化",
    ),
    "key_changes": (
        "1 change of key signature was left out (a score keeps the first)",
        "{count} changes of key signature were left out (a score keeps the first)",
        "省略了 {count} 次调号变化（只保留第一个）",
    ),
    # what was left out
    "grace": (
        "1 grace note was left out",
        "{count} grace notes were left out",
        "省略了 {count} 个装饰音（倚音）",
    ),
    "ornaments": (
        "1 ornament (trill, turn, tremolo, ...) was left out",
        "{count} ornaments (trills, turns, tremolos, ...) were left out",
        "省略了 {count} 个装饰记号（颤音、回音、震音等）",
    ),
    "cue": (
        "1 cue note was left out",
        "{count} cue notes were left out",
        "省略了 {count} 个提示音符",
    ),
    "chord_symbols": (
        "1 chord symbol was left out",
        "{count} chord symbols were left out",
        "省略了 {count} 个和弦标记",
    ),
    "programs": (
        "1 change of instrument inside a part was left out",
        "{count} changes of instrument inside a part were left out",
        "省略了声部内的 {count} 次音色更换",
    ),
    "other_columns": (
        "1 column that is not music was left out ({text})",
        "{count} columns that are not music were left out ({text})",
        "省略了 {count} 列不是音乐的内容（{text}）",
    ),
    "empty_tracks": (
        "1 track without notes was left out",
        "{count} tracks without notes were left out",
        "省略了 {count} 条没有音符的音轨",
    ),
    "bends": (
        "1 pitch bend was left out",
        "{count} pitch bends were left out",
        "省略了 {count} 个弯音事件",
    ),
    "pedal": (
        "the sustain pedal was left out",
        "the sustain pedal was left out",
        "省略了延音踏板",
    ),
    "controllers": (
        "1 controller event (volume, pan, ...) was left out",
        "{count} controller events (volume, pan, ...) were left out",
        "省略了 {count} 个控制器事件（音量、声像等）",
    ),
    "aftertouch": (
        "1 aftertouch event was left out",
        "{count} aftertouch events were left out",
        "省略了 {count} 个触后事件",
    ),
    "sysex": (
        "1 message for one maker's devices (sysex) was left out",
        "{count} messages for one maker's devices (sysex) were left out",
        "省略了 {count} 条设备专用消息（sysex）",
    ),
    "lyrics": (
        "1 syllable of lyrics was left out",
        "{count} syllables of lyrics were left out",
        "省略了 {count} 个歌词音节",
    ),
    "texts": (
        "1 text or marker was left out",
        "{count} texts or markers were left out",
        "省略了 {count} 处文字或标记",
    ),
    "marks": (
        "1 mark of performance (slur, articulation, fermata, ...) was left out",
        "{count} marks of performance (slurs, articulations, fermatas, ...) were left out",
        "省略了 {count} 个演奏记号（连线、奏法、延长记号等）",
    ),
}


def bars_phrase(bars: Sequence[int], language: str, at_most: int = 4) -> str:
    """Bars in words, as in "in bar 5" or "in bars 1-4, 7 and 9": runs joined, the first few named; "" for none."""
    runs: list[list[int]] = []
    for bar in sorted(set(bars)):
        if runs and bar == runs[-1][1] + 1:
            runs[-1][1] = bar
        else:
            runs.append([bar, bar])
    names: list[str] = []
    for first, last in runs[:at_most]:
        names += [str(first)] if first == last else [f"{first}-{last}"] if last > first + 1 else [str(first), str(last)]
    rest = sum(last - first + 1 for first, last in runs[at_most:])
    if not names:
        return ""
    if language == "zh":
        return f"第 {'、'.join(names)} 小节" + (f"等（另有 {rest} 小节）" if rest else "")
    if rest:
        names.append(f"{rest} more")
    plural = "" if len(set(bars)) == 1 else "s"
    return f"in bar{plural} " + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")


def key_name(key: Key | None, language: str) -> str:
    """The key in words of ``language``; a key that is not stated is said not to be."""
    if key is None:
        return "没有标明调号" if language == "zh" else "no key stated"
    if language != "zh":
        return key.name
    if not key.mode:
        return f"{abs(key.fifths)} 个{'升号' if key.fifths > 0 else '降号'}" if key.fifths else "无升降号"
    tonic = key.name.removesuffix(f" {key.mode}")
    letter, _, sign = tonic.partition("-")
    signs = {"": "", "sharp": "升", "flat": "降", "double-sharp": "重升", "double-flat": "重降"}
    return f"{signs[sign]}{letter}{'大调' if key.mode == 'major' else '小调'}"
