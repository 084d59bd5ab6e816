"""Whose music an Essen song is, from the place that its file names."""

from __future__ import annotations

_PLACES = (  # the first word that is found decides
    ("China", "chinese"),
    ("Irland", "irish"),
    ("Luxemburg", "luxembourgish"),
    ("Lothringen", "lorrain"),
    ("Elsass", "alsatian"),
    ("Deutschland", "german"),
    ("Jugoslawien", "yugoslav"),
    ("Kroatien", "yugoslav"),
    ("Slowenien", "yugoslav"),
    ("Oesterreich", "austrian"),
    ("Steiermark", "austrian"),
    ("Tirol", "austrian"),
    ("Kaernten", "austrian"),
    ("Salzburg", "austrian"),
    ("Ungarn", "hungarian"),
    ("Niederlande", "dutch"),
    ("flaemisch", "dutch"),
    ("Schweiz", "swiss"),
    ("Polen", "polish"),
    ("Boehmen", "czech"),
    ("Maehren", "czech"),
    ("Tschech", "czech"),
    ("Rumaenien", "romanian"),
    ("Russland", "russian"),
    ("Ukraine", "ukrainian"),
    ("Frankreich", "french"),
    ("Italien", "italian"),
    ("Daenemark", "danish"),
    ("Schweden", "swedish"),
    ("Norwegen", "norwegian"),
    ("Island", "icelandic"),
)


def culture_of(place: str) -> str:
    """The culture of a place in an ``O:`` field; where only a region stands there, it is one of Germany's."""
    return next((culture for word, culture in _PLACES if word in place), "german" if "Europa" in place else "")
