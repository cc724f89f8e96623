"""A result as one HTML page, for who has to defend a decision and for who was not there.

The page is whole in itself: no script, nothing that is loaded from elsewhere, figures inside. It
holds no time of day, so that the same result gives the same bytes.
"""

from sim.report.html import to_html

__all__ = ["to_html"]
