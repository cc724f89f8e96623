"""The names of the closed forms that an experiment may ask for, as files and tables use them."""

from __future__ import annotations

FORMULAS: tuple[str, ...] = (
    *("P_ack", "R(t)", "P_delivered", "P_false_failure"),
    *("E[sends]", "E[copies]", "P(copies = d)", "E[T | ack]"),
    *("P_persist", "E[lost | crash]", "E[T | sync]"),
    *("P_persist | writeback", "E[lost | crash, writeback]"),
    *("E[lost | failover]", "A_k/n", "exact availability"),
    *("P(T)", "P_parked", "P_dead_lettered", "P_limit_lost"),
    *("E[deliveries]", "E[effects]", "P_duplicated"),
    "exact matrix",
    *("L", "W", "P_K", "Little", "T-bar", "Throughput"),
    *("exact L", "exact P_lost", "exact throughput"),
)
