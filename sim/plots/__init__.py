"""Pictures of results: each function takes a result or a point of one and returns a `Figure`.

They print and save nothing and leave matplotlib's settings alone. A notebook shows the figures
after ``%matplotlib inline``. Colours can be told apart by the colour-blind (M. Okabe and K. Ito,
"Color universal design", 2008), markers and line styles without any colour.
"""

from sim.plots.confirmation import plot_confirmation
from sim.plots.kinds import plot_kinds
from sim.plots.latency import plot_latency
from sim.plots.page import save
from sim.plots.point import plot_point, plot_result
from sim.plots.tradeoff import plot_tradeoff

__all__ = [
    "plot_confirmation",
    "plot_kinds",
    "plot_latency",
    "plot_point",
    "plot_result",
    "plot_tradeoff",
    "save",
]
