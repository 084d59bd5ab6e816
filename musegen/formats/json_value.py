"""A score as plain JSON values and back: what the player in the browser, links and saved workbenches are made of.

Every time is in ticks, every list in the order of ``Score``'s own, so ``notes[i]`` of the one is ``notes[i]`` of the
other. What comes back from outside is not trusted: it is checked, and bounded by ``LIMITS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from musegen.errors import ScoreError
from musegen.formats.limits import LIMITS
from musegen.score import Key, Metre, Note, Score, Tempo, Track

_TEXT = 500  # characters of a title, a name
_PROVENANCE = 20_000  # characters of one entry: a recipe may hold many locked notes
_LAST_TICK = 2**40
_LONGEST_BAR = 1_020  # quarter notes: of 255/1, the most that MIDI can say


def to_json_value(score: Score) -> dict[str, Any]:
    """A score as JSON values; ``from_json_value`` is the opposite."""
    return {
        "title": score.title,
        "composer": score.composer,
        "resolution": score.resolution,
        "pickup": score.pickup,
        "key": [score.key.fifths, score.key.mode] if score.key else None,
        "tempos": [[tempo.tick, tempo.qpm] for tempo in score.tempos],
        "metres": [[metre.tick, metre.numerator, metre.denominator] for metre in score.metres],
        "tracks": [[track.name, track.program, track.is_drum] for track in score.tracks],
        "notes": [[n.onset, n.pitch, n.duration, n.velocity, n.track] for n in score.notes],
        "provenance": dict(score.provenance),
    }


def from_json_value(value: object) -> Score:
    """The score of JSON values, whoever wrote them.

    Raises:
        ScoreError: Something is missing, of the wrong kind, out of range, or more than ``LIMITS`` allow.
    """
    if not isinstance(value, Mapping):
        raise ScoreError("This music can't be read: it is damaged, or not musegen's.")
    try:
        score = Score(
            notes=tuple(Note(*_whole(row, 5)) for row in _rows(value, "notes", LIMITS.notes)),
            tracks=tuple(
                Track(_text(name), _number(program), drum is True)
                for name, program, drum in _rows(value, "tracks", LIMITS.tracks)
            ),
            resolution=_number(value["resolution"]),
            tempos=tuple(Tempo(_number(tick), float(qpm)) for tick, qpm in _rows(value, "tempos", LIMITS.notes)),
            metres=tuple(Metre(*_whole(row, 3)) for row in _rows(value, "metres", LIMITS.bars)),
            key=_key(value.get("key")),
            pickup=_number(value.get("pickup", 0)),
            title=_text(value.get("title", "")),
            composer=_text(value.get("composer", "")),
            provenance=_provenance(value.get("provenance", {})),
        )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ScoreError("This music can't be read: it is damaged, or not musegen's.") from error
    if score.resolution > LIMITS.resolution:
        raise ScoreError(
            "This music has {resolution} ticks a quarter note; {most} are the most that can be worked on.",
            resolution=score.resolution,
            most=LIMITS.resolution,
        )
    if any(4 * m.numerator > _LONGEST_BAR * m.denominator for m in score.metres):
        raise ScoreError("This music has a bar of more than {most} quarter notes.", most=_LONGEST_BAR)
    shortest = min(4 * score.resolution * m.numerator // m.denominator for m in score.metres)
    if score.end / max(shortest, 1) > LIMITS.bars:
        raise ScoreError("This music has more than {most} bars. Choose fewer.", most=LIMITS.bars)
    return score


def _rows(value: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    rows = value[name]
    if not isinstance(rows, list | tuple):
        raise TypeError(f"{name} is no list")
    if len(rows) > most and name == "notes":
        raise ScoreError(
            "This music has {count} notes; {most} are the most that can be worked on.", count=len(rows), most=most
        )
    if len(rows) > most:
        raise ScoreError(
            "This music has {count} parts, tempos or metres; {most} are the most that can be worked on.",
            count=len(rows),
            most=most,
        )
    return rows


def _whole(row: Sequence[Any], count: int) -> list[int]:
    if len(row) != count:
        raise ValueError(f"{list(row)[:6]} are not {count} numbers")
    return [_number(value) for value in row]


def _number(value: Any) -> int:  # noqa: ANN401 - whatever stood in the JSON
    """A whole number; a browser's 480.0 is one."""
    number = int(value)
    if abs(number) > _LAST_TICK or number != value:
        raise ValueError(f"{value!r} is no whole number that music needs")
    return number


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is no text")
    return value[:_TEXT]


def _key(value: object) -> Key | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise TypeError("the key is no pair")
    return Key(_number(value[0]), _text(value[1]))


def _provenance(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > 20:
        raise TypeError("the provenance is no small table")
    return {_text(name): str(text)[:_PROVENANCE] for name, text in value.items()}
