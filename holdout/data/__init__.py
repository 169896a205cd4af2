"""The tables of the course: files with checksums, and the simulated worlds with a known truth."""
