"""An event bus: producers, bus and handlers in one process, and nothing between them.

Publishing is a call. The bus puts the event into the queue of each group of handlers and returns
(`confirm_when` "received"), or when the handlers of all groups have returned ("processed": a
synchronous bus, whose publisher waits). Handlers that compete are the worker threads of one group.

It is a broker of the queue shape (`models.broker`) that has no disk and no network, of which three
things are its own: an error of a handler may be swallowed (`in_memory`), no event is given out
again because its handler is slow, and all of it dies together (`bus.process`).

No system's source stands behind it: it is what an in-process bus is, and the bus of document 003.
"""

from models.bus.memory import in_memory
from models.bus.process import Process

__all__ = ["Process", "in_memory"]
