"""Placement: twenty judged items before the course, twenty parallel ones after it; what to skip, and what was gained."""

KIND = "placement"
"""Kind of a record of an answer to an item."""
