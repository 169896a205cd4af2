"""Quantization: rounding error, outliers, and the slice that breaks while the average holds.

Lesson 09, Quantize, then look at the tail.
"""
