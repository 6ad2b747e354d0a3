"""The calls of the SDK, each written once as a flow over `Core`; `client` makes methods of them.

What a call's docstring says is what the documentation of both clients says, so it does not speak of
the first parameter, which no caller gives.
"""
