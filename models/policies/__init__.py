"""Policies: stateless values that say when and how long, one family per file."""
