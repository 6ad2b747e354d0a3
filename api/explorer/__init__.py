"""Three plain pages on each node: the network, a project, a record; Chinese first, no script.

Each view asks `rights` before it reads and returns values; templates only lay them out, and every
value that they show is escaped twice: for HTML, and against characters that act on the reader.
"""
