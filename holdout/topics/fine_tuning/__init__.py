"""Fine-tuning: low rank, forgetting, paraphrases, regression suites and when to stop.

Lesson 08, What fine-tuning costs.
"""
