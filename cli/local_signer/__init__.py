"""The local signer: a process beside a person's browser that holds the unlocked member key.

Pages pair with it, ask it to sign, and get a signature only for what a person read here and agreed
to. No byte of the key leaves. Spec: ``docs/spec/signer.md``.
"""
