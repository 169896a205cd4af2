"""The release decision: faults of an analysis, costs of shipping and of waiting.

Lesson 14, Ship or wait.
"""
