"""The learner's own record: checks, predictions, artefacts and the portfolio made of them."""
