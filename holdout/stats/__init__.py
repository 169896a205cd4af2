"""Statistics that several topics share: intervals, folds, calibration, published values."""
