"""Where it is put together, and what people touch: commands, one node's wiring, the demonstration."""
