"""Figures of the public records of a ledger, counted once and carried on from block to block."""
