"""The portfolio: its page, and the run that computes every number in it again."""
