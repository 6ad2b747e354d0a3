"""Where it is put together, and what people touch: commands, node wiring, the demonstration."""
