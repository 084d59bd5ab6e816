"""What ships to be heard and seen: ready pieces, the stored samples of a run, and the figures of a model's card.

A gallery is a folder with MusicXML files and ``index.json``, a list with one entry a piece: what it is, whose music,
under which licence it may be passed on, and, where a machine made it, which model and by which recipe.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from musegen.checkpoint import read_arrays, write_bytes, write_text
from musegen.errors import MusegenError
from musegen.formats import read_score, write_score
from musegen.lanes import HOLD, MASK, REST, LaneCodec, LaneGrid
from musegen.places import EXAMPLES, user_checkpoints
from musegen.score import Key, Score, Tempo, Track

Kind = Literal["human", "machine"]


@dataclass(frozen=True)
class ReadyPiece:
    """One entry of a gallery.

    Attributes:
        file: Name of the MusicXML file in the gallery's folder; the piece's name everywhere.
        title: Title.
        composer: Who made it; for a machine's piece, the model's name.
        culture: Whose music it is, or in whose style, as in "german", "japanese".
        style: What it is, as in "chorale", "folk", "song".
        kind: "human" or "machine".
        licence: Under which it may be passed on.
        credit: Whom to name.
        source: Where it was taken from, and what was changed.
        model: Folder name of the checkpoint that made it, "" for a human's.
        recipe: ``Recipe.to_json()`` of a machine's piece, "" for a human's.
    """

    file: str
    title: str
    composer: str
    culture: str
    style: str
    kind: Kind
    licence: str
    credit: str
    source: str = ""
    model: str = ""
    recipe: str = ""

    def score(self, folder: Path = EXAMPLES) -> Score:
        """The music, with the title and (human) composer of the entry, and its recipe as provenance.

        Raises:
            MusegenError: The file is missing or damaged.
        """
        try:
            data = (folder / self.file).read_bytes()
        except OSError as error:
            raise MusegenError("The ready piece “{name}” is missing. Install musegen again.", name=self.file) from error
        score = read_score(data, self.file).score
        provenance = {"source": self.source or self.file} | ({"recipe": self.recipe} if self.recipe else {})
        composer = self.composer if self.kind == "human" else ""
        return score.replace(title=self.title, composer=composer, provenance=provenance)


def load_gallery(folder: Path = EXAMPLES) -> tuple[ReadyPiece, ...]:
    """All entries of a gallery, in order; none if there is no index.

    Raises:
        MusegenError: The index is damaged.
    """
    path = folder / "index.json"
    if not path.exists():
        return ()
    try:
        return tuple(ReadyPiece(**entry) for entry in json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise MusegenError(
            "The list of ready pieces is damaged ({error}). Install musegen again.", error=error
        ) from error


def add_piece(
    score: Score,
    *,
    title: str,
    culture: str,
    style: str,
    licence: str,
    credit: str,
    composer: str = "",
    source: str = "",
    model: str = "",
    folder: Path = EXAMPLES,
) -> ReadyPiece:
    """Writes a score into a gallery; a piece of the same title and maker is replaced.

    A machine's piece brings its recipe in ``score.provenance["recipe"]``, as the verbs of ``musegen.studio`` write it;
    without a recipe the piece counts as a human's.

    Args:
        score: The music.
        title: Title.
        culture: Whose music it is, or in whose style.
        style: What it is, as in "chorale", "folk".
        licence: Under which it may be passed on.
        credit: Whom to name.
        composer: Who made it; "" = the score's composer, for a machine's piece the model.
        source: Where it was taken from.
        model: Name of the model; "" = as the recipe says.
        folder: The gallery; made when missing.
    """
    recipe = score.provenance.get("recipe", "")
    model = model or (json.loads(recipe)["model"] if recipe else "")
    composer = composer or model or score.composer
    entry = ReadyPiece(
        file=f"{file_stem(f'{composer} {title}', ascii_only=True)}.musicxml",
        title=title,
        composer=composer,
        culture=culture,
        style=style,
        kind="machine" if recipe else "human",
        licence=licence,
        credit=credit,
        source=source,
        model=model,
        recipe=recipe,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / entry.file, write_score(score.replace(title=title, composer=composer), "musicxml"))
    pieces = {piece.file: piece for piece in load_gallery(folder)}
    pieces[entry.file] = entry  # one that was there keeps its place
    _write_index(list(pieces.values()), folder)
    return entry


def remove_pieces(model: str, folder: Path = EXAMPLES) -> int:
    """Removes all pieces of a model from a gallery; returns how many."""
    pieces = load_gallery(folder)
    gone = [piece for piece in pieces if piece.model == model]
    _write_index([piece for piece in pieces if piece.model != model], folder)
    for piece in gone:
        (folder / piece.file).unlink(missing_ok=True)
    return len(gone)


def _write_index(pieces: Sequence[ReadyPiece], folder: Path) -> None:
    defaults: Mapping[str, Any] = {f.name: f.default for f in fields(ReadyPiece)}
    entries = [{k: v for k, v in asdict(piece).items() if v != defaults[k]} for piece in pieces]
    write_text(folder / "index.json", json.dumps(entries, ensure_ascii=False, indent=1) + "\n")


@dataclass(frozen=True)
class OwnModel:
    """A checkpoint that the user taught with music of their own.

    Attributes:
        name: Of its folder, and in recipes.
        path: Its folder.
        style: What it was taught, as in "folk/my-songs".
        title: What that music is called.
        licence: Under which that music is.
        credit: Whom to name, "" for the user's own files.
        terms: "ship" where the weights may be given away, else "own-machine".
    """

    name: str
    path: Path
    style: str
    title: str
    licence: str
    credit: str
    terms: str


def own_models(folder: Path | None = None) -> tuple[OwnModel, ...]:
    """The checkpoints that the user taught, by name; damaged ones are passed over.

    Args:
        folder: Where they lie; None = ``places.user_checkpoints()``.
    """
    found = []
    for path in sorted((folder or user_checkpoints()).glob("*/card.json")):
        try:
            taught = json.loads(path.read_text("utf-8"))["taught"]
            facts = {name: str(taught[name]) for name in ("style", "title", "licence", "credit", "terms")}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(OwnModel(path.parent.name, path.parent, **facts))
    return tuple(found)


def file_stem(title: str, *, ascii_only: bool = False) -> str:
    """A title as a file name without ending that every system accepts: letters, digits and hyphens, 1-60 of them."""
    text = unicodedata.normalize("NFKD" if ascii_only else "NFC", title)
    text = text.encode("ascii", "ignore").decode() if ascii_only else text
    return re.sub(r"[^\w]+", "-", text).strip("-_")[:60].rstrip("-_").lower() or "untitled"


def stored_samples(path: Path) -> dict[str, tuple[Score, ...]]:
    """The samples that a run kept at one validation, as scores by family of styles.

    Args:
        path: ``samples/step-….npz`` of a run: tokens [n, steps, lanes] by family, 4 steps a quarter note, in 4/4.

    Raises:
        CheckpointError: The file is missing or damaged.
    """
    return {
        family: tuple(_score_of(tokens, family) for tokens in batch.astype(np.int16))
        for family, batch in read_arrays(path).items()
    }


MEASURES = (
    "all", "harmonise", "half", "chorale/cross_entropy", "folk/cross_entropy", "chorale/token_nats", "folk/token_nats",
    "d_real", "d_fake", "density_gap",
)  # fmt: skip
"""The measures of a card that are worth a row, in order."""
MUSIC = ("auc", "parallels", "tertian", "dissonant_beats", "stepwise", "notes_per_bar", "ends_on_tonic", "copied_16")
"""Those of the music itself."""


def card_table(card: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The figures of a model's card as columns: "validation", "test", then every baseline, each {measure: value}.

    Args:
        card: ``Checkpoint.card``, {} if there is none: "validation" and "test" {measure: value}, "baselines"
            {name: {measure: value}}.
        rows: The run's metrics; where the card says nothing of validation, the last row that does stands in.
    """
    latest = next((row for row in reversed(rows) if any(name.startswith("valid/") for name in row)), {})
    validation = card.get("validation") or {k.removeprefix("valid/"): v for k, v in latest.items() if k != "step"}
    columns = {"validation": validation, "test": card.get("test", {}), **card.get("baselines", {})}
    return {
        name: {m: float(values[m]) for m in MEASURES if m in values}
        for name, values in columns.items()
        if any(m in values for m in MEASURES)
    }


def card_music(card: Mapping[str, Any]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """What a card says of the music that a model makes: "chorales", "harmonised", "real" -> {measure: row}.

    A row is value, low and high end of its 95 % interval. The measures are those of ``MUSIC``; what was not measured is
    left out.
    """
    known = card.get("measures", {})
    parts = {
        "chorales": (known.get("chorales", {}), "made"),
        "harmonised": (known.get("harmonised", {}).get("all", {}), "made"),
        "real": (known.get("real", {}), "real"),
    }
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name, (part, side) in parts.items():
        rows = {"auc": part.get("auc", {}).get(side), **part.get("measures", {})}
        found[name] = {m: (row["value"], row["low"], row["high"]) for m in MUSIC if (row := rows.get(m))}
    return {name: rows for name, rows in found.items() if rows}


def _score_of(tokens: np.ndarray[Any, np.dtype[np.int16]], family: str) -> Score:
    tune = family == "folk"
    tokens = tokens[:, :1] if tune else tokens
    tokens = np.where(tokens == MASK, REST, tokens)
    tokens[0] = np.where(tokens[0] == HOLD, REST, tokens[0])
    names = ("Melody",) if tune else ("Soprano", "Alto", "Tenor", "Bass")
    tracks = tuple(Track(name, 73 if tune else 52) for name in names[: tokens.shape[1]])
    frame = Score((), tracks, tempos=(Tempo(0, 108.0 if tune else 84.0),), key=Key(0))
    grid = LaneGrid(tokens, np.zeros(tokens.shape, np.uint8), frame).with_tokens(tokens)
    return LaneCodec(tokens.shape[1]).decode(grid)
