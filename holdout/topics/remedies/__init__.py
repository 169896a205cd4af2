"""Remedies: which change helps against which cause, ablations with repeated seeds, double descent.

Lesson 02, One change at a time.
"""
