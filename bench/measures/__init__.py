"""The measures of `make bench`, one module each: what is promised of speed, and what was seen."""
