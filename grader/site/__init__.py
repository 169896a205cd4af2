"""The reading edition of a course: a static site whose figures and predictions work without a kernel.

``plan`` says which states of a figure are drawn in advance, ``kernel`` draws them inside a lesson's kernel, ``harvest`` runs
a lesson with it and remembers what came out, ``pages`` turns notebooks into pages, ``build`` calls Sphinx. Not for what
learners run: nothing in ``holdout`` needs it.
"""
