"""The catalogue for people and for other programs: as tables, as Markdown, as JSON Schema."""
