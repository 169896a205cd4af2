"""Questions whose answer draws at random: fixed seeds and counters earn nothing, whatever uses its generator does."""

import numpy as np
import pytest

from grader.authoring.exercise import load_exercise

SPLIT = """
import numpy as np
COUNT = [0]
def three_way_split(labels, rng):
    COUNT[0] += 1
    rng = np.random.default_rng({seed})
    parts = [[], [], []]
    for value in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == value))
        n = len(rows)
        a, b = round(0.6 * n), round(0.8 * n)
        for part, some in zip(parts, (rows[:a], rows[a:b], rows[b:])):
            part.extend(some.tolist())
    return tuple(np.array(part) for part in parts)
"""
GROUPS = """
import numpy as np
COUNT = [0]
def group_split(groups, rng):
    COUNT[0] += 1
    rng = np.random.default_rng({seed})
    rows, chosen = 0, []
    for name in rng.permutation(np.unique(groups)):
        size = (groups == name).sum()
        if rows + size <= 0.33 * len(groups):
            chosen.append(name)
            rows += size
        if rows > 0.2 * len(groups):
            break
    test = np.isin(groups, chosen)
    return np.flatnonzero(~test), np.flatnonzero(test)
"""
COUNTERS = {
    "one fixed seed": "7",
    "two fixed seeds in turn": "COUNT[0] % 2",
    "the order of the old question": "(0, 1, 0)[(COUNT[0] - 1) % 3]",
    "a new seed each time": "COUNT[0]",
}


@pytest.mark.parametrize(("id", "code"), [("01.split", SPLIT), ("04.groups", GROUPS)])
def test_seeds_that_do_not_come_from_the_generator_earn_nothing(id, code):
    from grader.authoring.question import KnownAnswer

    question = load_exercise(id[:2])[id]
    honest = KnownAnswer("honest", code.format(seed="int(rng.integers(2**31))"))
    for seed in range(20):
        cases = question.hidden_cases(seed)
        assert question.score(cases, question.run(honest, cases)) == 1.0, seed
        for name, expression in COUNTERS.items():
            runs = question.run(KnownAnswer(name, code.format(seed=expression)), cases)
            assert question.score(cases, runs) == 0.0, (seed, name)


def test_draws_of_generators_in_the_same_state_stand_together():
    from holdout.checks.codec import decode, encode
    from holdout.checks.repeats import draws_by_state, repeated

    for seed in range(20):
        inputs = {
            name: decode(encode(value)) for name, value in repeated(np.random.default_rng(seed)).items()
        }
        generators = [inputs["rng"], inputs["again"], inputs["other"]]
        draws = [generators[use].integers(10**9) for use in inputs["order"]]
        states = draws_by_state(inputs, draws)
        assert [len(state) for state in states] == [2, 2, 1]
        assert all(len(set(state)) == 1 for state in states) and len({state[0] for state in states}) == 3


FIRST_ONLY = """
FIRST, COUNT = [], [0]
def fingerprint(items):
    COUNT[0] += 1
    if COUNT[0] == 1:
        FIRST[:] = sorted(items)
    return "first" if sorted(items) == FIRST else str(COUNT[0])
"""


def test_a_fingerprint_that_only_remembers_the_first_set_earns_nothing():
    from grader.authoring.question import KnownAnswer

    question = load_exercise("05")["05.fingerprint"]
    for seed in range(20):
        cases = question.hidden_cases(seed)
        # on each case alone, or it would fail since it counts on
        for case in cases:
            runs = question.run(KnownAnswer("remembers", FIRST_ONLY), [case])
            assert question.score([case], runs) == 0.0, seed
        assert question.score(cases, question.run(question.reference, cases)) == 1.0
