"""Model collapse: generations trained on their predecessor's output.

Lesson 12, A model that eats its own output.
"""
