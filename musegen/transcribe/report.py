"""What a transcription tells its singer: each note as it was heard and as it is written, and what is not sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from musegen.formats.wording import key_name
from musegen.score import Key, Score
from musegen.transcribe.wording import DOUBTS, remark_sentence

_NUMBERS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class HeardNote:
    """One note, before and after it was written down.

    Attributes:
        onset_s: When it began in the recording, in seconds.
        duration_s: How long it sounded, in seconds.
        sounding: MIDI pitch with its fraction, as it sounded.
        pitch: MIDI pitch as written: tuning taken out, rounded, moved by octaves.
        onset_quarters: Where it is written, in quarter notes from the beginning of the score.
        quarters: Written length in quarter notes.
        level_db: How loud it was; 0 = the loudest moment.
        confidence: 0-1, how sure pitch and place are.
        doubts: Why not: codes of ``wording.DOUBTS``.
    """

    onset_s: float
    duration_s: float
    sounding: float
    pitch: int
    onset_quarters: float
    quarters: float
    level_db: float
    confidence: float
    doubts: tuple[str, ...] = ()

    def reasons(self, language: str = "en") -> list[str]:
        """Its doubts in words of ``language`` ("en" or "zh")."""
        return [DOUBTS[doubt][language == "zh"] for doubt in self.doubts]


@dataclass(frozen=True, slots=True)
class SungRemark:
    """One thing worth saying: a code of ``wording.REMARKS`` and its numbers."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        """The remark in words of ``language`` ("en" or "zh")."""
        return remark_sentence(self.code, dict(self.facts), language)


@dataclass(frozen=True, slots=True)
class SungReport:
    """What was understood of a recording.

    Attributes:
        duration_s: Length of the recording in seconds.
        tempo: Quarter notes a minute.
        tempo_given: Whether that was asked for.
        metre: As in "3/4".
        key: The key, found or given.
        key_given: Whether it was given.
        tuning_cents: How far the voice lay above (negative: below) 440 Hz tuning, -50..50.
        drift_cents: How far it had risen (negative: fallen) at the end.
        octaves: By how many octaves the melody was moved up (negative: down).
        heard: The notes; note i of the score is ``heard[i]``.
        remarks: What is worth saying, the gravest first.
    """

    duration_s: float
    tempo: float
    tempo_given: bool
    metre: str
    key: Key
    key_given: bool
    tuning_cents: float
    drift_cents: float
    octaves: int
    heard: tuple[HeardNote, ...]
    remarks: tuple[SungRemark, ...] = ()

    @property
    def uncertain(self) -> tuple[int, ...]:
        """Indices of the notes to look at again, the least sure first."""
        doubtful = [i for i, note in enumerate(self.heard) if note.doubts]
        return tuple(sorted(doubtful, key=lambda i: self.heard[i].confidence))

    def sentences(self, language: str = "en") -> list[str]:
        """The report in words of ``language`` ("en" or "zh"): the summary, then one entry a remark."""
        count, tempo, key = len(self.heard), f"{self.tempo:.0f}", key_name(self.key, language)
        if language == "zh":
            summary = f"听到 {count} 个音，{key}，{self.metre} 拍，每分钟 {tempo} 个四分音符"
        else:
            summary = f"{count} note{'s' * (count != 1)} heard, {key}, {self.metre}, {tempo} quarter notes a minute"
        return [summary, *(remark.sentence(language) for remark in self.remarks)]

    def to_dict(self) -> dict[str, object]:
        """The report as values that JSON can hold; remarks and doubts as codes, remarks with their English sentence."""
        values = asdict(self)
        values["key"] = self.key.name
        values["uncertain"] = list(self.uncertain)
        values["heard"] = [{**asdict(note), "doubts": list(note.doubts)} for note in self.heard]
        values["remarks"] = [
            {"code": remark.code, "facts": dict(remark.facts), "sentence": remark.sentence()} for remark in self.remarks
        ]
        return values


@dataclass(frozen=True, slots=True)
class Sung:
    """A melody that was sung, as a score of one voice, and the report on how it was heard."""

    score: Score
    report: SungReport


def uncertain_remark(heard: tuple[HeardNote, ...]) -> SungRemark | None:
    """Which notes to look at again, counted from 1; None if all are sure."""
    numbers = [i + 1 for i, note in enumerate(heard) if note.doubts]
    if not numbers:
        return None
    shown = ", ".join(map(str, numbers[:_NUMBERS_SHOWN])) + (" …" if len(numbers) > _NUMBERS_SHOWN else "")
    return SungRemark("uncertain", {"count": len(numbers), "numbers": shown})
