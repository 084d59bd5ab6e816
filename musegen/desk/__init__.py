"""What lies on a person's desk in Create: a value, saved as one text, and links to a piece."""

from musegen.desk.excerpt import Excerpt
from musegen.desk.link import MOST_LINK, Linked, from_link, to_link
from musegen.desk.packed import DeskError
from musegen.desk.saved import dump, dump_steps, is_desk, load
from musegen.desk.value import Desk, Locks, Offer, Step

__all__ = [
    "MOST_LINK",
    "Desk",
    "DeskError",
    "Excerpt",
    "Linked",
    "Locks",
    "Offer",
    "Step",
    "dump",
    "dump_steps",
    "from_link",
    "is_desk",
    "load",
    "to_link",
]
