"""The demonstration: a story as data, and the player that tells it on four real nodes."""
