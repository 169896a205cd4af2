"""Safeguards against collapse: a share of real data, verification gates, provenance.

Lesson 13, Keeping it alive.
"""
