"""The desk of this session, and what its buttons do to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from secrets import token_hex
from typing import Any

import streamlit as st

from musegen.desk import Desk, Step
from musegen.errors import MusegenError, ScoreError
from musegen.formats.json_value import from_json_value, to_json_value
from musegen.score import Score
from musegen.studio import Piece, Recipe
from pages import _player as player
from pages import _settings as settings
from pages import _shared as shared
from pages._words import language, t

_LOG = logging.getLogger(__name__)
BENCH = "bench"
PIECE = "piece"  # id of the clip that lies on the desk; the alternatives are "a1" to "a4"


def untouched() -> bool:
    """Whether the person has done nothing yet: what lies there is the app's own example."""
    return "desk" not in st.session_state


def desk() -> Desk | None:
    """What lies on this session's desk, at first a ready piece with its alternatives; None where there is none."""
    mine: Desk | None = st.session_state.get("desk")
    return mine or first_desk()


@st.cache_resource(max_entries=1, show_spinner=False)
def first_desk() -> Desk | None:
    """What lies there before anything was done: the machine's ready pieces from one source; None without any."""
    pieces = shared.gallery()
    ready = [(piece, Recipe.from_json(piece.recipe)) for piece in pieces if piece.recipe]
    people = [shared.ready_score(piece) for piece in pieces if piece.kind == "human"]
    sources = {score.fingerprint: score for score in people}
    first = next((recipe for _, recipe in ready if recipe.source in sources), None)
    if first is None:
        return Desk((Step(people[0], "example"),)) if people else None
    alike = [(piece, recipe) for piece, recipe in ready if (recipe.verb, recipe.source) == (first.verb, first.source)]
    offered = [Piece(shared.ready_score(piece), recipe) for piece, recipe in alike[:4]]
    return Desk((Step(sources[first.source], "example"),)).offered(offered, first.verb)


def put(changed: Desk | None) -> None:
    """Lays another state on the desk; the browser is told to look at the piece again."""
    if changed is not None:
        st.session_state["desk"] = changed


def open_piece(score: Score, how: str) -> None:
    """Puts a piece on the desk."""
    mine = desk()
    put(mine.open(score, how) if mine else Desk((Step(score, how),)))
    st.session_state["active"] = PIECE
    st.session_state["selection"] = None


def active() -> str:
    """Id of the clip in view: the piece, or an alternative that is there."""
    mine = desk()
    offered = len(mine.now.offer.pieces) if mine and mine.now.offer else 0
    chosen = str(st.session_state.get("active", "a1"))
    return chosen if chosen == PIECE or chosen in {f"a{n}" for n in range(1, offered + 1)} else PIECE


def in_view() -> Step | None:
    """The clip in view as a step: what would be on the desk if it were kept."""
    mine = desk()
    if mine is None:
        return None
    return mine.now if active() == PIECE else mine.keep(int(active()[1:]) - 1).now


def selection() -> dict[str, Any] | None:
    """What is marked in the player, {"bars": (first, last) or None, "voices": parts or None}; None = nothing."""
    mine, marked = desk(), st.session_state.get("selection")
    if not mine or not isinstance(marked, dict):
        return None
    numbers = [bar.number for bar in mine.score.bars()]
    bars, voices = marked.get("bars"), marked.get("voices")
    if bars:
        first, last = max(int(bars[0]), numbers[0]), min(int(bars[1]), numbers[-1])
        bars = (first, last) if first <= last else None
    parts = sorted({int(v) for v in voices if 0 <= int(v) < len(mine.score.tracks)}) if voices is not None else None
    if parts == list(range(len(mine.score.tracks))):
        parts = None
    return {"bars": bars, "voices": parts} if bars or parts else None


# --- what comes back from the player ----------------------------------------------------------


def handlers() -> dict[str, Callable[[], None]]:
    """What the bench's events do."""
    return {
        "selection": _take("selection"),
        "view": _take("view"),
        "active": _take("active"),
        "edited": _guarded(_edited),
        "recorded": _guarded(_recorded),
        "action": _guarded(_acted),
    }


def _take(name: str) -> Callable[[], None]:
    def handler() -> None:
        st.session_state[name] = player.said(BENCH, name)

    return handler


def look_again() -> None:
    """What was in view and marked before this server was there: the bench in the browser still has it."""
    for name in ("active", "view", "selection"):
        value = player.said(BENCH, name)
        if value is not None:
            st.session_state[name] = value


def refuse(sentence: str) -> None:
    """Has the bench say why what was asked of it is not done; each time it is said is one of its own."""
    st.session_state["refusal"] = {"id": token_hex(4), "text": sentence}


def _guarded(handler: Callable[[], None]) -> Callable[[], None]:
    """A refusal is shown by the page that is drawn next."""

    def guarded() -> None:
        try:
            handler()
        except MusegenError as error:
            st.session_state["notice"] = error.sentence(language())
            refuse(st.session_state["notice"])
        except Exception:
            _LOG.exception("What the bench said could not be done.")
            st.session_state["notice"] = t("error.unexpected")
            refuse(st.session_state["notice"])

    return guarded


def _edited() -> None:
    """A clip that was changed by hand becomes the piece."""
    said, mine = player.said(BENCH, "edited"), desk()
    if not said or mine is None:
        return
    mine = _with_kept(mine, said)
    put(_taken_back(mine, from_json_value(said["score"]), str(said.get("how"))))
    st.session_state["active"] = PIECE


def _with_kept(mine: Desk, said: dict[str, Any]) -> Desk:
    """The desk with the alternative kept that was changed by hand."""
    clip = _meant(mine, said)
    return mine if clip == PIECE else mine.keep(int(clip[1:]) - 1)


def _meant(mine: Desk, said: dict[str, Any]) -> str:
    """The clip that is spoken of; an alternative that was kept a moment ago is the piece by now."""
    return str(said.get("clip", PIECE)) if mine.now.offer else PIECE


def _taken_back(mine: Desk, score: Score, how: str) -> Desk:
    """What was undone in the editor is undone on the desk; anything else is a new step."""
    if how == "undo" and len(mine.past) > 1 and mine.past[-2].score == score:
        return mine.undo()
    if how == "redo" and mine.future and mine.future[0].score == score:
        return mine.redo()
    return mine.edit(score.replace(provenance=mine.score.provenance))


def _recorded() -> None:
    said, mine = player.said(BENCH, "recorded"), desk()
    if not said or mine is None:
        return
    mine = _with_kept(mine, said)
    score = mine.score
    played = from_json_value({**to_json_value(score), "notes": said["notes"]})
    put(mine.edit(score.replace(notes=(*score.notes, *played.notes))))
    st.session_state["active"] = PIECE


def _acted() -> None:
    said, mine = player.said(BENCH, "action"), desk()
    if said and mine is not None:
        act(str(said.get("name")), _meant(mine, said), said.get("notes") or ())


def act(name: str, clip: str = "", places: Iterable[Sequence[int]] = ()) -> None:
    """One of the bench's actions: keep, undo, redo, lock, unlock; refine and again are done by the page itself.

    ``places`` are notes that were chosen, (onset, pitch, part): those are locked or unlocked, not what is marked.
    """
    mine, marked = desk(), selection()
    if mine is None:
        return
    chosen = {tuple(place) for place in places}
    notes = [i for i, n in enumerate(mine.score.notes) if (n.onset, n.pitch, n.track) in chosen] if chosen else []
    bars, voices = (marked["bars"], marked["voices"]) if marked else (None, None)
    if name == "keep" and clip != PIECE:
        put(mine.keep(int((clip or active())[1:]) - 1))
        st.session_state["active"] = PIECE
    elif name == "undo":
        put(mine.undo())
    elif name == "redo":
        put(mine.redo())
    elif chosen and name in ("lock", "unlock"):
        if not notes:
            raise ScoreError(t("bench.why.lock_kept"))
        put(mine.lock(notes=notes) if name == "lock" else mine.unlock(notes))
    elif name == "lock" and marked:
        put(mine.lock_region(bars, voices))
    elif name == "unlock":
        put(mine.unlock_region(bars, voices))
    elif name in ("refine", "again"):
        st.session_state["set-seed"] = settings.next_seed()
        st.session_state["asked"] = (name, clip or active())
