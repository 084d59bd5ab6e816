"""Measures of music: of one score, and of what was made beside what is real. It sees scores, never models.

``measure(score)`` gives every number about one piece, ``evaluate(generated, reference, seed=...)`` a ``Report`` on two
sets. The definitions stand where the measures are: ``rules`` (part writing), ``statistics`` (any music), ``copying``
(against a training set), ``real_or_made`` (the two-sample test); ``docs/measures.md`` has their values on known music.
"""

from musegen.evaluation.compare import MEASURES, Report, Row, Value, evaluate, measure
from musegen.evaluation.copying import SharedRun, TrainingIndex
from musegen.evaluation.sampling import Measure, Sampled, sample

__all__ = [
    "MEASURES",
    "Measure",
    "Report",
    "Row",
    "Sampled",
    "SharedRun",
    "TrainingIndex",
    "Value",
    "evaluate",
    "measure",
    "sample",
]
