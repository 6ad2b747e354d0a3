"""The only wiring: what makes the packages one node, and a folder one network."""
