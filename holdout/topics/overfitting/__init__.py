"""Over-fitting: training and validation error, learning curves, optimism, bias and variance.

Lesson 01, Two numbers and a chart.
"""
