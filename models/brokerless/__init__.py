"""No broker: producers and consumers talk to each other through pipes, as ZeroMQ's sockets do.

There is a bounded pipe between each producer and each consumer, in memory at both its ends, and
nothing else: no disk, no redelivery, no acknowledgement but a reply. Three patterns:

- PUSH to PULL (competing consumers): the producer deals its messages out to the pipes in turn, as
  it sends them. So a slow consumer gets as many as a quick one. Where all are full, it blocks.
- PUB to SUB (fan-out): each group is one subscriber with a pipe of its own. Where that is full, the
  message is dropped for this subscriber; who is not connected misses it.
- REQ to REP (confirms that come from the consumers): a reply acknowledges. A client that gets none
  in time asks again, and what was only late is then done twice: the guide's "lazy pirate".

libzmq 6b708e4: zmq_socket(3), zmq_setsockopt(3), src/lb.cpp, src/dist.cpp, src/pipe.cpp; the guide
(zguide.zeromq.org), chapter 4. Left out: the low-water mark (a sender learns of room at once, not
in batches), the buffers of TCP, LINGER (a process that ends in peace), fair queueing of what a
consumer has received (it works in the order of arrival).
"""

from models.brokerless.mesh import Mesh
from models.brokerless.options import SocketOptions

__all__ = ["Mesh", "SocketOptions"]
