"""Queries as callers may see them: pages, exports, named questions, over any engine."""
