"""The supervisor's desk: what needs a look, who looked, and forms that a local signer signs.

Every page is made for whoever asks: for the public what is public, for a member that proves itself
what it may see. A browser logs in through the member's local signer and asks for the same pages
with its token, so that without a script they still say what is public.
"""
