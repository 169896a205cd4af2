"""What holdout.overfitting promises: exact where a formula is exact, within four standard errors elsewhere.

Seeds are fixed here; tests/proof/test_claims_01.py repeats the random parts on 100 seeds.
"""

import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from holdout.data.polynomials import (
    Polynomial,
    World,
    fit_polynomial,
    polynomial_features,
    validation_curve,
    wave,
)
from holdout.topics.overfitting import cases
from holdout.topics.overfitting import experiments as overfitting
from holdout.topics.overfitting.cases import (
    CAUSES,
    CaseTruth,
    diagnose_truth,
    make_case,
    make_case_with_truth,
)
from holdout.topics.overfitting.experiments import (
    Curve,
    ErrorDecomposition,
    bias_variance_published,
    decompose,
    fixed_input_fits,
    learning_curve,
    optimism_published,
    optimism_studies,
    repeated_fits,
)


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def world():
    return World(wave, noise=0.3)


class TestWorld:
    def test_no_model_has_a_smaller_risk_than_the_truth(self, world):
        assert world.risk(world.truth) == pytest.approx(0.09, abs=1e-15)
        assert world.risk(lambda x: world.truth(x) + 0.1) == pytest.approx(0.10, abs=1e-12)

    def test_risk_is_what_endlessly_many_fresh_rows_would_show(self, world, rng):
        model = fit_polynomial(*world.sample(30, rng), degree=5)
        x, y = world.sample(200_000, rng)
        squared_error = (y - model(x)) ** 2
        # Four standard errors of a mean of 200,000 squared errors.
        tolerance = 4 * squared_error.std() / np.sqrt(200_000)
        assert abs(world.risk(model) - squared_error.mean()) < tolerance

    def test_inputs_stay_in_the_range_that_risk_integrates_over(self, world, rng):
        x, _ = world.sample(10_000, rng)
        assert -1 <= x.min() and x.max() <= 1

    def test_negative_noise_is_refused_by_name(self):
        with pytest.raises(ValueError, match=r"noise is -1; a standard deviation"):
            World(wave, noise=-1)


class TestFit:
    def test_features_are_orthonormal_under_the_inputs_of_a_world(self):
        features = polynomial_features(overfitting.quadrature_nodes(), 12)
        np.testing.assert_allclose(features.T @ features / len(features), np.eye(13), atol=1e-12)

    def test_without_penalty_it_is_ordinary_least_squares(self, world, rng):
        x, y = world.sample(40, rng)
        expected = np.polynomial.Polynomial.fit(x, y, 6)(x)
        np.testing.assert_allclose(fit_polynomial(x, y, 6)(x), expected, atol=1e-9)

    def test_a_penalty_is_scikit_learns_alpha_divided_by_the_rows(self, world, rng):
        x, y = world.sample(40, rng)
        ridge = Ridge(alpha=40 * 0.05).fit(polynomial_features(x, 6)[:, 1:], y)
        model = fit_polynomial(x, y, 6, penalty=0.05)
        np.testing.assert_allclose(model.coefficients, [ridge.intercept_, *ridge.coef_], atol=1e-9)

    def test_a_penalty_allows_more_coefficients_than_rows(self, world, rng):
        x, y = world.sample(5, rng)
        assert fit_polynomial(x, y, 9, penalty=0.01).degree == 9

    @pytest.mark.parametrize(
        "arguments, message",
        [
            (dict(degree=9), "5 rows cannot fix 10 coefficients"),
            (dict(degree=-1), "degree is -1"),
            (dict(degree=2, penalty=-0.1), "penalty is -0.1"),
            (dict(degree=2, penalty=np.nan), "penalty is nan"),
        ],
    )
    def test_an_impossible_fit_is_refused_with_its_remedy(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            fit_polynomial(np.linspace(-1, 1, 5), np.zeros(5), **arguments)

    def test_unequal_lengths_are_refused(self):
        with pytest.raises(ValueError, match=r"x has shape \(5,\) and y \(4,\)"):
            fit_polynomial(np.zeros(5), np.zeros(4), degree=1)


class TestCurves:
    def test_a_learning_curve_has_one_row_a_size_and_one_column_a_repeat(self, world, rng):
        curve = learning_curve(world, 3, 0.0, [20, 40, 80], n_validation=50, n_repeats=7, rng=rng)
        assert curve.train_scores.shape == curve.validation_scores.shape == (3, 7)
        assert curve.n_repeats == 7 and curve.noise_floor == pytest.approx(0.09)

    def test_the_same_seed_gives_the_same_curve(self, world):
        first, second = (
            learning_curve(world, 3, 0.0, [20, 40], 50, 5, np.random.default_rng(1)) for _ in range(2)
        )
        np.testing.assert_array_equal(first.validation_scores, second.validation_scores)

    def test_a_larger_training_set_contains_the_smaller_one(self, world):
        """So the smaller sizes do not change when a larger one is measured too."""
        # The generator draws inputs before targets, so both runs must draw the same number of rows.
        short = learning_curve(world, 3, 0.0, [20, 80], 50, 5, np.random.default_rng(1))
        long = learning_curve(world, 3, 0.0, [20, 40, 80], 50, 5, np.random.default_rng(1))
        np.testing.assert_array_equal(short.train_scores, long.train_scores[[0, 2]])

    def test_the_gap_closes_with_data_and_validation_ends_at_the_floor(self, world, rng):
        curve = learning_curve(world, 6, 0.0, [20, 100, 800], 200, 40, rng)
        gap = (curve.validation_scores - curve.train_scores).mean(axis=1)
        assert gap[0] > gap[1] > gap[2]
        score = curve.validation_scores[-1]
        risk = decompose(world, repeated_fits(world, 6, 0.0, 800, 200, rng)).risk
        # Four standard errors of 40 independent repeats; the risk from 200 fits adds a negligible error.
        assert abs(score.mean() - risk) < 4 * score.std(ddof=1) / np.sqrt(40)
        assert risk < 1.05 * world.noise_floor

    @pytest.mark.parametrize("sizes", [[40, 20], [20, 20], []])
    def test_sizes_that_do_not_increase_are_refused(self, world, rng, sizes):
        with pytest.raises(ValueError, match="increasing order"):
            learning_curve(world, 1, 0.0, sizes, 50, 5, rng)

    def test_training_error_never_rises_with_the_degree(self, world, rng):
        """Least squares with one more feature on the same rows cannot fit worse: exact, whatever the seed."""
        curve = validation_curve(world, range(1, 13), 0.0, 40, 100, 20, rng)
        assert np.all(np.diff(curve.train_scores, axis=0) <= 1e-12)

    def test_validation_error_turns_and_risk_with_it(self, world, rng):
        curve = validation_curve(world, range(1, 13), 0.0, 30, 100, 200, rng)
        for scores in (curve.validation_scores, curve.risks):
            typical = np.median(scores, axis=1)
            assert 0 < typical.argmin() < 11
        assert curve.train_scores.mean(axis=1).argmin() == 11

    def test_a_validation_score_is_an_unbiased_look_at_the_risk(self, world, rng):
        curve = validation_curve(world, [3, 6], 0.0, 40, 100, 400, rng)
        difference = curve.validation_scores - curve.risks
        tolerance = 4 * difference.std(axis=1, ddof=1) / np.sqrt(400)
        assert np.all(np.abs(difference.mean(axis=1)) < tolerance)

    def test_a_curve_survives_json(self, world, rng):
        curve = learning_curve(world, 3, 0.0, [20, 40], 50, 5, rng)
        again = Curve.from_dict(json.loads(json.dumps(curve.to_dict())))
        np.testing.assert_array_equal(again.validation_scores, curve.validation_scores)
        assert again.to_dict() == curve.to_dict()


class TestParts:
    def test_the_parts_add_up_to_the_average_risk_of_the_same_fits(self, world, rng):
        """An identity, not an estimate: both sides use the same fits, so they agree to rounding."""
        fits = repeated_fits(world, 5, 0.01, 30, 50, rng)
        average = np.mean([world.risk(Polynomial(fit)) for fit in fits])
        parts = decompose(world, fits)
        assert parts.risk == pytest.approx(average, rel=1e-12)

    def test_a_straight_line_is_biased_and_a_wiggly_one_varies(self, world, rng):
        line = decompose(world, repeated_fits(world, 1, 0.0, 40, 100, rng))
        wiggly = decompose(world, repeated_fits(world, 10, 0.0, 40, 100, rng))
        assert line.squared_bias > 10 * line.variance
        assert wiggly.variance > 10 * abs(wiggly.squared_bias)

    def test_one_fit_has_no_variance(self, world, rng):
        with pytest.raises(ValueError, match="at least 2"):
            decompose(world, repeated_fits(world, 3, 0.0, 40, 1, rng))


class TestOptimism:
    """Mallows 1973; Hastie, Tibshirani and Friedman 2009, sections 7.4 and 7.5."""

    N, D, STUDIES = 50, 20, 2000

    def test_published_values(self):
        published = optimism_published(self.N, self.D, noise=1.0, n_studies=1)
        values = {name: round(expected.value, 4) for name, expected in published.items()}
        assert values == {"training": 0.6, "same_inputs": 1.4, "optimism": 0.8, "fresh_inputs": 1.6897}

    def test_simulation_agrees_within_four_standard_errors(self, rng):
        studies = optimism_studies(self.N, self.D, 1.0, self.STUDIES, rng)
        for name, expected in optimism_published(self.N, self.D, 1.0, self.STUDIES).items():
            assert expected.agrees(getattr(studies, name).mean()), name

    def test_stated_standard_errors_are_those_of_the_studies(self, rng):
        """A tolerance that is too wide would accept anything: hold it to the spread that is seen."""
        studies = optimism_studies(self.N, self.D, 1.0, self.STUDIES, rng)
        for name, expected in optimism_published(self.N, self.D, 1.0, self.STUDIES).items():
            seen = getattr(studies, name).std(ddof=1) / np.sqrt(self.STUDIES)
            # The spread of 2000 studies is itself known to 1/sqrt(2 * 2000) = 1.6 % when they are normal; the
            # errors are skewed (excess kurtosis below 2 here), which at most doubles its variance: 4 x 2.2 %.
            assert seen == pytest.approx(expected.standard_error, rel=0.09), name

    @pytest.mark.parametrize(
        "wrong, name, value",
        [
            ("forgets the factor two", "optimism", 20 / 50),
            ("noise minus training error", "optimism", 1 - 0.6),
            ("divides the training error by N - d", "training", 1.0),
            ("divides by N - d, so sees no optimism", "optimism", 1.4 - 1.0),
            ("uses the same-inputs formula for fresh inputs", "fresh_inputs", 1.4),
            ("takes the optimism the wrong way round", "optimism", -0.8),
        ],
    )
    def test_wrong_versions_are_refused(self, wrong, name, value):
        assert not optimism_published(self.N, self.D, 1.0, self.STUDIES)[name].agrees(value), wrong

    @pytest.mark.parametrize("d", [0, 47, 60])
    def test_formulas_outside_their_range_are_refused(self, d):
        with pytest.raises(ValueError, match=f"d is {d} and n is 50"):
            optimism_published(50, d, 1.0, 100)


def measured_parts(world, predictions, y_test, x_test):
    variance = predictions.var(axis=0, ddof=1).mean()
    miss = predictions.mean(axis=0) - world.truth(x_test)
    return {
        "squared_bias": np.mean(miss**2) - variance / len(predictions),
        "variance": variance,
        "mean_squared_error": np.mean((y_test - predictions) ** 2),
    }


class TestBiasVariance:
    """Geman, Bienenstock and Doursat 1992; Hastie, Tibshirani and Friedman 2009, section 7.3."""

    STUDIES = 2000
    X_TRAIN = np.cos(np.pi * (np.arange(30) + 0.5) / 30)
    X_TEST = np.linspace(-0.95, 0.95, 40)

    @pytest.mark.parametrize("degree", [1, 3, 9])
    def test_simulation_agrees_within_four_standard_errors(self, world, rng, degree):
        fits = fixed_input_fits(world, self.X_TRAIN, self.X_TEST, degree, self.STUDIES, rng)
        measured = measured_parts(world, *fits, self.X_TEST)
        published = bias_variance_published(world, self.X_TRAIN, self.X_TEST, degree, self.STUDIES)
        for name, value in measured.items():
            assert published[name].agrees(value), name

    def test_the_published_parts_are_an_identity(self, world):
        published = bias_variance_published(world, self.X_TRAIN, self.X_TEST, 3, 100)
        total = sum(published[name].value for name in ("noise", "squared_bias", "variance"))
        assert published["mean_squared_error"].value == pytest.approx(total, rel=1e-12)

    def test_on_its_own_inputs_the_variance_is_noise_times_coefficients_over_rows(self, world):
        """tr(H) = d for a projection on d features: known without any simulation."""
        published = bias_variance_published(world, self.X_TRAIN, self.X_TRAIN, 4, 100)
        assert published["variance"].value == pytest.approx(0.09 * 5 / 30, rel=1e-9)

    @pytest.mark.parametrize(
        "wrong, total",
        [
            ("forgets the noise floor", lambda p: p["squared_bias"].value + p["variance"].value),
            (
                "does not square the bias",
                lambda p: 0.09 + p["squared_bias"].value ** 0.5 + p["variance"].value,
            ),
            ("counts the variance twice", lambda p: 0.09 + p["squared_bias"].value + 2 * p["variance"].value),
            ("adds the noise, not its square", lambda p: 0.3 + p["squared_bias"].value + p["variance"].value),
        ],
    )
    def test_wrong_sums_are_refused(self, world, wrong, total):
        published = bias_variance_published(world, self.X_TRAIN, self.X_TEST, 3, self.STUDIES)
        assert not published["mean_squared_error"].agrees(total(published)), wrong

    def test_scoring_on_the_targets_fitted_is_refused(self, world, rng):
        """The identity is about fresh targets; the training error is smaller by the optimism."""
        y = world.truth(self.X_TRAIN) + world.noise * rng.normal(size=(self.STUDIES, 30))
        hat = overfitting._hat(self.X_TRAIN, self.X_TRAIN, 9)
        published = bias_variance_published(world, self.X_TRAIN, self.X_TRAIN, 9, self.STUDIES)
        assert not published["mean_squared_error"].agrees(np.mean((y - y @ hat.T) ** 2))


def truth(squared_bias, variance, standard_error=0.001, floor_known=True):
    return CaseTruth(ErrorDecomposition(1.0, squared_bias, variance), standard_error, floor_known)


class TestDiagnosis:
    @pytest.mark.parametrize(
        "case, cause",
        [
            (truth(0.02, 0.02), "well-fitted"),
            (truth(0.50, 0.05), "underfitted"),
            (truth(0.05, 0.50), "overfitted"),
            (truth(0.30, 0.30), None),  # a mixture
            (truth(0.05, 0.05), None),  # in the grey zone
            (truth(0.02, 0.02, standard_error=0.2), "not enough evidence"),
            (truth(0.02, 0.02, standard_error=0.05), None),  # between enough and not enough
            (truth(0.50, 0.05, floor_known=False), "not enough evidence"),
            (truth(0.02, 0.02, floor_known=False), "not enough evidence"),
            (truth(0.05, 0.50, floor_known=False), "overfitted"),
        ],
    )
    def test_the_cause_follows_from_the_truth(self, case, cause):
        assert diagnose_truth(case) == cause

    def test_the_unit_of_the_target_changes_nothing(self):
        scaled = CaseTruth(ErrorDecomposition(100.0, 50.0, 5.0), 0.1, True)
        assert diagnose_truth(scaled) == diagnose_truth(truth(0.50, 0.05))

    @pytest.mark.parametrize("cause", CAUSES)
    def test_a_case_has_the_cause_asked_for(self, cause, rng):
        for _ in range(10):
            curve, known = make_case_with_truth(cause, rng)
            assert diagnose_truth(known) == cause
            assert (curve.noise_floor is not None) == known.floor_known
            assert np.all(np.isfinite(curve.validation_scores)) and np.all(curve.validation_scores > 0)

    def test_a_case_holds_nothing_but_evidence(self, rng):
        fields = set(make_case("overfitted", rng).to_dict())
        assert fields == {"train_sizes", "train_scores", "validation_scores", "n_validation", "noise_floor"}

    def test_the_truths_standard_error_is_how_much_repeated_studies_differ(self):
        """Run one study again and again: its mean validation score must vary as its truth says."""
        rng = np.random.default_rng(4)
        study = cases._draw_study("well-fitted", True, True, rng)
        known = cases._truth_of(study, rng)
        means = [study.run(rng).validation_scores[-1].mean() for _ in range(400)]
        # The spread of 400 nearly normal means is known to 1/sqrt(800) = 3.5 %; the truth adds 150 fits' 2 %.
        assert np.std(means, ddof=1) == pytest.approx(known.standard_error, rel=4 * 0.041)

    def test_an_unknown_cause_is_refused_with_the_choices(self, rng):
        with pytest.raises(ValueError, match="'overfit'; choose one of underfitted, overfitted"):
            make_case("overfit", rng)
