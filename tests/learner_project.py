"""A learner who fills in the notebook of a project, for the tests of this folder and of the portfolio."""

import contextlib
import os
import pathlib

import nbformat
from threadpoolctl import threadpool_limits

FLIGHTS = {
    "max_iter=60": "max_iter=12",  # a smaller model: this is about what is stated, not about how good it is
    "is_validation = ...": "days = rows['time_hour'].dt.normalize()\nis_validation = (days >= days.quantile(0.7)).to_numpy()",
    "reason = ...": "reason = 'The model will forecast days that lie after all it was trained on.'",
    "leaks = [...]": "leaks = ['dep_time', 'dep_delay', 'arr_time', 'arr_delay', 'air_time']",
    "how = ...": "how = 'They are written at or after departure and are empty in the test.'",
    "features = [...]": "features = ['month', 'sched_dep_time', 'distance', 'origin', 'dest', 'wind_speed', 'humid', 'visib']",
    "reading = ...": "reading = 'The gap is large and closes slowly, so more rows would help.'",
    "column = ...": "column = 'month'",
    "    return fit(frame)  # your fix": "    model = fit(frame)\n    model[-1].set_params(max_iter=5)\n    return model.fit(prepare(frame), frame[target])",
    "fix = ...": "fix = 'A smaller model, because it fits the noise of a few days.'",
    "helped = ...": "from holdout.project.measures import paired_gain\ninside = (validation[column].astype(str) == worst).to_numpy()\nhelped = None",
    'after = project.segments(validation[column], validation[target], final)': "after = project.segments(validation[column], validation[target], final)\ngain = paired_gain(validation[target][inside], first[inside], final[inside])\nhelped = 'yes' if gain.low > 0 else 'no' if gain.high < 0 else 'not shown'",
    "verdict = ...": "e, p = project.calibration(validation[target], final)\nverdict = 'calibrated' if e <= 2 * p else 'not calibrated'",
    "choice = ...": "choice = 'wait'",
    "words = ...": "words = 'A wrong alarm costs little here, but nobody has asked the gate staff yet.'",
    "        # {\"words\"": """        {"words": "No late row before the border", "fact": "overlap_rows", "must_be": "==", "limit": 0},
        {"words": "No leak is a feature", "fact": "leaks_among_features", "must_be": "==", "limit": 0},
        {"words": "Forecasts beat a coin clearly", "fact": "auc_low", "must_be": ">", "limit": 0.5},
        {"words": "Calibration close to a perfect model", "fact": "ece", "must_be": "<=", "limit": "2 * ece_of_perfect"},
        {"words": "The test labels are asked for once", "fact": "times_test_asked", "must_be": "==", "limit": 1},
        # {"words\"""",
}  # fmt: skip


def fill(folder, answers=FLIGHTS):
    """Write a learner's answers into the notebook of a project."""
    path = pathlib.Path(folder) / "project.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for old, new in answers.items():
        places = [cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source]
        assert len(places) == 1, (old, len(places))
        places[0].source = places[0].source.replace(old, new, 1)
    nbformat.write(notebook, path)


def run(folder):
    """Run the notebook's cells in this process, as a kernel would in the notebook's folder."""
    notebook = nbformat.read(pathlib.Path(folder) / "project.ipynb", as_version=4)
    before = os.getcwd()
    os.chdir(folder)
    names: dict = {}
    try:
        # one thread, as in every kernel that the course starts: on a busy machine threads wait for each other
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            threadpool_limits(1),
        ):
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    exec(cell.source, names)
    finally:
        os.chdir(before)
    return names
