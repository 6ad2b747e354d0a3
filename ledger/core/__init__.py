"""The bytes: pure, frozen values that are hashed, signed, logged and proven.

Nothing in this package reads a clock, draws a random number, opens a file or logs; time and
randomness come in as arguments. The spec pages under ``docs/spec`` say the same in prose.
"""
