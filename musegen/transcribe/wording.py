"""Sentences about a recording, in English and Chinese: why it is refused, and what was heard in it."""

from __future__ import annotations

from musegen.formats.refusal import Refusal

_REFUSALS: dict[str, tuple[str, str]] = {
    "empty": (
        "The recording is empty (0 bytes). Check that the browser may use the microphone, and record again.",
        "录音是空的（0 字节）。请确认浏览器可以使用麦克风，然后重新录音。",
    ),
    "size": (
        "The recording is {size} large; the limit is {limit}. Take a shorter one, or save it as MP3 or FLAC.",
        "录音大小为 {size}，上限是 {limit}。请录短一些，或另存为 MP3 或 FLAC。",
    ),
    "container": (
        "This is {name}, which can't be read here. Save it as WAV, FLAC, OGG or MP3.",
        "这是 {name}，这里无法读取。请另存为 WAV、FLAC、OGG 或 MP3。",
    ),
    "foreign": (
        "This is not a sound file that can be read here. Record in the browser, or give WAV, FLAC, OGG, MP3 or AIFF.",
        "这不是可以读取的声音文件。请在浏览器里录音，或提供 WAV、FLAC、OGG、MP3 或 AIFF 文件。",
    ),
    "damaged": (
        "The sound file is damaged or cut off at its beginning, so nothing can be heard. Record or save it again.",
        "声音文件已损坏或开头不完整，无法听到任何内容。请重新录音或重新保存。",
    ),
    "layout": (
        "The sound file has {rate:,} samples a second in {channels} channels; 8,000 to 192,000 in at most 8 can be "
        "read. Save it as 44,100 in stereo.",
        "声音文件采样率为 {rate:,} Hz，{channels} 个声道；可读取的是 8,000 到 192,000 Hz、最多 8 个声道。"
        "请另存为 44,100 Hz 立体声。",
    ),
    "short": (
        "The recording lasts {seconds:.1f} s; {limit:g} s is the least. Sing a little longer.",
        "录音只有 {seconds:.1f} 秒，至少需要 {limit:g} 秒。请唱得长一些。",
    ),
    "long": (
        "The recording lasts {seconds:,.0f} s or more; the limit is {limit:g} s. Sing a shorter part.",
        "录音至少有 {seconds:,.0f} 秒，上限是 {limit:g} 秒。请只唱较短的一段。",
    ),
    "silent": (
        "Nothing can be heard in the recording. Check that the right microphone is chosen and not muted, and sing "
        "nearer to it.",
        "录音里听不到声音。请检查是否选对了麦克风、是否静音，并靠近麦克风再唱一次。",
    ),
    "clipped": (
        "The recording is overdriven: {percent:.0f} % of it stands at the end of the scale. Sing further from the "
        "microphone, or turn it down.",
        "录音过载：有 {percent:.0f}% 达到了最大音量。请离麦克风远一些，或调低录音音量。",
    ),
    "no_pitch": (
        "No tones can be heard in the recording, only noise or very short sounds. Sing or hum one melody, near to the "
        "microphone, with nothing else sounding.",
        "录音里听不出音高，只有噪声或极短的声音。请靠近麦克风唱或哼一段旋律，并避免其他声音。",
    ),
    "no_melody": (
        "There is a voice in the recording, but its pitch never stands still, as when one speaks. Sing or hum, and "
        "hold each tone.",
        "录音里有人声，但音高一直在滑动，像是在说话。请唱或哼出来，让每个音保持住。",
    ),
    "tempo": (
        "A tempo of {tempo:g} quarter notes a minute can't be sung to here; choose one from "
        "{slowest:g} to {fastest:g}.",
        "每分钟 {tempo:g} 个四分音符的速度无法使用；请选择 {slowest:g} 到 {fastest:g} 之间的速度。",
    ),
    "metre": (
        "A recording can't be written in {metre}; choose a metre in halves, quarters, eighths or sixteenths, of at "
        "most {limit} quarters a bar.",
        "录音无法记成 {metre} 拍；请选择以二分、四分、八分或十六分音符为一拍、每小节不超过 {limit} 个四分音符的拍子。",
    ),
    "range": (
        "A range from {low} to {high} holds less than an octave, so a melody can't be moved into it. "
        "Choose a wider one.",
        "从 {low} 到 {high} 的音域不足一个八度，旋律无法移入。请选择更宽的音域。",
    ),
}

# One, several, Chinese.
REMARKS: dict[str, tuple[str, str]] = {
    "cut_off": (
        "The file ends before its header says it does; what is there was read.",
        "文件比文件头所说的短；已读取现有部分。",
    ),
    "clipped": (
        "The recording is overdriven in places ({percent:.1f} % of it); sing a little further from the microphone.",
        "录音有些地方过载（{percent:.1f}%）；请离麦克风稍远一些。",
    ),
    "noisy": (
        "There is a lot of noise or echo under the voice; a quieter room makes the notes surer.",
        "人声之外的噪声或回声较大；在安静的房间里录音会更准确。",
    ),
    "tempo_doubtful": (
        "The tempo, {tempo:.0f}, is a guess: another one fits nearly as well. Give the tempo, or sing to the click.",
        "速度 {tempo:.0f} 只是猜测：另一个速度也几乎同样合适。请给出速度，或跟着节拍器唱。",
    ),
    "tempo_guessed": (
        "The tempo, {tempo:.0f} quarter notes a minute, and where the bars begin were found from the notes; half or "
        "twice that tempo would sound the same.",
        "速度（每分钟 {tempo:.0f} 个四分音符）和小节的起点是从音符推断出来的；快一倍或慢一倍，听起来是一样的。",
    ),
    "bars_guessed": (
        "Where the bars begin was found from the notes.",
        "小节的起点是从音符推断出来的。",
    ),
    "tuning": (
        "You sang {cents:.0f} cents {direction} concert pitch; that was taken out.",
        "您的音高比标准音{direction}{cents:.0f} 音分；已经校正。",
    ),
    "drift": (
        "The pitch {direction} by {cents:.0f} cents on the way; the notes follow it.",
        "演唱过程中音高{direction}了 {cents:.0f} 音分；音符已随之调整。",
    ),
    "octaves": (
        "The melody was moved {direction} by {count}, into the range asked for.",
        "旋律{direction}移了{count}，以适合所选音域。",
    ),
    "out_of_range": (
        "{count} of the notes still lie outside the range asked for: the melody is wider than it.",
        "仍有 {count} 个音超出所选音域：旋律的音域更宽。",
    ),
    "key_guessed": (
        "The key, {key}, was found from the notes.",
        "调性（{key}）是从音符推断出来的。",
    ),
    "uncertain": (
        "Look again at {count}: {numbers}.",
        "请再检查{count}：{numbers}。",
    ),
}

DOUBTS: dict[str, tuple[str, str]] = {
    "between": ("between two semitones", "音高在两个半音之间"),
    "unsteady": ("its pitch moves", "音高不稳定"),
    "faint": ("hardly to be heard", "听不清楚"),
    "short": ("very short", "很短"),
    "timing": ("between two sixteenths", "在两个十六分音符之间"),
    "repeat": ("perhaps one note with the one before", "可能与前一个音是同一个音"),
}
"""Why a note is uncertain, by code."""

_ZH_WORDS = {"above": "高", "below": "低", "rose": "升高", "fell": "降低", "up": "向上", "down": "向下"}


def refuse(kind: str, **facts: object) -> Refusal:
    """The refusal of the given kind, with its facts filled in; raise it."""
    english, chinese = _REFUSALS[kind]
    return Refusal(kind, english.format(**facts), chinese.format(**facts))


def remark_sentence(code: str, facts: dict[str, object], language: str) -> str:
    """A remark in words of ``language`` ("en" or "zh")."""
    words = dict(facts)
    chinese = language == "zh"
    if chinese and "direction" in words:
        words["direction"] = _ZH_WORDS.get(str(words["direction"]), "")
    if code == "octaves":
        count = int(str(words["count"]))
        words["count"] = f" {count} 个八度" if chinese else "an octave" if count == 1 else f"{count} octaves"
    if code == "uncertain":
        count = int(str(words["count"]))
        words["count"] = f" {count} 个音" if chinese else "1 note" if count == 1 else f"{count} notes"
    if code == "key_guessed":
        words["key"] = words["key_zh"] if chinese else words["key"]
    return REMARKS[code][chinese].format(**words)
