"""Pictures of results: each function takes a result or a point of one and returns a `Figure`.

`KINDS` names them all, `draw` draws one by its name, and `suitable` tells which make sense.

They print and save nothing and leave matplotlib's settings alone. A notebook shows the figures
after ``%matplotlib inline``. Colours can be told apart by the colour-blind (M. Okabe and K. Ito,
"Color universal design", 2008), markers and line styles without any colour.
"""

from sim.plots.asked import PictureError
from sim.plots.causes import plot_causes
from sim.plots.confirmation import plot_confirmation
from sim.plots.gallery import KINDS, Asked, Kind, draw, suitable
from sim.plots.heatmap import plot_heatmap
from sim.plots.kinds import plot_kinds
from sim.plots.latency import plot_latency
from sim.plots.lines import plot_lines
from sim.plots.page import save
from sim.plots.point import plot_point, plot_result
from sim.plots.tradeoff import plot_tradeoff

__all__ = [
    "KINDS",
    "Asked",
    "Kind",
    "PictureError",
    "draw",
    "plot_causes",
    "plot_confirmation",
    "plot_heatmap",
    "plot_kinds",
    "plot_latency",
    "plot_lines",
    "plot_point",
    "plot_result",
    "plot_tradeoff",
    "save",
    "suitable",
]
