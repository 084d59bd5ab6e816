"""The order in which measures are played; measures are named by letters."""

from __future__ import annotations

import pytest

from musegen.errors import ScoreError
from musegen.formats.repeats import Signs, play_order


def order(text: str) -> str:
    """Plays measures written as "|:A B :| [1C :| [2D E.dc F.fine"; gives their letters in order."""
    signs: list[Signs] = []
    letters = ""
    forward, endings, section = False, frozenset(), False
    for word in text.split():
        if word == "|:":
            forward = True
        elif word == ":|":
            signs[-1].backward = 2
        elif word == ":|x3":
            signs[-1].backward = 3
        elif word == "||":
            section = True
        else:
            passes, _, rest = word.rpartition("]")
            endings = frozenset(int(p) for p in passes.strip("[").split(",")) if passes else endings
            letter, *marks = rest.split(".")
            if rest.startswith("!"):
                letter, endings = letter[1:], frozenset()
            names = {"dc": "da capo", "ds": "dal segno", "to": "to coda"}
            signs.append(Signs(forward, 0, endings, {names.get(mark, mark) for mark in marks}, section))
            letters += letter
            forward = section = False
    return "".join(letters[index] for index in play_order(signs)[0])


@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("A B C", "ABC"),
        ("A B :| C", "ABABC"),
        ("A |: B :| C :|", "ABBCC"),  # a sign without a beginning goes back to the last repeat
        ("|: A :|x3 B", "AAAB"),
        ("|: A [1]B :| [2]C !D", "ABACD"),
        ("|: A [1,2]B :| [3]C !D", "ABABACD"),
        ("|: A [1]B C [2]D !E", "ABCADE"),  # its repeat sign forgotten
        ("A [1]B :| !C", "ABAC"),  # a first ending alone
        ("A [2]B !C", "ABC"),  # a second ending without a first
        ("|: A [1]B !C :| [2]D !E", "ABCADE"),  # a bracket that stops short of its repeat sign
        ("|: A :| B.fine C.dc", "AABCAB"),  # without repeats after da capo
        ("A |: B [1]C :| [2]D !E.dc", "ABCBDEABDE"),  # and with the last ending
        ("A B.segno C.fine D.ds E", "ABCDBCE"),  # goes on behind the jump
        ("A B.to C D.dc E.coda F", "ABCDABEF"),
        ("A.fine B.dc || C.fine D.dc", "ABACDC"),  # two movements
        ("A.dc", "AA"),
    ],
)
def test_play_order(written, played):
    assert order(written) == played


def test_what_is_said_of_it():
    signs = [Signs(backward=2), Signs(backward=3, marks={"da capo"})]
    assert play_order(signs)[1] == [("repeats", ""), ("repeats", ""), ("repeats", ""), ("jumps", "da capo")]


def test_a_million_repeats_are_refused():
    with pytest.raises(ScoreError, match="bars or more"):
        play_order([Signs(backward=10**6)])
