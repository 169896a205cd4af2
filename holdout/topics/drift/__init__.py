"""Drift: four causes, scores and their null distribution, alarms and their price.

Lesson 10, Is it drift, or Tuesday?
"""
