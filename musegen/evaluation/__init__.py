"""Measures of music: of one score, and of what was made beside what is real. It sees scores, never models.

``measure(score)`` gives every number about one piece, ``evaluate(generated, reference, seed=...)`` a ``Report`` on two
sets. The definitions stand where the measures are: ``rules`` (part writing), ``statistics`` (any music), ``multitrack``
(MuseGAN's), ``spread`` (distances within and between sets), ``copying`` (against a training set), ``conditions``
(melody and accompaniment), ``completions`` (diversity), ``real_or_made`` and ``giveaways`` (the two-sample test),
``performance`` (tempo, loudness, articulation); ``docs/measures.md`` has their values on known music.
"""

from musegen.evaluation.compare import MEASURES, evaluate, measure
from musegen.evaluation.completions import Distinct, distinct_completions
from musegen.evaluation.conditions import MelodyFit, chord_agreement, melody_fit
from musegen.evaluation.copying import SharedRun, TrainingIndex
from musegen.evaluation.giveaways import Giveaway, giveaways
from musegen.evaluation.intervals import Value, mean
from musegen.evaluation.performance import Closeness, Rendering, closeness
from musegen.evaluation.report import Report, Row
from musegen.evaluation.sampling import Measure, Sampled, sample

__all__ = [
    "MEASURES",
    "Closeness",
    "Distinct",
    "Giveaway",
    "Measure",
    "MelodyFit",
    "Rendering",
    "Report",
    "Row",
    "Sampled",
    "SharedRun",
    "TrainingIndex",
    "Value",
    "chord_agreement",
    "closeness",
    "distinct_completions",
    "evaluate",
    "giveaways",
    "mean",
    "measure",
    "melody_fit",
    "sample",
]
