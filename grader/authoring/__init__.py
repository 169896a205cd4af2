"""Writing lessons and questions: their model, building notebooks from text, and proving questions."""
