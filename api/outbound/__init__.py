"""What a node sends out by itself: one rule of when to try again, and what came of each."""
