import pytest

from musegen.corpora import catalog, load_corpus
from musegen.corpora.catalog import corpus_info
from musegen.corpora.sources import _LISTS
from musegen.errors import CorpusError


def test_every_set_says_what_it_is():
    names = [info.name for info in catalog()]
    assert len(set(names)) == len(names)
    for info in catalog():
        assert info.title
        assert info.licence
        assert info.credit
        assert info.style
        assert info.terms in ("ship", "own-machine", "evaluation")
        assert bool(info.members) != bool(info.folder)
        assert set(info.members) <= set(names)
        assert info.members or info.name in _LISTS


def test_what_may_not_be_given_away_is_in_no_combination():
    for info in catalog():
        assert all(corpus_info(name).terms == "ship" for name in info.members)
    assert corpus_info("essen-china").terms == "own-machine"
    assert corpus_info("js-fakes").terms == "evaluation"


def test_an_unknown_name_is_told_the_names():
    with pytest.raises(CorpusError, match=r"no folder “foulk”.*bach-chorales"):
        load_corpus("foulk")


@pytest.mark.parametrize("name", ["open-hymnal", "chorale"])
def test_a_missing_set_is_told_the_remedy(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEGEN_DATA_SETS", str(tmp_path))
    assert not corpus_info(name).available
    with pytest.raises(CorpusError, match=r"not on this machine.*MUSEGEN_DATA_SETS"):
        load_corpus(name)
