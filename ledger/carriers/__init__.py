"""Readers of files that carry a receipt inside; standard library only, because verifiers use them.

Each takes one narrow form that this system writes, and refuses everything else with a sentence.
"""
