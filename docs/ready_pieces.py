"""Makes the machine's ready pieces anew, after the composer was trained: `python docs/ready_pieces.py`.

Seeds are fixed; a listener chose them among a few. Every piece carries its recipe.
"""

from __future__ import annotations

import numpy as np

from musegen import studio
from musegen.checkpoint import load_checkpoint
from musegen.gallery import add_piece, load_gallery, remove_pieces
from musegen.lanes import REST, LaneCodec, LaneGrid
from musegen.places import CHECKPOINTS, COMPOSER, EXAMPLES
from musegen.score import Score, Tempo, Track

LICENCE = {"licence": "CC0 1.0", "credit": "musegen"}
CHORALES = {21: 0, 34: 1}  # seed: which alternative
MELODIES = {  # style: seed, which alternative, metre
    "folk/irish": (5, 1, (6, 8)),
    "folk/british": (5, 0, (4, 4)),
    "folk/american": (5, 0, (2, 4)),
    "folk/polish": (5, 1, (3, 4)),
    "folk/japanese": (5, 1, (4, 4)),
}
TUNE, TUNE_SEED = "The Water of Tyne", 7


def main() -> None:
    """Replaces the machine's pieces of the gallery."""
    composer = load_checkpoint(CHECKPOINTS / COMPOSER)
    gan = load_checkpoint(CHECKPOINTS / "classic-gan")
    for model in {piece.model for piece in load_gallery(EXAMPLES) if piece.model}:
        remove_pieces(model)
    tune = next(piece.score(EXAMPLES) for piece in load_gallery(EXAMPLES) if piece.title == TUNE)
    for number, piece in enumerate(studio.harmonise(composer, tune, seed=TUNE_SEED), 1):
        add_piece(piece.score, title=f"{TUNE}, harmonised ({number})", culture="british", style="chorale", **LICENCE)
    for seed, index in CHORALES.items():
        piece = studio.generate(composer, style="chorale/bach", seed=seed, bars=12)[index]
        add_piece(piece.score, title=f"Chorale, seed {seed}", culture="german", style="chorale", **LICENCE)
    for style, (seed, index, metre) in MELODIES.items():
        piece = studio.generate(composer, style=style, seed=seed, n=2, bars=16, metre=metre)[index]
        culture = style.removeprefix("folk/")
        title = f"{culture.capitalize()} tune, seed {seed}"
        add_piece(piece.score, title=title, culture=culture, style="folk", **LICENCE)
    recipe = studio.Recipe("generate", gan.path.name, gan.sha256[:16], seed=1, index=0, n=1)
    drawn = roll_score(gan.model.sample(1, seed=1)[0]).replace(provenance={"recipe": recipe.to_json()})
    add_piece(
        drawn, title="Two bars by the classic GAN", culture="german",
        style="chorale", model="classic-gan", **LICENCE,
    )  # fmt: skip


def roll_score(tokens: np.ndarray) -> Score:
    """What the classic GAN drew, as a score for an organ."""
    frame = Score((), tuple(Track(f"Voice {i + 1}", 19) for i in range(4)), tempos=(Tempo(0, 84.0),))
    return LaneCodec().decode(LaneGrid(tokens, np.where(tokens < REST, 80, 0).astype(np.uint8), frame))


if __name__ == "__main__":
    main()
