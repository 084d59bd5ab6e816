"""Films of scores: a scrolling piano roll or staves with a running playhead, and the sound to them."""

from musegen.film.make import KINDS, MAX_MINUTES, VIEWS, film, lead_s

__all__ = ["KINDS", "MAX_MINUTES", "VIEWS", "film", "lead_s"]
