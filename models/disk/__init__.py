"""A broker's log on one disk: its writes, its syncs, what it keeps, and what ails it."""

from models.disk.disk import Disk, DiskOptions
from models.disk.episodes import DiskFault, episode

__all__ = ["Disk", "DiskFault", "DiskOptions", "episode"]
