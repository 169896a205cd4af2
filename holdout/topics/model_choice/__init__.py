"""Model choice: quality, latency and cost of three model sizes on the same questions.

Lesson 06, Three models, one budget.
"""
