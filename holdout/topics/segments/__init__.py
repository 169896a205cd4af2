"""Segments: evaluation by slice with intervals, Simpson's paradox, calibration, thresholds by cost.

Lesson 03, The slice that matters.
"""
