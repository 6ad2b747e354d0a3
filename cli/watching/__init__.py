"""Files that were anchored, hashed again on a schedule: what lies there, what the ledger says, and
what has come apart. Nothing here writes into the folder that it watches.
"""
