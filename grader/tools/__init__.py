"""Programs around grading: doctor, benchmark and simulated classes."""
