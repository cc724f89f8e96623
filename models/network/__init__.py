"""The network: what happens to packets and acknowledgements between a peer and the broker.

A `Link` is one of the two networks of a system, between the producers and the broker or between the
broker and its consumers. A line is what lies between one peer and the broker; it is one of three
things. Without a connection (`line`) every packet goes its own way: it can be lost, alone or in
bursts (`loss`), doubled, late, and overtaken. A connection (`ordered`) is TCP-like: in order, and
loss is latency. A connection that faults can befall (`connection`, `stream`) can also be cut.
"""

from models.network.options import BurstOptions, LinkOptions, loses_all

__all__ = ["BurstOptions", "LinkOptions", "loses_all"]
