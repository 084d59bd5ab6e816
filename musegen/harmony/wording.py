"""What is said of chords, cadences and faults, in English and Chinese."""

from __future__ import annotations

from musegen.formats.wording import key_name
from musegen.harmony.bach import BachRate
from musegen.harmony.cadence import Cadence
from musegen.harmony.fault import Fault, Unjudged
from musegen.score import Key, Score
from musegen.theory import key_of, spell
from musegen.theory import part_name as common_name

CADENCES: dict[str, tuple[str, str]] = {
    "perfect-authentic": ("perfect authentic cadence", "完满正格终止"),
    "imperfect-authentic": ("imperfect authentic cadence", "不完满正格终止"),
    "half": ("half cadence", "半终止"),
    "phrygian-half": ("Phrygian half cadence", "弗里几亚半终止"),
    "plagal": ("plagal cadence", "变格终止"),
    "deceptive": ("deceptive cadence", "阻碍终止"),
}
LEVELS = {"error": ("error", "错误"), "warning": ("warning", "警告"), "taste": ("matter of taste", "可商榷")}
KINDS: dict[str, tuple[str, str]] = {
    "parallel_fifths": ("parallel fifths", "平行五度"),
    "parallel_octaves": ("parallel octaves", "平行八度"),
    "hidden_fifths": ("hidden fifth", "隐伏五度"),
    "hidden_octaves": ("hidden octave", "隐伏八度"),
    "crossing": ("crossed voices", "声部交叉"),
    "overlap": ("overlapping voices", "声部超越"),
    "spacing": ("voices too far apart", "声部间距过大"),
    "range": ("out of range", "超出音域"),
    "bad_leap": ("awkward leap", "不良跳进"),
    "augmented_second": ("augmented second", "增二度"),
    "leading_note_doubled": ("doubled leading note", "重复导音"),
    "leading_note_unresolved": ("leading note not resolved", "导音未解决"),
    "seventh_unresolved": ("seventh not resolved", "七音未解决"),
}
_SENTENCES: dict[str, tuple[str, str]] = {
    # {a}, {b}: parts; {p}, {q}: notes of the first, {r}, {s}: of the second; the place comes before.
    "parallel_fifths": (
        "{a} ({p} to {q}) and {b} ({r} to {s}) move in the same direction from one fifth to the next.",
        "{a}（{p}→{q}）与{b}（{r}→{s}）同向进行，形成平行五度。",
    ),
    "parallel_octaves": (
        "{a} ({p} to {q}) and {b} ({r} to {s}) move in the same direction from one {interval} to the next.",
        "{a}（{p}→{q}）与{b}（{r}→{s}）同向进行，形成平行{interval}。",
    ),
    "hidden_fifths": (
        "{a} leaps ({p} to {q}) while {b} moves the same way ({r} to {s}), into a fifth between the outer voices.",
        "{a}跳进（{p}→{q}），{b}同向进行（{r}→{s}），外声部形成隐伏五度。",
    ),
    "hidden_octaves": (
        "{a} leaps ({p} to {q}) while {b} moves the same way ({r} to {s}), into an octave between the outer voices.",
        "{a}跳进（{p}→{q}），{b}同向进行（{r}→{s}），外声部形成隐伏八度。",
    ),
    "crossing": ("{a} ({p}) lies below {b} ({q}).", "{a}（{p}）低于{b}（{q}）。"),
    "overlap": (
        "{a} ({p}) and {b} ({q}): one voice goes past where its neighbour has just been.",
        "{a}（{p}）与{b}（{q}）：一个声部越过了相邻声部刚才的音高。",
    ),
    "spacing": (
        "{a} ({p}) and {b} ({q}) are more than an octave apart ({interval} semitones).",
        "{a}（{p}）与{b}（{q}）相距超过八度（{interval} 个半音）。",
    ),
    "range": ("{a} sings {p}; its range is {low} to {high}.", "{a}唱到 {p}，其音域为 {low} 至 {high}。"),
    "bad_leap": ("{a} leaps by {interval} ({p} to {q}).", "{a}跳进{interval}（{p}→{q}）。"),
    "augmented_second": (
        "{a} moves by an augmented second ({p} to {q}), which is hard to sing.",
        "{a}进行增二度（{p}→{q}），不易演唱。",
    ),
    "leading_note_doubled": (
        "{a} and {b} both have the leading note ({p}), which wants to rise in both.",
        "{a}与{b}都唱导音（{p}），两处都要求上行。",
    ),
    "leading_note_unresolved": (
        "the leading note in {a} goes from {p} to {q}; it is expected to rise to the tonic.",
        "{a}的导音由 {p} 到 {q}；导音应上行到主音。",
    ),
    "seventh_unresolved": (
        "the seventh of the chord in {a} goes from {p} to {q}; it is expected to fall by step.",
        "{a}的七音由 {p} 到 {q}；七音应级进下行。",
    ),
}
_UNJUDGED: dict[str, tuple[str, str]] = {
    "one_part": (
        "There is one part only, so nothing can be said of how parts go together.",
        "只有一个声部，无法判断声部之间的关系。",
    ),
    "chordal_parts": (
        "{parts}: several notes at once in one part, so there are no single voices to follow.",
        "{parts}：同一声部内同时有多个音，无法逐一追踪独立的旋律线。",
    ),
    "not_a_choir": (
        "These are not the voices of a choir: ranges, spacing, crossing and hidden fifths are not judged.",
        "这些不是合唱声部：不判断音域、间距、交叉与隐伏五八度。",
    ),
    "not_four_voices": ("Ranges are judged for four voices only.", "音域只对四声部作判断。"),
    "doubled_parts": (
        "{parts} double each other in octaves; that is taken as meant.",
        "{parts}以八度互相重复，视为有意为之。",
    ),
    "no_chords": (
        "A single line sounds: its harmony is only implied, so no chords are named.",
        "只有单一旋律线：和声只是隐含的，因此不标注和弦。",
    ),
}
_CHOIR = ("soprano", "alto", "tenor", "bass", "melody", "voice")
_PARTS = {0: "", 2: "⅙", 3: "¼", 4: "⅓", 6: "½", 8: "⅔", 9: "¾", 10: "⅚"}  # twelfths of a beat that have a sign
_LEAPS = {6: ("a tritone", "三全音"), 10: ("a minor seventh", "小七度"), 11: ("a major seventh", "大七度")}


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[1] if language == "zh" else pair[0]


def kind_name(kind: str, language: str = "en") -> str:
    """The name of a kind of fault or cadence."""
    return _pick(KINDS[kind] if kind in KINDS else CADENCES[kind], language)


def level_name(level: str, language: str = "en") -> str:
    """The name of a level of faults."""
    return _pick(LEVELS[level], language)


def part_name(score: Score, part: int, language: str = "en") -> str:
    """What a part is called: its name, in Chinese where it is a common one, or its number."""
    name = score.tracks[part].name.strip()
    if language == "zh":
        return common_name(name, "zh", (track.name for track in score.tracks)) or f"第 {part + 1} 声部"
    return name.lower() if name.lower() in _CHOIR else name or f"part {part + 1}"


def note_name(pitch: int, key: Key) -> str:
    """A note as in "F♯4" (C4 is middle C), spelt in a key."""
    letter, sign, octave = spell(pitch, key)
    return "CDEFGAB"[letter] + ("♯" * sign if sign > 0 else "♭" * -sign) + str(octave)


def place(bar: int, beat: float, language: str = "en") -> str:
    """A place, as in "Bar 3, beat 2½"; the upbeat has its name."""
    whole, rest = divmod(round(beat * 12), 12)
    number = f"{whole}{_PARTS[rest]}" if rest in _PARTS else f"{beat:.2f}".rstrip("0").rstrip(".")
    if language == "zh":
        return f"{'弱起小节' if bar == 0 else f'第 {bar} 小节'}第 {number} 拍"
    return f"{'Upbeat' if bar == 0 else f'Bar {bar}'}, beat {number}"


def sentence(fault: Fault, score: Score, language: str = "en") -> str:
    """A fault in words: where, which parts and notes, and what is wrong."""
    key = key_of(score)
    names = [note_name(score.notes[n].pitch, key) for n in fault.notes]
    parts = [part_name(score, part, language) for part in fault.parts]
    size = fault.facts.get("interval", 0)
    if fault.kind == "bad_leap":
        interval = _pick(_LEAPS.get(size, (f"{size} semitones", f" {size} 个半音")), language)
    elif fault.kind == "parallel_octaves":
        interval = _pick(("octave", "八度") if size else ("unison", "一度"), language)
    else:
        interval = str(size)
    words = dict(zip("pqrs", names, strict=False)) | dict(zip("ab", parts, strict=False)) | {"interval": interval}
    words |= {name: note_name(fault.facts[name], key) for name in ("low", "high") if name in fault.facts}
    said = _pick(_SENTENCES[fault.kind], language).format_map(words)
    where = place(fault.bar, fault.beat, language)
    return f"{where}：{said}" if language == "zh" else f"{where}: {said}"


def unjudged_sentence(item: Unjudged, score: Score, language: str = "en") -> str:
    """What can't be judged, and why."""
    names = [part_name(score, part, language) for part in item.parts]
    return _pick(_UNJUDGED[item.reason], language).format(parts=("、" if language == "zh" else ", ").join(names))


def cadence_sentence(cadence: Cadence, language: str = "en") -> str:
    """A cadence in words, with its key where that is another than the piece's."""
    name, where = kind_name(cadence.kind, language), place(cadence.bar, cadence.beat, language)
    if language == "zh":
        return f"{where}：{f'{key_name(cadence.key, language)}上的' if cadence.modulating else ''}{name}"
    return f"{where}: {name}{f' in {key_name(cadence.key, language)}' if cadence.modulating else ''}"


def bach_sentence(rate: BachRate, language: str = "en") -> str:
    """How often Bach does it, in words."""
    if language == "zh":
        if not rate.count:
            return f"巴赫的 {rate.of} 首众赞歌中没有一例。"
        return f"巴赫的 {rate.of} 首众赞歌中有 {rate.chorales} 首出现，平均每 100 个和弦 {rate.per_100_chords:.2g} 次。"
    if not rate.count:
        return f"Bach never does it in {rate.of} chorales."
    return (
        f"Bach does it {rate.per_100_chords:.2g} times in a hundred chords; "
        f"{rate.chorales} of {rate.of} chorales have it."
    )
