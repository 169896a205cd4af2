"""Live figures and the visual language of the course: the stage, its renderer, colours, labels and tables."""
