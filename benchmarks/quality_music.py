"""The music that quality.py measures: what is real, and what every maker makes of the same tasks, kept in ``.work/``.

Tasks: a new chorale for every test chorale and a folk tune for every test tune (with its metre, upbeat, number of bars
and key, or a test by windows would tell how often pieces end), a harmonisation of every test soprano, and 16
completions of one melody. What a maker has made is kept under a name that holds
the hash of its weights and of the code that it goes through, so a change of either makes it anew.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from machine import HERE

from musegen import studio
from musegen.checkpoint import Checkpoint, load_checkpoint
from musegen.corpora import load_corpus, store
from musegen.corpora.catalog import corpus_info
from musegen.corpora.corpus import CorpusPiece
from musegen.corpora.tunes import SHARE
from musegen.corpora.windows import GridPiece, grid_piece
from musegen.errors import ScoreError
from musegen.evaluation import TrainingIndex, sample
from musegen.lanes import HOLD, REST, LaneCodec, LaneGrid
from musegen.models.base import LatentModel, MaskedModel, SequenceModel
from musegen.models.markov import Markov
from musegen.models.repeat import RepeatOrStep
from musegen.score import Key, Score, Tempo, Track
from musegen.theory import key_of

ROOT = HERE.parent
KEPT = ROOT / ".work" / "quality"
MOST_BARS = {"chorale": 16, "folk": 32}  # of what is made like a real piece
FEWEST_TUNES = 12  # test tunes of a culture that is measured
COMPLETIONS = 16
VOICES = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
_MOST_TRAINING = 300  # tunes of one culture that a baseline learns from
_TEMPERATURE = 0.7  # of Markov: that at which its chords are best; hotter it wanders


@dataclass(frozen=True)
class Size:
    """How much is made and measured.

    Attributes:
        seeds: Of everything that is made.
        chorales: Test chorales of which one like it is made; None = all.
        pieces: Test sopranos that are harmonised; None = all.
        tunes: Tunes of each culture.
        contexts: Melodies that are completed 16 times.
        windows: Windows of 8 bars whose likelihood is found.
        whole: Whole pieces whose likelihood is found; None = all.
    """

    seeds: int = 5
    chorales: int | None = 40
    pieces: int | None = None
    tunes: int = 16
    contexts: int = 8
    windows: int = 24
    whole: int | None = None


# --- real music ---------------------------------------------------------------------------------


@cache
def corpus(name: str) -> tuple[CorpusPiece, ...]:
    """All pieces of a set."""
    return load_corpus(name).pieces


@cache
def bach(split: str) -> tuple[CorpusPiece, ...]:
    """Bach's chorales (CC0 tables) of one side of the standard split."""
    return tuple(p for p in corpus("chorale") if p.style == "bach-chorale" and p.split == split)


@cache
def bach_training() -> TrainingIndex:
    """All of Bach's training side that a model may have learnt from: the CC0 tables', and music21's where it is."""
    more = corpus("m21-bach") if corpus_info("m21-bach").available else ()
    return TrainingIndex([p.score for p in (*bach("train"), *more) if p.split == "train"])


@cache
def is_clean(piece: CorpusPiece) -> bool:
    """Whether no training piece has the tune of a test piece."""
    return piece.clean and bach_training().tune_share(sample(piece.score)) < SHARE


@cache
def tunes(split: str) -> dict[str, tuple[CorpusPiece, ...]]:
    """Folk tunes of one side, by culture."""
    found: dict[str, list[CorpusPiece]] = {}
    for piece in {p.id: p for name in ("folk", "melodies") for p in corpus(name)}.values():
        if piece.split == split and piece.culture:
            found.setdefault(piece.culture, []).append(piece)
    return {culture: tuple(pieces) for culture, pieces in sorted(found.items())}


def cultures() -> dict[str, tuple[CorpusPiece, ...]]:
    """The cultures of which enough tunes are held out, with those tunes."""
    return {name: pieces for name, pieces in tunes("test").items() if len(pieces) >= FEWEST_TUNES}


def some(pieces: Sequence[Any], most: int | None) -> list[Any]:
    """At most so many of them, from all over the set."""
    if most is None or len(pieces) <= most:
        return list(pieces)
    return [pieces[i] for i in np.linspace(0, len(pieces) - 1, most).astype(int)]


# --- makers -------------------------------------------------------------------------------------


class Maker:
    """Whoever makes music; what it can't make is None.

    Attributes:
        name: In the tables.
        kind: "music", "baseline", "latent", "masked" or "sequence".
        digest: Hash of all that what it makes depends on.
    """

    name: str
    kind: str
    digest: str

    def chorales(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """For each piece a new chorale of its metre, upbeat, length and key."""
        return None

    def harmonised(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """One harmonisation of each piece's first part."""
        return None

    def tunes(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """For each tune one of its culture, metre, length and key."""
        return None

    def completions(self, melody: Score, n: int, seed: int) -> list[Score] | None:
        """Harmonisations of one melody."""
        return None


class JSFakes(Maker):
    """The best public chorale machine, by its 500 pieces: each seed draws as many as there are test pieces."""

    name, kind, digest = "js-fakes", "music", "published"

    def chorales(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score]:
        """Some of the 500."""
        fakes = corpus("js-fakes")
        return [fakes[i].score for i in np.random.default_rng(seed).choice(len(fakes), len(pieces), replace=False)]

    def harmonised(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score]:
        """Some of the 500: their melodies are their own."""
        return self.chorales(pieces, 100 + seed)


class Baseline(Maker):
    """Repeat or step, or Markov; learns from Bach's training pieces, or from one culture's tunes."""

    kind = "baseline"

    def __init__(self, name: str) -> None:
        self.name = name
        modules = {"markov": "musegen.models.markov", "repeat-or-step": "musegen.models.repeat"}
        self.digest = hashlib.sha256(source(modules[name]).encode()).hexdigest()[:12]

    def fitted(self, pieces: Sequence[GridPiece], lanes: int, change: Callable[[Any], Any] = lambda g: g) -> Any:
        """A model that has learnt from whole pieces, each once."""
        grids = [change(p.tokens[:, :lanes]) for p in pieces]
        if self.name == "repeat-or-step":
            model = RepeatOrStep()
            model.fit(grids)
            return model
        markov = Markov()
        markov.fit(grids, [{"position": p.position, "key": np.array(p.key)} for p in pieces])
        return markov

    @cached_property
    def _choir(self) -> Any:
        return self.fitted([grid_piece(p, LaneCodec()) for p in bach("train")], 4)

    @cache  # noqa: B019 - a baseline lives as long as the script
    def _folk(self, culture: str) -> Any:
        training = some(tunes("train")[culture], _MOST_TRAINING)
        return self.fitted([g for p in training if (g := _on_grid(p)) is not None], 1)

    def _draw(self, model: Any, given: Any, keep: Any, seed: int, position: Any, key: int) -> Any:
        known = {"conditions": {"position": position, "key": np.array(key)}, "temperature": _TEMPERATURE}
        return model.sample(*given.shape, seed, given, keep, **(known if self.name == "markov" else {}))

    def _beneath(self, model: Any, piece: CorpusPiece, lanes: int, keep_first: bool, seed: int) -> Score:
        codec = LaneCodec(lanes)
        frame = codec.encode(piece.score)
        grid = grid_piece(piece, LaneCodec())
        keep = np.zeros(frame.tokens.shape, bool)
        keep[:, 0] = keep_first
        keep[: frame.lead] = True
        tokens = self._draw(model, frame.tokens, keep, seed, grid.position, grid.key)
        return codec.decode(frame.with_tokens(tokens))

    def chorales(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score]:
        """As long as the given ones, to the last bar of all."""
        return [self._beneath(self._choir, p, 4, False, 1000 * seed + i) for i, p in enumerate(pieces)]

    def harmonised(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score]:
        """The first lane is given."""
        return [self._beneath(self._choir, p, 4, True, 1000 * seed + i) for i, p in enumerate(pieces)]

    def tunes(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score]:
        """As long as the given ones."""
        model = self._folk(pieces[0].culture)
        return [self._beneath(model, p, 1, False, 1000 * seed + i) for i, p in enumerate(pieces)]


class Trained(Maker):
    """A checkpoint, asked as the app asks it, with the studio's defaults unless told otherwise."""

    def __init__(self, name: str, folder: Path, **asked: Any) -> None:
        self.name, self.folder, self.asked = name, folder, asked
        self.checkpoint: Checkpoint = load_checkpoint(folder)
        module = self.checkpoint.card["model"].replace("-", "_")
        code = source("musegen.studio.verbs") + source(f"musegen.models.{module}")
        card = [str(self.checkpoint.card.get(name)) for name in ("critic", "density", "temperature")]
        parts = (self.checkpoint.sha256, code, str(sorted(asked.items())), *card)
        self.digest = hashlib.sha256("".join(parts).encode()).hexdigest()[:12]

    @cached_property
    def kind(self) -> str:  # type: ignore[override]
        """By the protocol that the model keeps."""
        model = self.checkpoint.model
        kinds = {"sequence": SequenceModel, "masked": MaskedModel, "latent": LatentModel}
        return next(name for name, protocol in kinds.items() if isinstance(model, protocol))

    def _style(self, wanted: str) -> str:
        return wanted if wanted in self.checkpoint.styles else wanted.split("/")[0]

    def chorales(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """Like the given ones; of a model of a latent space twice as many of its own length, which is four bars."""
        if self.kind == "latent":
            return self._sampled(2 * len(pieces), seed)
        return self._like(pieces, self._style("chorale/bach"), seed)

    def _sampled(self, n: int, seed: int) -> list[Score]:
        model: Any = self.checkpoint.model
        style = {}
        if "style" in inspect.signature(model.sample).parameters and "chorale/bach" in self.checkpoint.styles:
            style = {"style": self.checkpoint.styles.index("chorale/bach")}
        return [score_of(tokens, None) for tokens in model.sample(n, seed=seed, **style)]

    def harmonised(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """Each soprano in one call."""
        if self.kind == "latent":
            return None
        melodies = [piece.score.select_tracks([0]) for piece in pieces]
        return [made for i, m in enumerate(melodies) for made in self.completions(m, 1, 1000 * seed + i) or ()]

    def completions(self, melody: Score, n: int, seed: int) -> list[Score] | None:
        """So many alternatives from one call."""
        if self.kind == "latent":
            return None
        style = self._style("chorale/bach")
        return [p.score for p in studio.harmonise(self.checkpoint, melody, style=style, n=n, seed=seed, **self.asked)]

    def tunes(self, pieces: Sequence[CorpusPiece], seed: int) -> list[Score] | None:
        """One call a tune; a metre off the model's grid is passed over."""
        style = f"folk/{pieces[0].culture}"
        if self.kind == "latent" or style not in self.checkpoint.styles:
            return None
        return self._like(pieces, style, seed)

    def _like(self, pieces: Sequence[CorpusPiece], style: str, seed: int) -> list[Score]:
        """One call a piece; a metre off the model's grid is passed over."""
        made, most = [], MOST_BARS[style.split("/")[0]]
        for i, piece in enumerate(pieces):
            score = piece.score
            like: dict[str, Any] = {
                "metre": (score.metres[0].numerator, score.metres[0].denominator),
                "bars": min(max(sum(bar.number > 0 for bar in score.bars()), 4), most),
                "pickup": score.pickup // score.resolution,
                "key": key_of(score),
            }
            try:
                made += studio.generate(self.checkpoint, style=style, n=1, seed=1000 * seed + i, **like, **self.asked)
            except ScoreError as error:
                print(f"  {self.name}: nothing like “{piece.title}”: {error}", flush=True)
        return [done.score for done in made]


def score_of(tokens: Any, key: Key | None) -> Score:
    """Tokens [steps, 4] of a chorale in 4/4 as a score."""
    tokens = tokens.astype(np.int16).copy()
    tokens[0] = np.where(tokens[0] == HOLD, REST, tokens[0])
    frame = Score((), VOICES, tempos=(Tempo(0, 84.0),), key=key)
    grid = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame)
    return LaneCodec(4).decode(grid.with_tokens(tokens))


def _on_grid(piece: CorpusPiece) -> GridPiece | None:
    try:
        return grid_piece(piece, LaneCodec())
    except ScoreError:
        return None


@cache
def source(module: str) -> str:
    """The text of a module and of all that it imports of the models and the studio."""
    found: dict[str, str] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if name not in found and path.exists():
            found[name] = path.read_text("utf-8")
            todo += re.findall(r"from (musegen\.(?:models|studio)\.\w+) import", found[name])
    return "".join(found[name] for name in sorted(found))


# --- what was made is kept ----------------------------------------------------------------------


def made(maker: Maker, task: str, seeds: int, make: Callable[[int], list[Score] | None]) -> list[list[Score]] | None:
    """For every seed what the maker has made, from ``.work/`` where it lies there; None where it can't."""
    result = []
    for seed in range(seeds):
        path = KEPT / maker.name / f"{task}-seed{seed}-{maker.digest}.npz"
        known = store.load(path)
        if known is None:
            scores = make(seed)
            if scores is None:
                return None
            kept = tuple((str(i), {}, store.Stored.of(score)) for i, score in enumerate(scores))
            store.save(path, store.Parsed(maker.digest, kept))
            print(f"  {maker.name}: {task}, seed {seed}: {len(scores)} pieces", flush=True)
        else:
            scores = [stored.score() for _, _, stored in known.pieces]
        result.append([score for score in scores if score.notes])
    return result
