"""The names of the estimates that an experiment yields, as files, tables and plots use them."""

from __future__ import annotations

_LATENCIES = tuple(
    f"{which}_latency_{statistic}"
    for which in ("confirm", "delivery")
    for statistic in ("mean", "p50", "p90", "p99", "p999")
)

SHARES: tuple[str, ...] = (
    *("confirmed", "failed", "unknown"),
    *("delivered", "once", "duplicated", "dead_lettered", "parked", "lost", "pending"),
    *("silent_loss", "reported_loss", "false_failure", "unknown_loss"),
    *("persisted", "redelivered", "redelivered_flag_lies"),
)
"""Shares of messages or deliveries, each decided by the outcome of one message."""

ESTIMATES: tuple[str, ...] = (
    *SHARES,
    *("sends_per_message", "copies_per_message", "deliveries_per_message", "effects_per_message"),
    "out_of_order",
    *_LATENCIES,
    *("highest_latency_mean", "lowest_latency_mean"),
    *("sojourn_mean", "queue_length", "service_mean", "throughput"),
    "lost_per_crash",
)
