"""Test reuse: leaderboards, nested cross-validation, paired comparison, contamination.

Lesson 05, A test set is spent once.
"""
