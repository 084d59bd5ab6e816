"""One composer for many people: it wakes up in the background, works for one at a time, and makes a recipe only once.

Pages share one ``Workbench`` a server. Nothing in it belongs to a person: results are kept by all that decides them.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from musegen import studio
from musegen.checkpoint import Checkpoint
from musegen.score import Key, Score
from musegen.studio import VERBS, Piece, Recipe

Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


class Workbench:
    """A composer behind a lock, and its last results.

    Args:
        checkpoint: The composer; its weights are loaded, and TensorFlow with them, at the first use.
        keep: How many results are kept.
    """

    def __init__(self, checkpoint: Checkpoint, *, keep: int = 64) -> None:
        self.checkpoint = checkpoint
        self._keep = keep
        self._kept: OrderedDict[str, list[Piece]] = OrderedDict()
        self._looking = threading.Lock()  # for a moment: what is kept can be had while the composer works
        self._busy = threading.Lock()
        self._awake = threading.Event()

    @property
    def awake(self) -> bool:
        """Whether the model is in memory."""
        return self._awake.is_set()

    def wake(self) -> None:
        """Loads the model and lets it make one bar, so that the first caller doesn't wait for that."""
        with self._busy:
            if not self.awake:
                styles = self.checkpoint.styles[1:] or self.checkpoint.styles
                studio.generate(self.checkpoint, style=styles[0], bars=1, n=1, passes=1)
                self._awake.set()

    def wake_in_background(self) -> threading.Thread:
        """``wake`` in a thread of its own; what goes wrong is logged here, and told to the first caller of ``make``."""

        def work() -> None:
            try:
                self.wake()
            except Exception:
                _LOG.exception("The composer could not be loaded.")

        thread = threading.Thread(target=work, name="musegen-wake", daemon=True)
        thread.start()
        return thread

    def alone(self, work: Callable[[], Result], *, waiting: Callable[[], None] = lambda: None) -> Result:
        """Does something with the composer while nobody else does; ``waiting`` as for ``make``."""
        with self._turn(waiting):
            return work()

    @contextmanager
    def _turn(self, waiting: Callable[[], None]) -> Iterator[None]:
        while not self._busy.acquire(timeout=0.2):
            waiting()
        try:
            yield
        finally:
            self._busy.release()

    def make(
        self,
        verb: str,
        score: Score | None,
        settings: Mapping[str, Any],
        *,
        other: Score | None = None,
        waiting: Callable[[], None] = lambda: None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> list[Piece]:
        """What a verb makes, from memory if it was made before.

        Args:
            verb: A key of ``VERBS``.
            score: What to work on; None for "generate".
            settings: The verb's keyword arguments.
            other: The second score, for "blend".
            waiting: Called a few times a second while another caller is served; may raise to give up.
            progress: Called with the share done, 0-1; may raise to give up.

        Raises:
            ScoreError: As the verb does.
        """
        given = [piece for piece in (score, other) if piece is not None]
        return self._once(
            _name_of(verb, score, other, settings),
            lambda: VERBS[verb](self.checkpoint, *given, **settings, progress=progress),
            waiting,
        )

    def remake(
        self,
        recipe: Recipe,
        source: Score | None = None,
        other: Score | None = None,
        *,
        waiting: Callable[[], None] = lambda: None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> Piece:
        """A piece from its recipe, see ``studio.remake``; from memory if that was followed before.

        A class that opens one link costs one piece: who comes while it is made waits for that one, and where its
        maker gives up, the next in turn makes it. ``waiting`` and ``progress`` as for ``make``.
        """
        [piece] = self._once(
            _name_of("remake", source, other, {"recipe": recipe.to_json()}),
            lambda: [studio.remake(self.checkpoint, recipe, source, other, progress=progress)],
            waiting,
        )
        return piece

    def _once(self, key: str, work: Callable[[], list[Piece]], waiting: Callable[[], None]) -> list[Piece]:
        """What is kept under a key, else what ``work`` makes when its turn comes; an error is not kept."""
        while (found := self._recall(key)) is None:
            if not self._busy.acquire(timeout=0.2):
                waiting()
                continue
            try:
                if (found := self._recall(key)) is None:  # else made by who had the turn before
                    found = work()
                    self._awake.set()
                    self._keep_result(key, found)
                break
            finally:
                self._busy.release()
        return list(found)

    def _recall(self, key: str) -> list[Piece] | None:
        with self._looking:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep_result(self, key: str, pieces: list[Piece]) -> None:
        with self._looking:
            self._kept[key] = pieces
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)


def kept(piece: Piece, source: Score) -> Score:
    """A piece with only the notes that stood in its source: of a harmonised one the melody, else all that are alike."""
    stood = {(note.onset, note.pitch) for note in source.with_resolution(piece.score.resolution).notes}
    alike = [note for note in piece.score.notes if (note.onset, note.pitch) in stood]
    if piece.recipe.verb == "harmonise":
        parts = range(len(piece.score.tracks))
        whole = [i for i in parts if all((n.onset, n.pitch) in stood for n in piece.score.track_notes(i))]
        alike = [note for note in alike if note.track in whole]
    return piece.score.replace(notes=tuple(alike))


def _name_of(verb: str, score: Score | None, other: Score | None, settings: Mapping[str, Any]) -> str:
    """Everything that decides a result: names in the score come back in it, and locked notes are named in its ticks."""
    words = {k: [v.fifths, v.mode] if isinstance(v, Key) else v for k, v in settings.items()}
    music = [
        s and [s.fingerprint, s.resolution, s.title, s.composer, sorted(s.provenance.items())] for s in (score, other)
    ]
    return json.dumps([verb, music, words], sort_keys=True, ensure_ascii=False)
