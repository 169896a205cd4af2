"""Adaptation: prompt, retrieval, stronger model or fine-tuning, by what each repairs and costs.

Lesson 07, Knowledge or behaviour?
"""
