"""Which states of a figure are drawn in advance: all, a coarse grid, or each control alone; never more than allowed."""

import itertools
import math

import pytest

from grader.site.plan import MOST_FRAMES, Control, plan_frames
from holdout.errors import InvalidValue


def test_few_combinations_are_all_drawn():
    plan = plan_frames({"a": Control(4, 1), "b": Control(5, 0), "c": Control(2, 1)})
    assert plan.kind == "grid" and len(plan.states) == len(set(plan.states)) == 40
    assert set(plan.states) == set(itertools.product(range(4), range(5), range(2)))


def test_the_state_in_which_the_figure_begins_comes_first():
    for controls in ({"a": Control(9, 4)}, {"a": Control(90, 4), "b": Control(90, 88)}):
        assert plan_frames(controls).states[0] == tuple(control.start for control in controls.values())


def test_two_controls_with_a_few_values_too_many_make_a_coarse_grid():
    plan = plan_frames({"a": Control(8, 2), "b": Control(9, 8)})
    assert plan.kind == "grid"
    assert set(plan.states) == set(itertools.product(*plan.kept.values()))
    assert len(plan.kept["a"]) >= 4 and len(plan.kept["b"]) >= 5


def test_long_sliders_move_alone():
    plan = plan_frames({"a": Control(20, 3), "b": Control(15, 0)})
    assert plan.kind == "axes"
    assert all(state[0] == 3 or state[1] == 0 for state in plan.states)
    assert {state[0] for state in plan.states} == set(plan.kept["a"])
    assert {state[1] for state in plan.states} == set(plan.kept["b"])


@pytest.mark.parametrize("limit", [7, 12, 40])
@pytest.mark.parametrize(
    "counts", [(1,), (2,), (100,), (3, 3), (7, 6), (41, 2), (1, 50), (1000, 1000), (5, 5, 5), (2, 30, 9)]
)
def test_limit_ends_and_start_are_kept_whatever_the_controls_are(counts, limit):
    for starts in itertools.product(*({0, count // 2, count - 1} for count in counts)):
        controls = {f"c{i}": Control(*pair) for i, pair in enumerate(zip(counts, starts, strict=True))}
        plan = plan_frames(controls, limit)
        assert len(plan.states) == len(set(plan.states)) <= limit
        for name, control in controls.items():
            kept = plan.kept[name]
            assert kept == sorted(set(kept))
            assert {0, control.start, control.count - 1} <= set(kept) <= set(range(control.count))
        if math.prod(counts) <= limit:
            assert len(plan.states) == math.prod(counts)


def test_one_long_slider_uses_every_picture_that_it_may_and_is_even():
    kept = plan_frames({"a": Control(400, 0)}).kept["a"]
    assert len(kept) == MOST_FRAMES
    steps = [after - before for before, after in itertools.pairwise(kept)]
    assert max(steps) - min(steps) <= 1


def test_what_cannot_be_planned_is_said():
    with pytest.raises(InvalidValue, match="without controls"):
        plan_frames({})
    with pytest.raises(InvalidValue, match="begins at position 5 of 5"):
        plan_frames({"a": Control(5, 5)})
    with pytest.raises(InvalidValue, match="4 controls need at least 9 pictures"):
        plan_frames({name: Control(9, 4) for name in "abcd"}, limit=8)
