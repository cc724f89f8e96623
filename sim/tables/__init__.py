"""What a person reads on the screen: rich renderables, made of results and of nothing else."""

from sim.tables.checks import check_table, skipped_table, verdicts
from sim.tables.claims import claim_table
from sim.tables.estimates import estimate_table
from sim.tables.outcomes import cause_table, outcome_table
from sim.tables.summary import sentence
from sim.tables.sweep import sweep_tables

__all__ = [
    "cause_table",
    "check_table",
    "claim_table",
    "estimate_table",
    "outcome_table",
    "sentence",
    "skipped_table",
    "sweep_tables",
    "verdicts",
]
