"""Exact answers by Markov chains: small systems whose every state can be written down.

The rooms: `chain` (what becomes of a chain in discrete time), `message` (one message's protocol as
such a chain), `continuous` (chains in continuous time), and two of those: `station` and `queue` (a
queue whose consumers break down, or whose broker falls), `replicas` (who leads, and how often).
"""
