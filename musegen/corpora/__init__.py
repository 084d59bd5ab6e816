"""Which music there is, and how it gets to a model: catalogue, readers, cache, split."""

from musegen.corpora.catalog import CorpusInfo, catalog
from musegen.corpora.corpus import Corpus, CorpusPiece, CorpusReport, load_corpus

__all__ = ["Corpus", "CorpusInfo", "CorpusPiece", "CorpusReport", "catalog", "load_corpus"]
