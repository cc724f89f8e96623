"""Who does the work: this process, several on this machine, or a cluster.

All do the same tasks (`sim.tasks`), and what comes of them does not depend on who did them.
"""

from sim.executors.executor import Done, Executor, Trouble, WorkersError
from sim.executors.here import Here
from sim.executors.processes import Processes

__all__ = ["Done", "Executor", "Here", "Processes", "Trouble", "WorkersError"]
