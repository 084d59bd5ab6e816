"""Notation: a score as staves, in SVG, PDF and PNG, and in numbered notation (简谱), in SVG and PDF."""

from musegen.notation.engrave import MAX_NOTES, staff_pdf, staff_png, staff_svg
from musegen.notation.numbered import numbered_pdf, numbered_svg

__all__ = ["MAX_NOTES", "numbered_pdf", "numbered_svg", "staff_pdf", "staff_png", "staff_svg"]
