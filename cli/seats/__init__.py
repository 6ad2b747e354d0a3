"""A node's way into the committee and out of it: its files, records and steps."""
