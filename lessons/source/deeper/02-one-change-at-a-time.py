# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Deeper: one change at a time
#
# What goes beyond [lesson 02](../02-one-change-at-a-time.ipynb). Nobody needs it to go on. Each section can be read alone
# after the first cells. About 40 minutes.
#
# | section | question |
# |---|---|
# | 1 | When do more seeds pay? |
# | 2 | Which evidence separates two causes that look alike? |
# | 3 | How good is a rule of thumb for remedies? |
# | 4 | What does the one-standard-error rule give, and what does it cost? |
# | 5 | What happens beyond an exact fit (double descent)? |

# %%
import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

# %% jupyter={"source_hidden": true}
# isort: split
from holdout import Stage, explain, load, predict, resolve
from holdout.data.parcels import known_at_the_counter
from holdout.data.polynomials import World, validation_curve, wave
from holdout.figures import style
from holdout.topics.remedies import figures as views
from holdout.topics.remedies.cases import SHORTCUTS, make_scored_cases, score_policy
from holdout.topics.remedies.experiments import (
    CAUSES,
    ablation_table,
    double_descent_limit,
    double_descent_published,
    double_descent_risk,
    expected_loss,
    gather_evidence,
    make_remedy_case,
    min_norm,
    one_standard_error_choice,
    ridge_limit,
    simulate_min_norm_risk,
)

style.use()

# %% [markdown]
# ## 1 · When do more seeds pay?
#
# A change that must be maintained pays only below some limit, here −20 € for 1,000 parcels. If you decide now, you may be
# wrong. The **expected loss** of deciding now is *se* · (φ(*z*) − *z* Q(*z*)): *z* is the distance of the effect from the
# limit in standard errors, φ the normal density, Q the normal upper tail (Raiffa and Schlaifer 1961). It assumes that
# before the measurement every effect was equally plausible. More seeds cannot be worth more than that.
#
# It is a loss *for 1,000 parcels*; seeds are paid *once*. So multiply by the parcels for which the decision holds: 30,000
# per month, for a year.

# %% jupyter={"source_hidden": true}
parcels = load("parcels", defects="all")
parcels = parcels[parcels["late"].notna()].drop_duplicates("parcel_id")
late = parcels["late"].to_numpy(dtype=int)
X = known_at_the_counter(parcels).to_numpy()


def cost(seed, **settings):
    """The study of the lesson: euros for 1,000 parcels."""
    order = np.random.default_rng(seed).permutation(len(X))
    train, validation = order[:4000], order[4000:7000]
    tree = DecisionTreeClassifier(random_state=seed, **settings).fit(X[train], late[train])
    upgraded = tree.predict_proba(X[validation])[:, 1] > 0.3
    return 1000 * np.mean(np.where(upgraded, 3, 10 * late[validation]))


# %%
changes = {
    "baseline": {},
    "larger leaves": {"min_samples_leaf": 40},
    "entropy": {"criterion": "entropy"},
    "weights for late": {"class_weight": "balanced"},
}
costs = pd.DataFrame({name: [cost(seed, **change) for seed in range(16)] for name, change in changes.items()})


def decide(seeds, limit=-20):
    table = ablation_table(costs.head(seeds), "baseline")[["effect", "se"]]
    loss = [expected_loss(effect, se, limit) for effect, se in table.to_numpy()]
    now = np.where(table["effect"] < limit, "merge", "drop")
    return table.assign(decision=now, **{"loss, € per year": np.multiply(loss, 30 * 12)})


decisions = pd.concat({f"{seeds} seeds": decide(seeds) for seeds in (4, 16)}, names=["seeds", "change"])
decisions.round({"effect": 1, "se": 1, "loss, € per year": 0})

# %% jupyter={"source_hidden": true}
loss = decisions["loss, € per year"]
assert loss["4 seeds", "larger leaves"] < 1 and loss["16 seeds", "larger leaves"] < 1
assert loss["16 seeds", "weights for late"] < loss["16 seeds", "entropy"]
assert loss["16 seeds", "entropy"] > 500
explain(
    """
    **What it means.** Larger leaves are settled after 4 seeds: more of them are worth nothing. Weights can be dropped after 16
    (a year of this decision loses {weights:,.0f} € on average). Entropy lies near the limit: deciding now loses {entropy:,.0f} €
    per year on average, so more seeds pay as long as they cost less. A fixed number of seeds could not tell you that. Neither
    could a fixed distance from the limit.
    """,
    weights=loss["16 seeds", "weights for late"],
    entropy=loss["16 seeds", "entropy"],
)

# %% [markdown]
# ## 2 · Which evidence separates look-alikes?
#
# The simulated world of the lesson: a linear model on cosines, six causes of trouble. At work you do not see the true risk.
# You can see three curves; the **label noise** (how much two measurements of the same row differ); and the **residual
# correlation** of neighbouring rows: negative for an overfitted model, near 0 where no pattern is left, clearly positive
# where the model could not follow one.
#
# 1. Compare "too simple" with "missing signal". Both lie far above the label noise with a small gap. **Which number tells
#    them apart?**
# 2. Compare "too flexible" with "too few rows". Both have a wide gap. Which *curve* tells them apart?
# 3. Compare "missing signal" with "at the floor". What would you have concluded without the label noise?
# 4. Take only 3 repeats. Which conclusions survive?

# %%
EXAMPLES = {cause: make_remedy_case(np.random.default_rng(24), cause) for cause in CAUSES}


def evidence_of(cause, repeats, draw=1):
    return gather_evidence(EXAMPLES[cause], np.random.default_rng([draw, repeats]), repeats=repeats)


# %% jupyter={"source_hidden": true}
evidence_stage = Stage(
    alt="Learning curve, error against features, and error against gradient steps, with the label noise",
    title="{cause}: training {training:.2f}, validation {validation:.2f}, label noise {noise:.2f}",
    readout="{cause}, {repeats} repeats, draw {draw}: validation {validation:.2f} ± {validation_se:.2f}, label noise "
    "{noise:.2f} ± {noise_se:.2f}, residual correlation {pattern:+.2f} ± {pattern_se:.2f}.",
    size=(9.0, 3.9),
    ncols=3,
)


@evidence_stage.live(
    cause=list(CAUSES), repeats=(3, 30), draw=(1, 5), start={"cause": "trained too long", "repeats": 10, "draw": 1}
)  # fmt: skip
def look(cause, repeats, draw):
    evidence = evidence_of(cause, repeats, draw)
    views.draw_evidence(evidence_stage.axes, evidence)
    return {
        "training": evidence["train_error"],
        "validation": evidence["validation_error"],
        "validation_se": evidence["validation_error_se"],
        "noise": evidence["label_noise"],
        "noise_se": evidence["label_noise_se"],
        "pattern": evidence["residual_correlation"],
        "pattern_se": evidence["residual_correlation_se"],
    }


look


# %% jupyter={"source_hidden": true}
def numbers(cause, repeats, draw=1):
    evidence = evidence_of(cause, repeats, draw)
    return {
        "training": evidence["train_error"],
        "validation": evidence["validation_error"],
        "label noise": evidence["label_noise"],
        "residual correlation": evidence["residual_correlation"],
        "validation, half the features": evidence["capacity_curve"]["validation"][1],
        "validation, half the rows": evidence["learning_curve"]["validation"][1],
    }


seen = pd.DataFrame({cause: numbers(cause, repeats=10) for cause in CAUSES}).T
seen.round(2)

# %% jupyter={"source_hidden": true}
redrawn = {
    (cause, repeats): pd.DataFrame([numbers(cause, repeats, draw) for draw in range(1, 6)])
    for cause in CAUSES
    for repeats in (3, 10)
}
pattern = {key: frame["residual correlation"] for key, frame in redrawn.items()}
simpler = {
    key: frame["validation, half the features"] - frame["validation"] for key, frame in redrawn.items()
}
above = {key: frame["validation"] - frame["label noise"] for key, frame in redrawn.items()}
for repeats in (3, 10):
    assert pattern["too simple", repeats].min() > 0.4 > 0.1 > pattern["missing signal", repeats].abs().max()
    assert simpler["too flexible", repeats].max() < 0 < simpler["too few rows", repeats].min()
nearest = {n: (above["missing signal", n].min(), above["at the floor", n].max()) for n in (3, 10)}
assert nearest[10][0] > 0.2 > 0.15 > nearest[10][1] and 0 < nearest[3][0] - nearest[3][1] < 0.05
explain(
    """
    **What it means.** (1) The residual correlation: {simple:.2f} if too simple, {missing:.2f} if a signal is missing. (2) The error
    against features: half of them help the too flexible model and harm the one with too few rows. The learning curve falls
    for both. (3) Without the label noise you would have left both alone; one of them lies {above:.2f} above its floor. (4)
    With 3 repeats (1) and (2) come out the same on all five draws. For (3), missing signal lies at least {far:.2f}
    above the label noise and at the floor up to {near:.2f}: they nearly meet.

    These are six examples in one world. The numbers do not carry over; the questions do.
    """,
    simple=seen.loc["too simple", "residual correlation"],
    missing=seen.loc["missing signal", "residual correlation"],
    above=round(seen.loc["missing signal", "validation"], 2)
    - round(seen.loc["missing signal", "label noise"], 2),
    far=nearest[3][0],
    near=nearest[3][1],
)

# %% [markdown]
# ## 3 · How good is a rule of thumb?
#
# The **regret** of a choice is what it costs (risk after it, plus price) beyond the best choice for that case. A rule's
# score is the share of regret that it avoids, compared with the one remedy that would be best if all cases got the same:
# 1 for a rule that knows everything, 0 for that remedy. (The exercise states 1 minus this score.)

# %% jupyter={"source_hidden": true}
predict(
    "02.d1",
    'The rule "wide gap: more data; no gap: add capacity" is scored on 60 cases. 1 is the best possible, 0 the best single '
    "remedy for all cases. What does the rule score?",
    options=["below 0", "0 to 0.3", "0.3 to 0.7", "above 0.7"],
)

# %%
cases = make_scored_cases(np.random.default_rng(20), 60, designs=8)
dear = make_scored_cases(np.random.default_rng(20), 60, designs=8, dearer=20)
rules = dict(SHORTCUTS)
for remedy in ("more data", "regularise"):
    rules[f"always {remedy}"] = lambda evidence, remedy=remedy: remedy

# %% [markdown]
# **Find** the number of cases from which the best rule no longer changes. Then let each case have prices of its own, up to
# twenty times as high.

# %% jupyter={"source_hidden": true}
scores_stage = Stage(
    alt="Scores of rules between the best constant remedy and the best possible",
    title="{hidden_cases} cases: the best of these rules scores {best_score:.2f}",
    readout="{hidden_cases} cases, {prices}: the best of these rules is “{best}”.",
    size=(8.4, 3.8),
)


@scores_stage.live(hidden_cases=(12, 60, 6), prices=["same prices", "own prices"], start={"hidden_cases": 60})
def score(hidden_cases, prices):
    judged = (cases if prices == "same prices" else dear)[:hidden_cases]
    scores = {name: score_policy(rule, judged) for name, rule in rules.items()}
    views.draw_scores(scores_stage.ax, scores, passing=0.82)
    best = max(scores, key=scores.get)
    return {"best": best, "best_score": scores[best]}


score

# %% jupyter={"source_hidden": true}
gap_rule = "gap: more data, no gap: add capacity"
scores = {name: score_policy(rule, cases) for name, rule in rules.items()}
leaders = {n: max(rules, key=lambda name: score_policy(rules[name], cases[:n])) for n in range(12, 61, 6)}
settled = max(n for n in leaders if leaders[n] != gap_rule) + 6
dear_score = score_policy(rules[gap_rule], dear)
assert 0.3 < scores[gap_rule] < 0.7 and max(scores.values()) < 0.82 and dear_score < 0
assert leaders[60] == gap_rule and leaders[12] == "learning curve only" and settled == 30
resolve("02.d1", "0.3 to 0.7", f"It scores {scores[gap_rule]:.2f}.")
explain(
    """
    **What it means.** On the first 12 of these cases another rule leads; from {settled} on the gap rule stays first. Looking at
    the gap is worth something ({gap:.2f}; on ten draws of 60 cases 0.43 to 0.60), but it does not separate what section 2
    separates. With prices of their own it scores {dear:.2f} (on the ten draws −1.76 to −0.75), worse than one remedy for all,
    because it buys rows whatever they cost. In the exercise you write a rule that weighs what each remedy promises against
    its price.
    """,
    settled=settled,
    gap=scores[gap_rule],
    dear=dear_score,
)

# %% [markdown]
# ## 4 · The simplest model that is not clearly worse
#
# The one-standard-error rule (Breiman, Friedman, Olshen and Stone 1984) takes the *simplest* candidate whose mean error is
# at most the lowest mean plus one standard error. Here each repeat draws new training and validation rows. Folds of a
# cross-validation share rows, so at work the standard error is less certain than here.
#
# 1. **Find** settings in which the two choices agree.
# 2. Change `study` a few times with 5 repeats. Which of the two vertical lines moves more?
# 3. Where does the rule cost true risk (dotted line), and how much?

# %%
DEGREES = np.arange(1, 13)


def study_of_degrees(study, repeats, noise, rows=60):
    rng, world = np.random.default_rng([study, repeats]), World(truth=wave, noise=noise)
    curve = validation_curve(world, DEGREES, 0.0, rows, n_validation=30, n_repeats=repeats, rng=rng)
    errors = curve.validation_scores.T
    return errors, curve.risks.mean(axis=1), errors.mean(axis=0).argmin(), one_standard_error_choice(errors)


# %% jupyter={"source_hidden": true}
choice_stage = Stage(
    alt="Validation error of each degree with one standard error; the lowest error and the one-standard-error choice",
    title="Lowest error: degree {low_degree}. One standard error: degree {degree}",
    readout="{repeats} repeats, noise {noise:.1f}, study {study}: lowest error at degree {low_degree} (true risk "
    "{low_risk:.3f}); one-standard-error choice: degree {degree} (true risk {risk:.3f}).",
)


@choice_stage.live(
    repeats=(3, 30), noise=(0.2, 0.8, 0.1), study=(1, 10), start={"repeats": 5, "noise": 0.5, "study": 3}
)
def choose(repeats, noise, study):
    errors, risks, lowest, chosen = study_of_degrees(study, repeats, noise)
    views.draw_one_standard_error(choice_stage.ax, DEGREES, errors, risks, lowest, chosen)
    return {
        "low_degree": DEGREES[lowest],
        "low_risk": risks[lowest],
        "degree": DEGREES[chosen],
        "risk": risks[chosen],
    }


choose

# %% [markdown]
# Is the rule worth it? We ask 300 studies of 5 repeats each.

# %%
degrees, chosen_risks = [], []
for number in range(300):
    errors, risks, lowest, chosen = study_of_degrees(number, repeats=5, noise=0.5)
    degrees.append(DEGREES[[lowest, chosen]])
    chosen_risks.append(risks[[lowest, chosen]])
degrees, chosen_risks = np.array(degrees), np.array(chosen_risks)

# %% jupyter={"source_hidden": true}
extra = chosen_risks[:, 1] - chosen_risks[:, 0]
extra_error = extra.std(ddof=1) / np.sqrt(len(extra))
spread = degrees.std(axis=0, ddof=1)


def ten_studies(repeats, noise):
    """In how many of ten studies both choices agree, and what the rule costs at worst."""
    agree, worst = 0, []
    for number in range(1, 11):
        _, risks, lowest, chosen = study_of_degrees(number, repeats, noise)
        agree += lowest == chosen
        worst.append(risks[chosen] / risks[lowest] - 1)
    return agree, max(worst)


NOISES = np.round(np.arange(0.2, 0.81, 0.1), 1)
agree, worst = {}, {}
for repeats in (3, 30):
    for noise in NOISES:
        agree[repeats, noise], worst[repeats, noise] = ten_studies(repeats, noise)
with_few = [agree[3, noise] for noise in NOISES]
worst_few, worst_many = (max(worst[repeats, noise] for noise in NOISES) for repeats in (3, 30))
assert agree[30, 0.2] == 10 and agree[30, 0.5] < 5 < agree[30, 0.8] < 8 and max(with_few) < 6
assert worst_few > 0.4 and worst_many < 0.15
assert spread[1] < spread[0] / 2 and abs(extra.mean()) < 0.03 * chosen_risks[:, 0].mean()
explain(
    """
    **What it means.** (1) With 30 repeats the two choices agree in {quiet} of the 10 studies at noise 0.2, in {middle} at 0.5 and in
    {noisy} at 0.8; with 3 repeats in {few_low} to {few_high}, whatever the noise. (2) The lowest error: see the table. (3) Mostly
    little, but with few repeats one study can be far off: of the 70 studies with 3 repeats the worst has {worst_few:.0%} more true
    risk, with 30 repeats {worst_many:.0%}.

    | over 300 studies | mean degree | standard deviation of the degree | mean true risk |
    |---|--:|--:|--:|
    | lowest error | {low_degree:.1f} | {low_spread:.1f} | {low_risk:.3f} |
    | one standard error | {degree:.1f} | {spread:.1f} | {risk:.3f} |

    The rule chooses a simpler model, and nearly the same one each time. It costs {extra:+.4f} ± {error:.4f} of true risk here
    (mean and standard error). It is a rule for simplicity at a price, not for less risk.
    """,
    quiet=agree[30, 0.2],
    middle=agree[30, 0.5],
    noisy=agree[30, 0.8],
    few_low=min(with_few),
    few_high=max(with_few),
    worst_few=worst_few,
    worst_many=worst_many,
    low_degree=degrees[:, 0].mean(),
    low_spread=spread[0],
    low_risk=chosen_risks[:, 0].mean(),
    degree=degrees[:, 1].mean(),
    spread=spread[1],
    risk=chosen_risks[:, 1].mean(),
    extra=extra.mean(),
    error=extra_error,
)

# %% [markdown]
# ## 5 · Double descent: what happens beyond an exact fit?
#
# Capacity can go beyond the point where the model fits every training row exactly. Among the many exact fits, `lstsq`
# returns the one with the smallest coefficients.

# %% jupyter={"source_hidden": true}
predict(
    "02.d2",
    "100 rows, and the number of features grows: 50, 100, 200, 400; the signal stays as strong. No penalty. Where is the "
    "risk worst?",
    options=["at 50", "at 100", "at 200", "at 400"],
)

# %% [markdown]
# The truth is a random direction of squared length 4, the noise has variance 1, the features are uncorrelated. The
# **excess risk** (risk minus noise floor) is then the squared distance of the fitted coefficients from the true ones.


# %%
def excess_risk(n, p, rng):
    beta = rng.normal(size=p)
    beta *= 2 / np.linalg.norm(beta)
    X_train = rng.normal(size=(n, p))
    y_train = X_train @ beta + rng.normal(size=n)
    return np.sum((min_norm(X_train, y_train) - beta) ** 2)


rng = np.random.default_rng(30)
measured = {p: np.mean([excess_risk(100, p, rng) for _ in range(100)]) for p in (50, 200, 400)}
at_100 = np.mean([excess_risk(100, 100, rng) for _ in range(100)])

# %% [markdown]
# *n* rows, *p* features, noise variance *s²*, squared length of the true coefficients *r²*. For normal features the mean is
# known exactly: *s²p/(n−p−1)* for fewer features than rows, *r²(1−n/p) + s²n/(p−n−1)* for more, and infinite at *p = n* and
# its two neighbours. Hastie, Montanari, Rosset and Tibshirani (2022) derive the limit for large *n*, without a penalty and
# with the best ridge penalty, *p s²/r²*.

# %% jupyter={"source_hidden": true}
published = {p: double_descent_published(100, p, repeats=100) for p in measured}
assert all(published[p].agrees(measured[p]) for p in measured)
best_ridge = simulate_min_norm_risk(100, 100, np.random.default_rng(31), repeats=200, ridge=100 / 4)
ridge_error = best_ridge.std(ddof=1) / np.sqrt(len(best_ridge))
# the limit holds for n to infinity; at n = 100 the difference is of order 1/n
ridge_tolerance = 4 * ridge_error + 0.01 * ridge_limit(1.0)
assert abs(best_ridge.mean() - ridge_limit(1.0)) < ridge_tolerance and at_100 > 20
resolve("02.d2", "at 100", f"The mean of these 100 fits is {at_100:,.0f}; the formula says infinite.")
rows = [[measured[p], published[p].value, published[p].tolerance] for p in measured]
rows.append([best_ridge.mean(), ridge_limit(1.0), ridge_tolerance])
index = [f"p = {p}, no penalty" for p in measured] + ["p = 100, best ridge"]
pd.DataFrame(rows, index=index, columns=["measured", "published", "tolerance"]).round(3)

# %% [markdown]
# The tolerance is four standard errors: from theory for the first three rows (see `double_descent_published`), measured for the last
# one, plus 1% for the limit.
#
# 1. Lower the noise. Which side of the peak gains more?
# 2. **Find** a noise and a signal for which 160 features beat 16 at 40 rows.
# 3. Give the fits some ridge. How much removes the peak?

# %%
SMALL_P = np.array([4, 8, 16, 24, 32, 36, 40, 44, 50, 60, 80, 120, 160])
RATIOS = np.concatenate([np.geomspace(0.1, 0.985, 60), [1.0], np.geomspace(1.015, 4, 60)])

# %% jupyter={"source_hidden": true}
descent_stage = Stage(
    alt="Excess risk against features per row: formula without ridge, formula with the best ridge, and fits",
    title="Ridge {ridge:g}: 16, 40, 160 features have excess risk {few:.2f}, {peak:.1f}, {many:.2f}",
    readout="Noise variance {noise:.1f}, signal {signal:.0f}, ridge {ridge:g}: medians of 9 fits to 40 rows. Best ridge at 40 "
    "features: {best:.2f}.",
    size=(7.6, 4.2),
)


@descent_stage.live(
    noise=(0.2, 3.0, 0.2),
    signal=(1.0, 16.0, 1.0),
    ridge=[0.0, 0.1, 1.0, 3.0, 10.0, 100.0],
    start={"noise": 1.0, "signal": 4.0},
)
def descend(noise, signal, ridge):
    rng, options = np.random.default_rng(32), {"noise": noise, "signal": signal, "ridge": ridge}
    fits = [np.median(simulate_min_norm_risk(40, p, rng, repeats=9, **options)) for p in SMALL_P]
    plain = np.array([double_descent_limit(ratio, signal=signal, noise=noise) for ratio in RATIOS])
    best = np.array([ridge_limit(ratio, signal=signal, noise=noise) for ratio in RATIOS])
    name = f"median of 9 fits to 40 rows, ridge {ridge:g}"
    views.draw_double_descent(descent_stage.ax, RATIOS, plain, best, SMALL_P / 40, fits, name)
    return {
        "few": fits[2],
        "peak": fits[6],
        "many": fits[-1],
        "best": ridge_limit(1.0, signal=signal, noise=noise),
    }


descend

# %% jupyter={"source_hidden": true}
limits = {
    (noise, signal): [double_descent_limit(p / 40, signal=signal, noise=noise) for p in (16, 160)]
    for noise in (0.2, 1.0, 3.0)
    for signal in (1.0, 4.0, 16.0)
}
assert [setting for setting, (few, many) in limits.items() if many < few] == [(3.0, 1.0)]
share_left = [quiet / loud for quiet, loud in zip(limits[0.2, 4.0], limits[1.0, 4.0], strict=True)]
rng = np.random.default_rng(33)
means = {}
for ridge in (1.0, 10.0):
    for p in (30, 46, 80, 160):
        fits = simulate_min_norm_risk(40, p, rng, repeats=500, ridge=ridge * (p / 40 if ridge == 10 else 1))
        means[ridge, p] = fits.mean(), fits.std(ddof=1) / np.sqrt(len(fits))
for neighbour in (30, 80):
    peak, other = means[1.0, 46], means[1.0, neighbour]
    assert peak[0] - other[0] > 2 * np.hypot(peak[1], other[1])
tuned = [means[10.0, p][0] for p in (30, 46, 80, 160)]
assert tuned == sorted(tuned)
before, after = double_descent_risk(80, 100), double_descent_risk(95, 100)
explain(
    """
    **What it means.** (1) The left side: at 16 features a noise of 0.2 leaves {left:.0%} of the excess risk of noise 1, at 160
    features {right:.0%}; what is missed of the signal stays. (2) Much noise and little signal, such as 3 and 1. (3) A ridge of 1
    lowers the peak and moves it, but does not remove it: over 500 fits each, the mean excess risk is {low:.2f} at 30 features,
    {peak:.2f} ± {peak_error:.2f} at 46 and {high:.2f} at 80 (standard error). With the best ridge for each number of features
    it only rises: {tuned_low:.2f}, {tuned_peak:.2f}, {tuned_high:.2f}.

    At *p = n* exactly one model fits all rows, however large its coefficients. With more features there are many exact fits, and the
    smallest of them has smaller coefficients: the risk descends a second time. That is **double descent**. For uncorrelated
    features like these, the best ridge has no peak (Nakkiran, Venkat, Kakade and Ma 2021). So a peak in your own curve says that the
    model has *too little regularisation*, not that it has none.

    Without a penalty more rows can do harm, because they move the model towards the peak: with 100 features the mean excess
    risk is {before:.1f} for 80 rows and {after:.1f} for 95.
    """,
    left=share_left[0],
    right=share_left[1],
    low=means[1.0, 30][0],
    peak=means[1.0, 46][0],
    peak_error=means[1.0, 46][1],
    high=means[1.0, 80][0],
    tuned_low=tuned[0],
    tuned_peak=tuned[1],
    tuned_high=tuned[2],
    before=before,
    after=after,
)

# %% [markdown]
# Back to [lesson 02](../02-one-change-at-a-time.ipynb), or on to the
# [exercise](../../exercises/02-one-change-at-a-time/02-one-change-at-a-time.ipynb).
