"""The command line. Nothing else in this program prints."""

from sim.cli.app import main

__all__ = ["main"]
