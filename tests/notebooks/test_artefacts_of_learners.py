"""The artefact of each exercise is drawn for any name: its cell runs, keeps finite numbers, and other names get others."""

import builtins
import math
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from small_course import ROOT
from threadpoolctl import threadpool_limits

from grader.authoring.notebooks import read_script
from holdout.record import learner
from holdout.record.artefacts import read_kept
from holdout.register import read_course

NAMES = ("Ada Lovelace", "Grace Hopper", "李雷")
SLOW = ("04", "06", "07", "08", "09")
"""Their artefacts fit boosted trees to the whole table of parcels (04), or train or ask the small language model."""
ALWAYS_THE_SAME_IF_RIGHT = {
    "team standard": "a review that finds every fault of every script has precision and recall 1"
}
DRAWN = [
    pytest.param(lesson, id=lesson.number, marks=[pytest.mark.proof] * (lesson.number in SLOW))
    for lesson in read_course(ROOT).lessons
    if any(artefact.drawn for artefact in lesson.artefacts)
]


def artefact_cells(lesson):
    """The code that an artefact needs: the set-up, the reference answers and the cells that keep something."""
    script = read_script(ROOT / "solutions" / lesson.name / f"{lesson.name}.py")
    sources = [cell.source for cell in script.cells if cell.cell_type == "code"]
    last = max(place for place, source in enumerate(sources) if re.search(r"\bkeep\(", source))
    return sources[: last + 1]


def kept_for(name, sources, monkeypatch, folder):
    monkeypatch.setenv("HOLDOUT_PROGRESS", str(folder))
    if name:
        learner.set_name(name)
    names = {"__name__": "__main__"}
    for source in sources:
        exec(source, names)
    plt.close("all")
    return {one.name: one for one in read_kept(folder)}


@pytest.mark.parametrize("lesson", DRAWN)
def test_an_artefact_is_drawn_for_every_name(lesson, monkeypatch, tmp_path, capsys):
    matplotlib.use("agg")
    monkeypatch.chdir(ROOT / "exercises" / lesson.name)
    monkeypatch.setattr(builtins, "display", lambda *_: None, raising=False)
    wanted = {artefact.name for artefact in lesson.artefacts if artefact.drawn}
    sources = artefact_cells(lesson)
    made = {}
    with threadpool_limits(1):
        for place, name in enumerate(("", *NAMES)):
            made[name] = kept_for(name, sources, monkeypatch, tmp_path / str(place))
    assert wanted <= set(made[""]), capsys.readouterr().out
    for artefact in wanted:
        for name, kept in made.items():
            assert not kept[artefact].problems
            assert kept[artefact].learner == learner.learner_key(name)
            assert kept[artefact].numbers and all(map(math.isfinite, kept[artefact].numbers.values()))
        shown = [
            (sorted(kept[artefact].numbers.items()), str(kept[artefact].table), kept[artefact].figure)
            for kept in made.values()
        ]
        if artefact in ALWAYS_THE_SAME_IF_RIGHT:
            continue
        assert all(one != other for place, one in enumerate(shown) for other in shown[:place]), artefact


def test_what_is_said_to_be_the_same_for_everybody_draws_nothing():
    for lesson in read_course(ROOT).lessons:
        text = "\n".join(artefact_cells(lesson))
        drawn = {artefact.drawn for artefact in lesson.artefacts}
        assert len(drawn) == 1, "a lesson's artefacts are all drawn, or none: the test reads whole scripts"
        assert ("learner_rng(" in text) == drawn.pop(), lesson.name
