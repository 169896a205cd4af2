"""The subjects of the course, one package per lesson, named by the field's term. Only a lesson's own notebooks and questions import its topic."""
