"""A broker of several replicas: one leads, the others follow, and one of them takes over.

The rooms: `options` (what is asked for), `entry` (what a replica holds of a message), `shelf` (all
that some replica holds), `replica` (one machine and its disk), `follower` (how it is fed by the
leader), `in_sync` (who counts), `commits` (what is safe enough to be told), `succession` and
`election` (who leads next), `cluster` (all of it, as the broker sees it) and `front` (the broker,
as it sees that).
"""

from models.replication.cluster import Cluster
from models.replication.options import ConfirmBy, ReplicationOptions

__all__ = ["Cluster", "ConfirmBy", "ReplicationOptions"]
