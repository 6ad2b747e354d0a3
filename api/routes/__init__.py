"""One file for each resource; each route reads, asks `rights`, and answers."""
