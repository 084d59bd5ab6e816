"""What an import tells its user: the music that was read, and what was rounded, merged or left out, and where."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from musegen.formats.limits import LIMITS
from musegen.formats.refusal import refuse
from musegen.formats.wording import REMARKS, bars_phrase, key_name
from musegen.score import Bar, Key, Score

_BARS_KEPT = 200
_UNITS = {1: ("quarter", "四分音符"), 2: ("eighth", "八分音符"), 4: ("sixteenth", "十六分音符")}
"""Notes by how many of them make a quarter."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing worth saying about an import.

    Attributes:
        kind: What happened; a name in ``wording.REMARKS``.
        count: How often.
        bars: In which bars, each once, in order; at most 200. Empty where it has no place.
        text: A detail that the sentence quotes.
    """

    kind: str
    count: int = 1
    bars: tuple[int, ...] = ()
    text: str = ""

    def sentence(self, language: str = "en") -> str:
        """The remark in words of ``language`` ("en" or "zh")."""
        one, several, chinese = REMARKS[self.kind]
        pattern = chinese if language == "zh" else one if self.count == 1 else several
        words = pattern.format(count=self.count, text=self.text)
        place = bars_phrase(self.bars, language)
        if not place:
            return words
        return f"{words}（{place}）" if language == "zh" else f"{words}, {place}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was understood of a file.

    Attributes:
        format: "MIDI", "MusicXML", "MXL", "ABC" or "Humdrum".
        bars: Complete bars, repeats written out; a pick-up does not count.
        voices: Parts that hold notes.
        metre: The first metre, as in "3/4".
        key: The key, or None where the file states none.
        tempo: The first tempo, in quarter notes a minute.
        notes: Number of notes.
        duration_s: Length in seconds.
        pickup_quarters: Length of the pick-up in quarter notes; 0 = none.
        title: Title as the file states it.
        remarks: What is worth saying, the gravest first.
    """

    format: str
    bars: int
    voices: int
    metre: str
    key: Key | None
    tempo: float
    notes: int
    duration_s: float
    pickup_quarters: float = 0.0
    title: str = ""
    remarks: tuple[Remark, ...] = ()

    def sentences(self, language: str = "en") -> list[str]:
        """The report in words of ``language`` ("en" or "zh"): the summary, then one entry a remark."""
        tempo = f"{self.tempo:.4g}"
        if language == "zh":
            pickup = f"（弱起：{_length(self.pickup_quarters, language)}）" if self.pickup_quarters else ""
            summary = (
                f"{self.bars} 小节{pickup}，{self.voices} 个声部，{key_name(self.key, language)}，{self.metre} 拍，"
                f"每分钟 {tempo} 个四分音符"
            )
        else:
            pickup = f" and a pick-up of {_length(self.pickup_quarters, language)}" if self.pickup_quarters else ""
            summary = (
                f"{self.bars} bar{'s' * (self.bars != 1)}{pickup}, {self.voices} voice{'s' * (self.voices != 1)}, "
                f"{key_name(self.key, language)}, {self.metre}, {tempo} quarter notes a minute"
            )
        return [summary, *(remark.sentence(language) for remark in self.remarks)]

    def to_dict(self) -> dict[str, object]:
        """The report as values that JSON can hold; ``remarks`` each with its English sentence."""
        values = asdict(self)
        values["key"] = self.key.name if self.key else None
        values["duration_s"] = round(self.duration_s, 3)
        values["remarks"] = [
            {**asdict(remark), "bars": list(remark.bars), "sentence": remark.sentence()} for remark in self.remarks
        ]
        return values


@dataclass(frozen=True, slots=True)
class Imported:
    """A score, and the report on how it was read."""

    score: Score
    report: ImportReport


class Remarks:
    """Collects what there is to say while a file is read; ticks become bars once the score stands."""

    def __init__(self) -> None:
        self._ticks: dict[tuple[str, str], list[int]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, kind: str, tick: int | None = None, *, count: int = 1, text: str = "") -> None:
        """Notes that ``kind`` happened ``count`` times, at ``tick`` where it has a place."""
        key = (kind, text)
        self._counts[key] = self._counts.get(key, 0) + count
        if tick is not None:
            self._ticks.setdefault(key, []).append(tick)

    def finish(self, bars: Iterable[Bar]) -> tuple[Remark, ...]:
        """The remarks in the order of ``wording.REMARKS``, gravest first."""
        bars = list(bars)
        starts, order = [bar.start for bar in bars], list(REMARKS)
        result = []
        for (kind, text), count in sorted(self._counts.items(), key=lambda item: order.index(item[0][0])):
            numbers = {
                bars[max(bisect_right(starts, tick) - 1, 0)].number for tick in self._ticks.get((kind, text), ())
            }
            result.append(Remark(kind, count, tuple(sorted(numbers))[:_BARS_KEPT], text))
        return tuple(result)


def check_length(score: Score) -> None:
    """Refuses a score of more notes, parts or bars than the limits allow.

    Raises:
        ScoreError: It has.
    """
    if len(score.notes) > LIMITS.notes:
        raise refuse("notes", count=len(score.notes), limit=LIMITS.notes)
    if len(score.tracks) > LIMITS.tracks:
        raise refuse("tracks", count=len(score.tracks), limit=LIMITS.tracks)
    shortest = min(metre.numerator / metre.denominator for metre in score.metres)
    if score.end / (4 * score.resolution * shortest) <= LIMITS.bars:
        return
    for count, _ in enumerate(score._iter_bars()):
        if count > LIMITS.bars:
            raise refuse("bars", count=count, limit=LIMITS.bars)


def report_on(score: Score, format: str, remarks: Remarks) -> ImportReport:
    """The report on ``score``, with what every format says about rhythm, metre and tempo added to ``remarks``."""
    bars = score.bars()
    _remark_rhythm(score, remarks)
    for metre in score.metres[1:]:
        remarks.add("metre_changes", metre.tick, text=" ".join(dict.fromkeys(str(m) for m in score.metres)))
    for tempo in score.tempos[1:]:
        remarks.add("tempo_changes", tempo.tick)
    return ImportReport(
        format=format,
        bars=sum(bar.number > 0 for bar in bars),
        voices=len({note.track for note in score.notes}),
        metre=str(score.metres[0]),
        key=score.key,
        tempo=score.tempos[0].qpm,
        notes=len(score.notes),
        duration_s=score.duration_s,
        pickup_quarters=score.pickup / score.resolution,
        title=score.title,
        remarks=remarks.finish(bars),
    )


def _remark_rhythm(score: Score, remarks: Remarks) -> None:
    """Says which notes are triplets or finer than sixteenths, and which begin on no written grid."""
    resolution = score.resolution
    known: dict[int, str] = {}
    for note in score.notes:
        place = (note.onset - score.pickup) % resolution  # the grid begins with the first complete bar
        kind = known.get(place)
        if kind is None:
            kind = known[place] = rhythm_kind(place, resolution)
        if kind:
            remarks.add(kind, note.onset)


def rhythm_kind(place: int, resolution: int) -> str:
    """What an onset ``place`` ticks behind a quarter note is, a tick's rounding aside.

    "" on a sixteenth, "triplets" on a third or sixth, "fine" on a 32nd or 64th or a twelfth, else "off_grid".
    """
    slack = 1 if resolution > 48 else 0
    for steps, kind in ((4, ""), (6, "triplets"), (16, "fine"), (12, "fine")):
        nearest = round(place * steps / resolution) * resolution / steps
        if abs(place - nearest) <= slack:
            return kind
    return "off_grid"


def _length(quarters: float, language: str) -> str:
    """A length in the longest notes, from the quarter down, of which it is a whole number; else in quarters."""
    whole = (unit for unit in _UNITS if (quarters * unit).is_integer())
    unit = next(whole, 1)
    name, chinese = _UNITS[unit]
    count = f"{quarters * unit:.3g}"
    return f"{count} 个{chinese}" if language == "zh" else f"{count} {name} note{'s' * (count != '1')}"
