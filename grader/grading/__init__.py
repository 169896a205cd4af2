"""From a submitted folder to a graded row: reading, executing, judging, resuming."""
