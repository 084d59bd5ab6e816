"""What plain MIDI has no place for, as JSON in a text event: pick-up, composer, provenance, which tracks are a part."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from musegen.formats.midi_events import META, Event
from musegen.score import Score, Tempo

_MARK = b"musegen "
_TEXT = 0x01
_LAST_TICK = 2**28


@dataclass(slots=True)
class Facts:
    """What a file that musegen wrote says of itself.

    Attributes:
        parts: For each track behind the first, the part that it belongs to.
        pickup: Ticks of the pick-up.
        modeless: The key is a signature only.
        tempos: The tempo map, where MIDI's microseconds are too coarse or too few for it.
        title: Title as it was.
        composer: Composer.
        provenance: Provenance.
    """

    parts: list[int] = field(default_factory=list)
    pickup: int = 0
    modeless: bool = False
    tempos: tuple[Tempo, ...] = ()
    title: str = ""
    composer: str = ""
    provenance: dict[str, str] = field(default_factory=dict)


def is_facts(payload: bytes) -> bool:
    """Whether a text event is one of ours."""
    return payload.startswith(_MARK)


def pack_facts(score: Score, parts: list[int], *, tempos: bool) -> bytes:
    """The text event's payload; ``tempos`` to state the tempo map too."""
    facts: dict[str, object] = {"parts": parts, "title": score.title, "composer": score.composer}
    facts["provenance"] = dict(score.provenance)
    if score.pickup:
        facts["pickup"] = score.pickup
    if score.key and not score.key.mode:
        facts["modeless"] = True
    if tempos:
        facts["tempos"] = [[tempo.tick, tempo.qpm] for tempo in score.tempos]
    return _MARK + json.dumps(facts).encode()


def find_facts(tracks: list[list[Event]]) -> Facts | None:
    """The facts of a file that musegen wrote and nobody has changed since; None of any other."""
    for _, status, kind, _, payload in tracks[0] if tracks else ():
        if status == META and kind == _TEXT and is_facts(payload):
            try:
                raw = json.loads(payload[len(_MARK) :])
            except (ValueError, RecursionError):
                return None
            return _checked(raw, tracks[1:]) if isinstance(raw, dict) else None
    return None


def _checked(raw: dict[str, object], tracks: list[list[Event]]) -> Facts | None:
    """The facts, where they fit the tracks; what is of another type is passed over."""
    parts, pickup, tempos, provenance = (raw.get(name) for name in ("parts", "pickup", "tempos", "provenance"))
    channels = [{status & 15 for _, status, *_ in events if status < 0xF0} for events in tracks]
    if not isinstance(parts, list) or not parts or len(parts) != len(tracks) or any(len(c) > 1 for c in channels):
        return None
    if not all(type(part) is int for part in parts) or set(parts) != set(range(len(set(parts)))):
        return None
    title, composer = raw.get("title"), raw.get("composer")
    return Facts(
        parts=parts,
        pickup=pickup if type(pickup) is int and 0 <= pickup < _LAST_TICK else 0,
        modeless=raw.get("modeless") is True,
        tempos=_tempos(tempos),
        title=title if isinstance(title, str) else "",
        composer=composer if isinstance(composer, str) else "",
        provenance={k: v for k, v in provenance.items() if isinstance(v, str)} if isinstance(provenance, dict) else {},
    )


def _tempos(rows: object) -> tuple[Tempo, ...]:
    try:
        tempos = tuple(Tempo(int(tick), float(qpm)) for tick, qpm in rows)  # type: ignore[attr-defined]
    except (TypeError, ValueError, OverflowError):
        return ()
    return tempos if all(0 <= t.tick < _LAST_TICK and 0 < t.qpm < 10_000 for t in tempos) else ()
