"""Measures what a user would feel: records per second and time to receipt, on four real nodes."""
