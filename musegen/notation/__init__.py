"""Notation: a score as staves, in SVG, PDF and PNG."""

from musegen.notation.engrave import MAX_NOTES, staff_pdf, staff_png, staff_svg

__all__ = ["MAX_NOTES", "staff_pdf", "staff_png", "staff_svg"]
