"""Rare events: luck that is tilted, and weighed back."""

from sim.rare.campaign import Campaign, RareResult
from sim.rare.gain import Gain
from sim.rare.methods import target

__all__ = ["Campaign", "Gain", "RareResult", "target"]
