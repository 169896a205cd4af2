"""What an instructor reads: the class report, item analysis, exported grades."""
