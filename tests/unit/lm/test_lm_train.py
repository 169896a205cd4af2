"""A training run that does not learn to read is begun again."""

from holdout.lm.tools.train import TrainingRecipe, train


def tiny_recipe(**changes):
    shape = {"width": 16, "heads": 2, "layers": 2, "hidden": 16, "with_passages": 2, "closed_book": 2}
    return TrainingRecipe(steps=3, copying_steps=2, offsets=(1, 2), **shape, **changes)


def test_a_run_that_does_not_read_is_begun_again_and_the_last_attempt_is_kept(book):
    losses = []
    recipe = tiny_recipe(reading_checked_at=2, least_reading=0.5, attempts=3)
    trained = train(recipe, 0, book, progress=lambda step, parts, model: losses.append((step, parts[0])))
    assert trained.attempts == 3
    assert [step for step, _ in losses] == [0, 1, 0, 1, 0, 1, 2]
    assert len({loss for step, loss in losses if step == 0}) == 3  # other weights and examples each time


def test_a_recipe_without_a_reading_check_takes_its_first_run(book):
    assert train(tiny_recipe(reading_checked_at=None), 0, book).attempts == 1
