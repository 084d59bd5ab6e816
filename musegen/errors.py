"""Errors whose message is fit to be shown to a user: what happened, where, and what to do; in English and Chinese.

The English sentence is the key of the Chinese one, which stands in ``assets/locale/errors.zh.json``.
"""

from __future__ import annotations

import json
from functools import cache

from musegen.places import ASSETS

LANGUAGES = ("en", "zh")
"""What errors are said in."""


class MusegenError(Exception):
    """Base of everything musegen raises on purpose; ``str(error)`` is one or two plain sentences in English.

    Args:
        template: The sentences, with the names of ``values`` in braces.
        **values: What is filled in; another error among them is said in the same language.
    """

    def __init__(self, template: str, /, **values: object) -> None:
        super().__init__(_filled(template, values))
        self.template, self.values = template, values

    def sentence(self, language: str = "en") -> str:
        """The sentences in ``language`` ("en" or "zh"); in English where there is no Chinese for them."""
        if language == "en":
            return str(self)
        said = {n: v.sentence(language) if isinstance(v, MusegenError) else v for n, v in self.values.items()}
        return _filled(_chinese().get(self.template, self.template), said)


class ScoreError(MusegenError):
    """A score can't be read, written or used as asked; the message names the place and the remedy."""


class CorpusError(MusegenError):
    """A collection of music can't be found, read or split."""


class CheckpointError(MusegenError):
    """A checkpoint is missing, damaged, or belongs to another model."""


class TrainingError(MusegenError):
    """Training can't go on: a loss that is not finite, a run folder in use, a setting that makes no sense."""


def _filled(template: str, values: dict[str, object]) -> str:
    return template.format(**values) if values else template


@cache
def _chinese() -> dict[str, str]:
    words: dict[str, str] = json.loads((ASSETS / "locale" / "errors.zh.json").read_text("utf-8"))
    return words
