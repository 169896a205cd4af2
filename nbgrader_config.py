load_subconfig("grader/nbgrader_config.py")  # noqa: F821  (nbgrader's own commands and formgrader work from the root)
