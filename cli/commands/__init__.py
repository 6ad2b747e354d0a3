"""The commands of `bidwitness`, one module for each thing that people do."""
