"""Open contracting data as files: read and imported, exported and checked."""
