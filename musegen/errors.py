"""Errors whose message is fit to be shown to a user: what happened, where, and what to do."""


class MusegenError(Exception):
    """Base of everything musegen raises on purpose; ``str(error)`` is one or two plain sentences."""


class ScoreError(MusegenError):
    """A score can't be read, written or used as asked; the message names the place and the remedy."""


class CorpusError(MusegenError):
    """A collection of music can't be found, read or split."""


class CheckpointError(MusegenError):
    """A checkpoint is missing, damaged, or belongs to another model."""


class TrainingError(MusegenError):
    """Training can't go on: a loss that is not finite, a run folder in use, a setting that makes no sense."""
