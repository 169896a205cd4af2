"""The canary: a fixed evaluation on a schedule, interim looks, monitors, triage and rollback.

Lesson 11, The canary.
"""
