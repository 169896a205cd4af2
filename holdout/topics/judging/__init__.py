"""Judging: labels by hand, agreement beyond chance, what a judge's pass rate is worth, bias of place and length.

Lesson e1, Who judges the judge?
"""
