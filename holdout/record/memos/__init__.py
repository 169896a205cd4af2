"""Reading memos as a grader does: four anchor memos first, then the learner's own, by the same rubric.

Not for the grade of a memo, which a person gives in formgrader.
"""

ANCHORS = "anchor"
"""The kind of record that a graded anchor memo leaves."""
OWN = "own memo"
"""The kind of record that the learner's reading of the own memo leaves."""
