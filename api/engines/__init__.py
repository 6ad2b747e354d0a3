"""Engines that answer queries over a node's records: one port, and LevelDB behind it."""
