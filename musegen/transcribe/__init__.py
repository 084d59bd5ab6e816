"""``transcribe``: a recording of one voice, sung, hummed, whistled or played, to a score and a report."""

from musegen.transcribe.melody import transcribe
from musegen.transcribe.report import HeardNote, Sung, SungRemark, SungReport

__all__ = ["HeardNote", "Sung", "SungRemark", "SungReport", "transcribe"]
