"""Leakage: selection, duplicates, groups, time and encoding, each measured with and without the leak.

Lesson 04, How was this split?
"""
