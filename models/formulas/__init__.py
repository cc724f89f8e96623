"""Closed forms: what theory says the simulator must find, each with its assumptions.

Pure functions of numbers and of the values in `models.laws` and `models.policies`. They know
nothing of the simulator, so that the two can be compared.
"""
