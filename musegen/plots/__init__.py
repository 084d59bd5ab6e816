"""Figures: piano rolls, training curves and comparisons, as matplotlib figures (never through pyplot)."""

from musegen.plots.curves import plot_comparison, plot_history
from musegen.plots.measures import plot_measures
from musegen.plots.roll import plot_score
from musegen.plots.style import figure_png, figure_svg

__all__ = ["figure_png", "figure_svg", "plot_comparison", "plot_history", "plot_measures", "plot_score"]
