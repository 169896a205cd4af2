"""Rules that the figures of all topics follow, and one drawing of each of those that no other test draws."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import holdout.topics
from holdout.figures.stage import Stage
from holdout.lm.evaluation import compare_answers
from holdout.topics.collapse import figures as collapse
from holdout.topics.fine_tuning import figures as fine_tuning
from holdout.topics.model_choice import figures as model_choice
from holdout.topics.model_choice.experiments import ServiceLimits
from holdout.topics.quantization import figures as quantization
from holdout.topics.safeguards import figures as safeguards

FIGURES = sorted(Path(holdout.topics.__path__[0]).glob("*/figures.py"))


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.parent.name)
def test_no_figure_clears_its_axes(path):
    # A Stage removes what the update before has drawn. Clearing the axes throws the stored background away as well,
    # and a frame then costs four times the time.
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    cleared = [node.lineno for node in calls if getattr(node.func, "attr", "") in ("clear", "cla", "clf")]
    assert not cleared, f"{path.parent.name}/figures.py clears axes in lines {cleared}"


def test_every_topic_with_a_lesson_has_figures():
    assert len(FIGURES) >= 14


N = np.arange(11)
FALLING = np.exp(-N / 5)
SHARES = np.linspace(0.05, 1, 11)
RUNS = pd.DataFrame(
    {
        "rank": [0, 1, 4, 16],
        "learning_rate": [0.1, 0.1, 0.2, 0.2],
        "learnt": [0.9, 0.3, 0.6, 0.8],
        "kept": [0.2, 0.9, 0.7, 0.5],
        "moved": [0.6, 0.1, 0.2, 0.3],
    }
)
ADAPTER_LOSSES = pd.DataFrame(
    {0: [5.0, 0.1, 5.2, 0.2, 4.1, 4.6], 1: [4.8, 0.2, 5.0, 0.3, 4.1, 4.7]},
    index=pd.MultiIndex.from_product(
        [["training", "held-out", "docstrings"], [0, 25]], names=["set", "step"]
    ),
)
LOSSES = pd.DataFrame(
    {
        "seed": np.repeat([0, 1, 2], 11),
        "step": np.tile(20 * N, 3),
        "train": np.tile(FALLING, 3),
        "held_out": np.concatenate([FALLING + 0.01 * N * one for one in (1, 2, 3)]),
    }
)
SCORES = {"new facts": 0.2, "old facts": 0.9}
GATES = pd.DataFrame(
    {
        "generation": np.repeat(np.arange(7), 2),
        "correct": np.linspace(1, 0.7, 14),
        "tail facts": np.linspace(110, 20, 14),
    }
)
EVIDENCE = pd.DataFrame(
    {
        f"{name}{end}": [0.5 + step, 0.6 + step]
        for name in ("precision", "recall")
        for end, step in (("", 0), (" low", -0.1), (" high", 0.1))
    },
    index=["lineage", "style"],
)
CHAINS = np.exp(-np.outer(N, np.linspace(0.01, 0.2, 20)))

# Name of the function: number of axes that it gets, and the drawing for one position (0 to 9) of a slider.
KIND_SCORES = {
    name: pd.DataFrame({"accuracy": [0.5, 0.9], "low": [0.4, 0.8], "high": [0.6, 0.95]}, index=["a", "b"])
    for name in "SML"
}
PROMPTS = pd.DataFrame(
    {"right": [0.08, 0.09], "low": [0.05, 0.06], "high": [0.12, 0.13], "valid": [0.0, 0.95]},
    index=["plain", "examples 3"],
)
DRAWINGS = {
    "collapse.draw_gaussians": (2, lambda axes, k: collapse.draw_gaussians(axes, 0 * CHAINS, CHAINS, 3, k)),
    "collapse.draw_words": (
        1, lambda ax, k: collapse.draw_words(ax, FALLING / FALLING.sum(), np.where(k < N, 0, 0.1), 2, 6)),
    "collapse.draw_metrics": (
        1, lambda ax, k: collapse.draw_metrics(
            ax, {"mean": FALLING, "tail": FALLING**2}, k, "share", bands={"mean": (FALLING / 2, 2 * FALLING)})),
    "collapse.draw_distances": (
        1, lambda ax, k: collapse.draw_distances(ax, {"replace": SHARES, "accumulate": FALLING}, "replace", k, 0.1)),
    "collapse.draw_ratios": (
        1, lambda ax, k: collapse.draw_ratios(
            ax, {"replace": np.outer(1 + N, [1, 2]), "accumulate": np.outer(1 + FALLING, [1, 2])}, {"replace": 1 + N}, k, 8)),
    "collapse.draw_digits": (
        2, lambda axes, k: collapse.draw_digits(axes, np.full((60, 8, 8), float(k)), np.full(10, 60 + k), np.full(10, 60))),
    "collapse.draw_tickets": (1, lambda ax, k: collapse.draw_tickets(ax, ["replace", "keep"], [100 * k, 50], [9, 8])),
    "collapse.draw_rarefaction": (
        1, lambda ax, k: collapse.draw_rarefaction(ax, 100 * N, {"A": 20 * N, "B": 30 * N}, 100 * k, 300)),
    "safeguards.draw_shares": (
        1, lambda ax, k: safeguards.draw_shares(ax, SHARES, SHARES, {0.1: 0.1, 0.5: 0.6}, 0.1 * k, SHARES[k])),
    "safeguards.draw_gates": (
        2, lambda axes, k: safeguards.draw_gates(axes, {"no gate": GATES, "checked": GATES.assign(correct=GATES["correct"] ** 0.5)}, k % 7, 120)),
    "safeguards.draw_evidence": (1, lambda ax, k: safeguards.draw_evidence(ax, EVIDENCE * 0.1 * k)),
    "safeguards.draw_policies": (
        1, lambda ax, k: safeguards.draw_policies(ax, pd.DataFrame([[1, 1.5], [0.5, 0.8 * k]], index=["a", "b"]), "a")),
    "safeguards.draw_loops": (
        2, lambda axes, k: safeguards.draw_loops(axes, {"replace": CHAINS, "mix": CHAINS}, {"replace": None, "mix": 0.4}, k)),
    "safeguards.draw_variances": (
        1, lambda ax, k: safeguards.draw_variances(ax, {"replace": FALLING, "keep": SHARES, "mix": SHARES**2}, k)),
    "safeguards.draw_verifier": (
        1, lambda ax, k: safeguards.draw_verifier(ax, SHARES, {"tree": np.outer(SHARES, [1, 0.1 * k])}, 0.6, 0.84, SHARES[k])),
    "safeguards.draw_scaling": (
        1, lambda ax, k: safeguards.draw_scaling(ax, 10.0 ** (1 + N / 3), {"own": 1 + N, "mix": 1 + 0.5 * N}, 10 + 9 * k)),
    "safeguards.draw_supply": (1, lambda ax, k: safeguards.draw_supply(ax, SHARES, {"declared": SHARES, "own": SHARES**2}, SHARES[k])),
    "fine_tuning.draw_rest": (1, lambda ax, k: fine_tuning.draw_rest(ax, {"W": FALLING, "V": FALLING**2}, "W", k)),
    "fine_tuning.draw_frontier": (
        1, lambda ax, k: fine_tuning.draw_frontier(ax, RUNS, "learnt", "kept", 0.1 * k, {"all weights": 0, "LoRA": k % 3 + 1})),
    "fine_tuning.draw_distance": (
        1, lambda ax, k: fine_tuning.draw_distance(ax, RUNS, "kept", 0.1 * k, "learnt")),
    "model_choice.draw_kinds": (
        1, lambda ax, k: model_choice.draw_kinds(
            ax, KIND_SCORES, {"a": 0.3, "b": 0.7}, dict.fromkeys("SML", (0.08 * k, 0.02)))),
    "model_choice.draw_prompts": (
        2, lambda axes, k: model_choice.draw_prompts(axes, PROMPTS.assign(right=0.01 * k))),
    "model_choice.draw_chosen": (
        1, lambda ax, k: model_choice.draw_chosen(ax, [1, 2, 3], 0.1 + 0 * N[:3], 0.01 * N[:3], 0.01 + 0 * N[:3], 1 + k % 3)),
    "model_choice.draw_ladder": (
        1, lambda ax, k: model_choice.draw_ladder(
            ax, [0, 1, 2], {name: SHARES[:3] for name in "SML"}, k % 3, xlabel="documents",
            bands={name: (SHARES[:3] - 0.02, SHARES[:3] + 0.02) for name in "SML"})),
    "model_choice.draw_limits": (
        1, lambda ax, k: model_choice.draw_limits(
            ax, ["S", "M", "L"], 1.0 + N[:3], 0.6 + 0.1 * N[:3], N[:3] > 0, ServiceLimits(9, 8, 0.6 + 0.05 * k), 1)),
    "model_choice.draw_differences": (
        2, lambda axes, k: model_choice.draw_differences(
            axes, [0.01 * N - 0.05, 0.005 * N - 0.01 * k / 6], ["apart", "in pairs"], questions=100, truth=0.01)),
    "model_choice.draw_pass_at_k": (
        1, lambda ax, k: model_choice.draw_pass_at_k(ax, 1 + N, 1 - FALLING, 0.9 * (1 - FALLING), 1 + k)),
    "fine_tuning.draw_slices": (
        1, lambda ax, k: fine_tuning.draw_slices(
            ax, SCORES, {name: [0.1 * k, 0.1 * k + 0.05, 0.2] for name in SCORES}, list(SCORES))),
    "fine_tuning.draw_examples": (
        1, lambda ax, k: fine_tuning.draw_examples(
            ax, {"form": {10: [0.8, 0.9], 100: [0.9, 1.0]}, "value": {10: [0.3, 0.5], 100: [0.8, 0.9]}}, {100: [0.6, 0.7]},
            10 if k < 5 else 100)),
    "fine_tuning.draw_losses": (1, lambda ax, k: fine_tuning.draw_losses(ax, LOSSES, 20 * k)),
    "fine_tuning.draw_run": (1, lambda ax, k: fine_tuning.draw_run(ax, ADAPTER_LOSSES, 10 * k)),
    "fine_tuning.draw_stop": (
        1, lambda ax, k: fine_tuning.draw_stop(ax, list(10 * N), list(50 * (1 - FALLING)), list(N), list(50 * (1 - FALLING) - k * N), 10 * k)),
    "quantization.draw_rounding": (
        2, lambda axes, k: quantization.draw_rounding(
            axes, N - 5.0, np.round((N - 5) / 2) * 2, 2 + k % 3, {2: 10 + k, 3: 16 + k, 4: 22 + k})),
    "quantization.draw_outlier": (
        1, lambda ax, k: quantization.draw_outlier(ax, 1 + 3 * N, 1.0 + N, np.ones(11), 1 + k)),
    "quantization.draw_slices": (
        1, lambda ax, k: quantization.draw_slices(
            ax, compare_answers(np.ones(22, bool), np.tile(N, 2) > k, np.repeat(["a", "b"], 11)),
            {"a": "broken", "b": "open"}, ("all", 0.9, 0.8))),
    "quantization.draw_feedback": (
        1, lambda ax, k: quantization.draw_feedback(ax, ["a", "b"], [0.5, 0.1 * k], [0.6, 0.7], [1.2, 1.3])),
    "quantization.draw_budget": (
        1, lambda ax, k: quantization.draw_budget(
            ax, {"S": [(40, 0.5, 4, True)], "M": [(120, 0.8, 4, False)]}, 100 + k, 0.7, (40, 0.5, "S"))),
}  # fmt: skip
# The page of digits hides its spines, which cannot be drawn alone; a flipbook draws it once for each page.
# The others choose the limits of an axis by what they draw.
NEW_BACKGROUND = {
    "collapse.draw_digits",
    "collapse.draw_gaussians",
    "collapse.draw_tickets",
    "fine_tuning.draw_stop",
    "model_choice.draw_differences",
    "quantization.draw_feedback",
    "quantization.draw_rounding",
    "quantization.draw_slices",
    "safeguards.draw_policies",
}


def drawings_in(module):
    return {f"{module.__name__.split('.')[-2]}.{name}" for name in vars(module) if name.startswith("draw_")}


@pytest.mark.parametrize(
    "module", [collapse, fine_tuning, model_choice, quantization, safeguards], ids=lambda m: m.__name__
)
def test_every_figure_of_the_module_is_drawn_here(module):
    assert drawings_in(module) <= set(DRAWINGS)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_does_not_depend_on_the_ones_before_and_keeps_its_background(name):
    n_axes, draw = DRAWINGS[name]
    stage = Stage(alt="A figure", size=(5 * n_axes, 4), ncols=n_axes)
    axes = stage.axes if n_axes > 1 else stage.ax
    pixels = []
    backgrounds = []
    for position in (6, 2, 6):
        _, changed = stage.painter.change(lambda position=position: draw(axes, position))
        pixels.append(np.array(stage.painter.paint()))
        backgrounds.append(len(stage.painter._backgrounds))
    assert changed
    assert not np.array_equal(pixels[0], pixels[1])
    np.testing.assert_array_equal(pixels[0], pixels[2])
    if name not in NEW_BACKGROUND:
        assert backgrounds == [1, 1, 1]
