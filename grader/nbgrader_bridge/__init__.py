"""What touches nbgrader: configuration, gradebook, release, feedback and the autograde hook."""
