"""A broker of the log shape: partitions, readers that pull batches, and committed positions.

The rooms: `partition` (the log), `membership` and `assignment` (who reads what), `fetches` (how
records reach a reader), `commits` (how its positions come back), `reader` (what it does between the
two; `connected` if its link can be cut), `positions` (what it goes on with when the broker was
down), `returns` (what is read again), `group` (all of it, as the broker sees it).
"""

from models.log.connected import ConnectedReader, kind_of_consumer
from models.log.options import LogOptions
from models.log.reader import Reader

__all__ = ["ConnectedReader", "LogOptions", "Reader", "kind_of_consumer"]
