"""Executes strangers' notebooks behind walls; knows nothing of questions, answers and grades."""
