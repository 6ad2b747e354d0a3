"""The Open Contracting Data Standard, read into records and written from them, by one mapping."""
