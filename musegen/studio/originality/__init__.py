"""How much of new music stands in what the shipped models learnt from, told without having that music at hand.

What ships is a list (``listing.py``): a hash for windows of the training pieces, enough to find a copy at any
transposition, not enough to play it. Drafts are held against it while they are made (``share.py``), finished pieces
when somebody asks (``report.py``); a training piece is heard where its own notes are on the machine (``excerpt.py``).
"""

from musegen.studio.originality.excerpt import Silent, training_excerpt, why_silent
from musegen.studio.originality.listing import Listed, Searched, TrainingPiece, searched
from musegen.studio.originality.report import Comparison, Match, OriginalityReport, Usual, originality
from musegen.studio.originality.share import copied_share

__all__ = [
    "Comparison",
    "Listed",
    "Match",
    "OriginalityReport",
    "Searched",
    "Silent",
    "TrainingPiece",
    "Usual",
    "copied_share",
    "originality",
    "searched",
    "training_excerpt",
    "why_silent",
]
