"""What may enter the ledger: catalogue as data, pure judgement, the executor that applies it.

Rules read only what they are handed: a record, facts about its bundle, the state and the times. The
catalogue's files are read once, at the start; nothing else here opens a file, and nothing reads a
clock. Spec: ``docs/spec/contracts.md``.
"""
