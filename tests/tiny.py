"""A little music, and settings of models so small that they are built and trained in a moment."""

from dataclasses import dataclass

from musegen.score import Key, Metre, Note, Score, Track

STYLES = ("any", "chorale/bach", "folk/irish")
TINY = {
    # No drop-out and no decay, so that a variable that moves was moved by its gradient.
    "composer": {
        "step_width": 8, "beat_width": 12, "blocks": 3, "lane_width": 4, "dropout": 0.0, "condition_dropout": 0.0,
        "wrong_notes": 0.0, "warmup": 1, "steps": 400, "weight_decay": 0.0, "learning_rate": 0.02, "averaging": 0.5,
    },
    "seq2seq": {
        "step_width": 8, "encoder_width": 8, "encoder_blocks": 2, "beat_width": 12, "beat_blocks": 2, "lane_width": 6,
        "dropout": 0.0, "condition_dropout": 0.0, "whole": 0.3, "warmup": 1, "steps": 400, "weight_decay": 0.0,
        "learning_rate": 0.02, "averaging": 0.5,
    },
    "vae": {
        "steps": 16, "latent": 4, "step_width": 8, "beat_width": 12, "blocks": 1, "memory": 1, "cell_width": 8,
        "token_width": 4, "dropout": 0.0, "kl_warmup": 400, "warmup": 1, "schedule": 400, "weight_decay": 0.0,
        "learning_rate": 0.02, "averaging": 0.5,
    },
    "wgan-gp": {
        "steps": 16, "latent": 8, "step_width": 8, "beat_width": 16, "critic_steps": 2, "learning_rate": 0.002,
        "averaging": 0.5,
    },
    "classic-gan": {"width": 16, "steps": 16, "latent": 4, "dropout": 0.1, "learning_rate": 0.002},
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """What ``build_windows`` needs of a corpus piece."""

    id: str
    style: str
    culture: str
    split: str
    score: Score
    phrase_ends: tuple[int, ...] = ()


def chorale(shift: int = 0) -> Score:
    """Two bars of 4/4 in four voices, quarter notes, with a passing eighth in the alto."""
    voices = ((72, 74, 76, 77, 79, 77, 76, 72), (64, 65, 67, 69, 67, 69, 67, 64))
    voices += ((60, 59, 60, 60, 59, 60, 60, 60), (48, 55, 48, 53, 55, 53, 48, 48))
    notes = [Note(480 * i, p + shift, 480, 80, v) for v, line in enumerate(voices) for i, p in enumerate(line)]
    notes = [n for n in notes if (n.onset, n.track) != (0, 1)] + [
        Note(0, 64 + shift, 240, 80, 1),
        Note(240, 65 + shift, 240, 80, 1),
    ]
    tracks = tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass"))
    return Score(tuple(notes), tracks, 480, metres=(Metre(0, 4, 4),), key=Key(0, "major").transpose(shift))


def melody(shift: int = 0) -> Score:
    """Two bars of 4/4 for one voice."""
    pitches = (67, 69, 71, 72, 74, 71, 69, 67)
    return Score(tuple(Note(480 * i, p + shift, 480) for i, p in enumerate(pitches)), (Track("Melody", 73),))
