"""The player in the page: one component of our own, as a card to hear a piece, and as the bench of Create.

Its sources lie in ``assets/player/`` and are served by the app itself (``_routes.py``); here is only what goes in and
what comes out. What is played, dragged and drawn never runs the page again; what is chosen, kept or edited does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from musegen.desk import Locks
from musegen.formats.json_value import to_json_value
from musegen.score import Score
from pages._routes import show
from pages._words import catalogue, language, part_words, t

VIEWS = ("roll", "staff", "numbered")
SPARE_BARS, FEWEST_BARS = 2, 8  # that a piece which can be edited shows beyond its end, and at least
_STUB = """
const player = import(new URL("/player/player.js", window.location.origin).href);
export default function (component) {
  let end = () => {}, gone = false;
  player.then(({ mount }) => { if (!gone) end = mount(component) || end; });
  return () => { gone = true; end(); };
}
"""
_mount = st.components.v2.component("musegen_player", js=_STUB)


def clip_value(
    score: Score,
    *,
    id: str = "piece",
    label: str = "",
    name: str = "",
    given: Score | None = None,
    locks: Locks | None = None,
    marks: Sequence[Mapping[str, Any]] = (),
    bar_values: Mapping[str, Any] | None = None,
    spare: bool = False,
) -> dict[str, Any]:
    """A score as the component takes it.

    Args:
        score: The music.
        id: Name of the clip within the component.
        label: What stands on its button.
        name: What it is called.
        given: Notes that stood in the source.
        locks: What may not be changed.
        marks: Notes to point at: {"notes": indices, "kind": "error", "warning" or "taste", "text": words}.
        bar_values: A strip under the roll: {"name": words, "values": [[bar, 0-1, words], ...]}.
        spare: Whether there are empty bars beyond the end, to draw in.
    """
    return {
        "id": id,
        "label": label,
        "name": name or score.title,
        "score": _score_value(score, spare),
        "pages": {kind: f"{show(score)}/{kind}/{language()}" for kind in VIEWS[1:]},
        "given": _given(score, given) if given else [],
        "locked": locks.indices(score) if locks else [],
        "marks": list(marks),
        "bar_values": bar_values,
    }


# Of a long piece and its alternatives these would take most of a rerun. They are only read.
_HASH = {Score: lambda score: (score.fingerprint, score.resolution, score.title, score.composer)}


@st.cache_resource(max_entries=40, show_spinner=False, hash_funcs=_HASH)
def _score_value(score: Score, spare: bool) -> dict[str, Any]:
    value = to_json_value(score)
    del value["provenance"]
    return value | {"bars": _bars(score, spare)}


@st.cache_resource(max_entries=40, show_spinner=False, hash_funcs=_HASH)
def _given(score: Score, given: Score) -> list[int]:
    stood = {(n.onset, n.pitch, n.track) for n in given.with_resolution(score.resolution).notes}
    return [i for i, n in enumerate(score.notes) if (n.onset, n.pitch, n.track) in stood]


def _bars(score: Score, spare: bool) -> list[list[int]]:
    bars = [[bar.number, bar.start, bar.length] for bar in score.bars()]
    if spare:
        metre = score.metres[-1]
        whole = 4 * score.resolution * metre.numerator // metre.denominator
        for _ in range(max(SPARE_BARS, FEWEST_BARS - len(bars))):
            number, start, length = bars[-1]
            bars.append([number + 1, start + length, whole])
    return bars


def _common() -> dict[str, Any]:
    words = {key.removeprefix("player."): text for key, text in catalogue().items() if key.startswith("player.")}
    return {"theme": st.context.theme.type or "light", "language": language(), "words": words}


def play(score: Score, name: str, key: str) -> None:
    """A small player: sound and piano roll; ``name`` is what a screen reader calls it."""
    data = _common() | {"mode": "clip", "clips": [clip_value(score, name=name)], "active": "piece", "view": "roll"}
    _mount(key=f"clip-{key}", data=data | {"views": ["roll"], "selectable": False, "editable": False, "actions": {}})


def bench(
    clips: Iterable[Mapping[str, Any]],
    *,
    key: str,
    active: str,
    view: str,
    selection: Mapping[str, Any] | None,
    actions: Mapping[str, str],
    version: str,
    piece: str,
    refusal: Mapping[str, str] | None,
    asking: bool,
    on: Mapping[str, Callable[[], None]],
) -> None:
    """The bench: alternatives beside the piece, selection, editing.

    Args:
        clips: What can be heard, see ``clip_value``.
        key: The component's key; what it says stands in ``st.session_state[key]``.
        active: Id of the clip in view.
        view: One of ``VIEWS``.
        selection: {"bars": [first, last], "voices": parts} or None.
        actions: What its buttons offer: name -> "", or why it can't be done now.
        version: Changes whenever the clips do.
        piece: Changes with another piece, not with what is made of it: then the player shows its beginning.
        refusal: {"id": text, "text": words}: why what was asked for was not done, said once; None = nothing to say.
        asking: Whether it is not known yet what the browser kept: what it shows already stays in view.
        on: What to do when "selection", "view", "active", "edited", "action" or "recorded" come back.
    """
    data = _common() | {
        "mode": "bench",
        "clips": list(clips),
        "active": active,
        "view": view,
        "views": list(VIEWS),
        "selectable": True,
        "editable": True,
        "actions": dict(actions),
        "selection": dict(selection) if selection else None,
        "version": version,
        "piece": piece,
        "refusal": dict(refusal) if refusal else None,
        "asking": asking,
    }
    _mount(key=key, data=data, **{f"on_{event}_change": handler for event, handler in on.items()})


def said(key: str, event: str) -> Any:  # noqa: ANN401 - whatever JSON the browser sent
    """What the component of this key said last of an event."""
    state = st.session_state.get(key)
    return state.get(event) if state is not None else None


def voice_words(score: Score) -> list[str]:
    """What the parts of a score are called, in the language of the page."""
    names = [track.name for track in score.tracks]
    return [part_words(name, names) if name else t("bench.part", number=n) for n, name in enumerate(names, 1)]
