"""Programs that make what is in datasets/checkpoints: training, result table, seeds, and the export to Hugging Face's format."""
