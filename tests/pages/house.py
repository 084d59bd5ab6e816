"""Helpers of the page tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from musegen.score import Key, Note, Score, Track

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")
BARS = 6  # of the ready chorale


def chorale() -> Score:
    """Six bars of whole notes in four voices: C major chords, the soprano going up and down a step."""
    soprano = (72, 74, 76, 74, 72, 72)
    notes = [Note(1920 * bar, pitch, 1920, track=0) for bar, pitch in enumerate(soprano)]
    notes += [Note(1920 * bar, pitch, 1920, track=v) for bar in range(BARS) for v, pitch in ((1, 67), (2, 64), (3, 48))]
    names = ("Soprano", "Alto", "Tenor", "Bass")
    return Score(tuple(notes), tuple(Track(name, 52) for name in names), key=Key(0, "major"))


def check(app: AppTest) -> None:
    """The page stands: no exception, no error banner, a title."""
    assert not app.exception, app.exception
    assert not app.error, [error.value for error in app.error]
    assert app.title


def players(app: AppTest) -> list[dict[str, Any]]:
    """What every player on the page was given."""
    return components(app, "musegen_player")


def components(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What every component of a kind was given."""
    found = [node.proto for node in _nodes(app.main) if node.type == "bidi_component"]
    return [json.loads(proto.json) for proto in found if proto.component_name == name]


def bench(app: AppTest) -> dict[str, Any]:
    """What the bench of Create was given."""
    return next(data for data in players(app) if data["mode"] == "bench")


def _nodes(block: Any) -> Iterator[Any]:
    for node in block.children.values():
        yield node
        if hasattr(node, "children"):
            yield from _nodes(node)
