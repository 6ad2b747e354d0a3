"""How people ask: the HTTP service of a node, its JSON forms, and the SDK that speaks to it.

Routes ask `rights` before they read, `service` holds the use cases, and pydantic stops at
`schemas`. Nothing here decides what is true; every answer can be proven by a receipt.
"""
