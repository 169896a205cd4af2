"""The items of the placement: two parallel forms, one or two items a lesson; and the cases of the reviewer's path. The first option of a choice is the right one.

Every number in a text is a field, filled from the facts of the item (`facts`). A form is used once by each learner: A before
the course, B after it. Not for showing them (`form`).
"""

from __future__ import annotations

from functools import partial

from holdout.record.placement import facts, figures
from holdout.record.placement.item import Item, Misread, Option

_TREES = (
    Option("The deep tree learned the noise of its own rows; on new rows the shallow one does better.", "", ""),
    Option("The deep tree is the better one; the score on its own rows shows what it has learned.", "training-score", "That score is earned on rows that the tree has stored."),
    Option("The deep tree is still too simple for these rows; a gap like this asks for more capacity.", "gap-too-simple", "A model that is too simple fails on its own rows too; this one does not."),
    Option("The new rows come from another population; a gap like this is the usual sign of drift.", "gap-is-drift", "All rows come from one source, as the question says."),
)  # fmt: skip
_SEGMENT_FAIL = (
    Option("Neither: with so few parcels the interval of the share includes values on both sides of the bar.", "", ""),
    Option("It fails: the observed share is below the bar, and what was observed is what can be reported.", "point-decides", "The share is a fact about {rows:.0f} parcels, the verdict is one about all parcels to come."),
    Option("It passes: the interval of the share includes the bar, so that the bar is met in this region.", "wider-is-pass", "By the same reasoning it fails: the interval includes values below the bar, too."),
    Option("It passes: the recall over all the regions together is above the bar and rests on more parcels.", "average-covers", "The average hardly moves when a segment of this size fails."),
)  # fmt: skip
_SEGMENT_PASS = (
    Option("Neither: so few claims give an interval with values on both sides of the required share.", "", ""),
    Option("It passes: the observed share is above what is required, and that is what was measured.", "point-decides", "The share is a fact about {rows:.0f} claims, the verdict is one about all claims to come."),
    Option("It passes: the interval of the share includes the required share, so that it is reached.", "wider-is-pass", "The interval includes lower shares, too, and shows no more than that it is wide."),
    Option("It passes: the share over all kinds of claims is high enough and rests on far more claims.", "average-covers", "The average hardly moves when a kind of this size fails."),
)  # fmt: skip

_A = (
    Item("A", "01.1",
        "A decision tree without a depth limit is right on {train_deep:.0%} of the {rows:.0f} rows that it was fitted on, and on {new_deep:.0%} of new rows from the same source. A tree of depth 3, fitted on the same rows, is right on {train_shallow:.0%} and on {new_shallow:.0%}. What do the four numbers show?",
        partial(facts.trees, 1, 300, 12, 0.1),
        "The gap of {train_deep:.0%} to {new_deep:.0%} is what was stored and does not carry over. Compare the models where neither has seen the rows: {new_shallow:.0%} is more than {new_deep:.0%}.",
        lambda f: f["train_deep"] > f["train_shallow"] and f["new_shallow"] > f["new_deep"] + 0.02,
        options=_TREES),
    Item("A", "01.2",
        "The picture shows the error of one model on its training rows and on new rows, and the noise that no model can remove. By how much can the error on new rows at {rows:.0f} training rows still fall, at most?",
        partial(facts.learning_curve, 3, 12, 1.0, (40, 50, 60, 80)),
        "From {validation:.2f} down to the floor at {floor:.2f}. The training error lies below the floor, because the model has fitted part of the noise of its own rows.",
        lambda f: f["train"] < f["floor"] < f["validation"],
        answer="left", tolerance=0.07, unit="squared minutes",
        misreads=(
            Misread("gap", "gap-is-gain", "That is the gap to the training error, and the training error is below what any model can reach on new rows."),
            Misread("validation", "error-to-zero", "That is all of the error, and the noise in it stays with the best model."),
        ),
        figure=partial(figures.curves, unit="squared minutes"),
        alt="Learning curves. Error on new rows: {validation0:.2f} at {size0:.0f} rows, {validation1:.2f} at {size1:.0f}, {validation2:.2f} at {size2:.0f}, {validation3:.2f} at {size3:.0f}. Error on training rows: {train0:.2f}, {train1:.2f}, {train2:.2f}, {train3:.2f}. A dotted line marks the noise at {floor:.2f}."),
    Item("A", "02.1",
        "A colleague reports that squared columns lower the error. Which line makes the comparison unfair?",
        partial(facts.split_luck, 5, 200),
        "It draws another split, so the two errors are measured on different rows. In a simulation with {rows:.0f} rows the error of one and the same model moves by {sd:.2f} (standard deviation) around {mean:.2f} from split to split, and squares that do nothing can win by that much.",
        lambda f: f["sd"] > 0.03 * f["mean"],
        code="""
train, valid = train_test_split(rows, random_state=0)
base = Ridge(alpha=1.0).fit(train[columns], train["cost"])
base_error = rmse(base, valid[columns], valid["cost"])
rows[squares] = rows[columns] ** 2
train, valid = train_test_split(rows, random_state=1)
both = Ridge(alpha=1.0).fit(train[columns + squares], train["cost"])
both_error = rmse(both, valid[columns + squares], valid["cost"])
print("gain", base_error - both_error)
""",
        line=5,
        misreads=(
            Misread(4, "intended-change", "That is the change whose effect is to be measured."),
            Misread(6, "intended-change", "That is the change whose effect is to be measured."),
            Misread(8, "sign-of-change", "Error before minus error after is positive when the change helps; nothing is wrong with it."),
        )),
    Item("A", "03.1",
        "A model must find at least {bar:.0%} of the late parcels in every region. On the islands {rows:.0f} parcels were late, and it found {hits:.0f} of them ({share:.0%}). What do you report for the islands?",
        partial(facts.segment, 3, 8, 0.5),
        "The 95% interval of {hits:.0f} in {rows:.0f} reaches from {low:.0%} to {high:.0%}. Report that there are too few parcels for a verdict, and how many are needed.",
        lambda f: f["low"] < f["bar"] < f["high"] and f["share"] < f["bar"],
        options=_SEGMENT_FAIL),
    Item("A", "03.2",
        "A model gives each parcel a probability of being late, and these forecasts are calibrated. A warning that turns out wrong costs {false_alarm:.0f} EUR. A late parcel without a warning costs {miss:.0f} EUR. A right warning, and silence about a parcel on time, cost nothing. From which forecast on is a warning cheaper than silence, in per cent?",
        partial(facts.cost_threshold, 6, 1.0, 4.0),
        "At a forecast p a warning costs {false_alarm:.0f} (1 - p) on average and silence {miss:.0f} p; they are equal at {threshold:.0f}%. Trying all thresholds on simulated calibrated forecasts gives {tried:.1f}%.",
        lambda f: abs(f["tried"] - f["threshold"]) < 2,
        answer="threshold", tolerance=2.0, unit="per cent",
        misreads=(
            Misread("half", "half-is-threshold", "50% is right only where both mistakes cost the same."),
            Misread("quotient", "cost-quotient", "That is {false_alarm:.0f} divided by {miss:.0f}; but a warning does not always cost {false_alarm:.0f}, only when the parcel is on time."),
            Misread("swapped", "costs-swapped", "That would be right if the wrong warning were the expensive mistake."),
        )),
    Item("A", "04.1",
        "The score of this study is too good. Which line lets the test rows take part in the fitting?",
        partial(facts.selection_leak, 8, 60, 1000, 10),
        "The columns are chosen with the labels of all rows, those of the test included. On {rows:.0f} rows of pure noise with {columns:.0f} columns, choosing {kept:.0f} like this gives {before:.0%} right; chosen on training rows alone, {after:.0%}.",
        lambda f: f["before"] > 0.7 and abs(f["after"] - 0.5) < 0.06,
        code="""
X, y = load_study()
chooser = SelectKBest(k=10).fit(X, y)
X = chooser.transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler().fit(X_train)
model = LogisticRegression().fit(scaler.transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
""",
        line=2,
        misreads=(
            Misread(4, "split-is-wrong", "The split is a fair draw; it only comes too late."),
            Misread(5, "scaler-leaks", "This scaler was fitted on training rows alone."),
            Misread(7, "test-is-read", "To score the test rows once is what they are for."),
        )),
    Item("A", "04.2",
        "{people:.0f} patients have {each:.0f} scans each. With scans held out at random a model is right on {score_rows:.0%}; with whole patients held out, on {score_people:.0%}. The clinic will use it on new patients. Which number do you promise?",
        partial(facts.groups, 10, 60, 6),
        "With scans at random, nearly every test patient has other scans in training, and the model recognises the patient. New patients have none.",
        lambda f: f["score_rows"] > f["score_people"] + 0.2,
        options=(
            Option("{score_people:.0%}: a new patient has no scan in training, and only this split imitates that.", "", ""),
            Option("{score_rows:.0%}: a random draw keeps the mix of the table, which makes it representative.", "random-is-fair", "It is representative of more scans of the same patients, and not of new ones."),
            Option("{score_rows:.0%}: whole patients held out leave too few kinds of patients to learn from.", "harder-is-unfair", "It is as hard as the use in the clinic is."),
            Option("A value between both, since one is too optimistic and the other is too pessimistic.", "mean-of-both", "The second is not pessimistic: it measures what will happen."),
        )),
    Item("A", "05.1",
        "{models:.0f} models compete on one test set of {rows:.0f} rows. The best scores {best:.1%}. What do you expect of it on new rows of the same kind?",
        partial(facts.best_of, 12, 40, 500, 0.8),
        "If all {models:.0f} were equally good at {true:.0%}, the best of them would score {best:.1%} on average over simulated contests.",
        lambda f: f["best"] > f["true"] + 0.02,
        options=(
            Option("Less than that: it won by its quality and by the luck of these rows, and luck stays behind.", "", ""),
            Option("About that: none of the models was fitted on the test rows, so that the score is unbiased.", "test-is-unbiased", "Each single score was unbiased; the largest of them is not."),
            Option("More than that: the best of so many candidates was found, and it can still be improved on.", "selection-helps", "Choosing finds the better models, and it finds the luckier ones, too."),
            Option("About that: within a standard error of the score, which states how much luck there can be.", "interval-covers", "A standard error is about one model, and not about the best of {models:.0f}."),
        )),
    Item("A", "05.2",
        "The team promises that the test set was used once. Which line breaks the promise?",
        partial(facts.best_of, 12, 8, 500, 0.8),
        "The depth is chosen by the test score, {models:.0f} times in one line. Equally good models at {true:.0%} would show a best score of {best:.1%} on {rows:.0f} rows.",
        lambda f: f["best"] > f["true"] + 0.01,
        code="""
train, test = train_test_split(parcels, random_state=0)
depths = range(2, 10)
models = {depth: fit_tree(train, depth) for depth in depths}
print({depth: score(models[depth], train) for depth in depths})
best = max(depths, key=lambda depth: score(models[depth], test))
final = fit_tree(train, best)
print("test score", score(final, test))
""",
        line=5,
        misreads=(
            Misread(7, "final-score", "This line reports; what it reports was used before."),
            Misread(3, "fit-is-reuse", "Any number of models may be fitted on training rows."),
            Misread(1, "split-is-wrong", "The split is a fair draw, made once."),
        )),
    Item("A", "06.1",
        "On the same {questions:.0f} questions model M answers {before:.1%} and model L {after:.1%}. L gains {gained:.0f} answers that M has wrong, and loses {lost:.0f} that M has right (p = {p:.2f}). L costs {factor:.0f} times as much. What do you recommend?",
        partial(facts.paired, 160, 5, 9, 26, 4.0),
        "Of {changed:.0f} answers that differ, {gained:.0f} to {lost:.0f} is what a fair coin gives or exceeds with probability {p:.2f}. The price is certain.",
        lambda f: f["p"] > 0.2 and f["after"] > f["before"],
        options=(
            Option("M for now: {gained:.0f} against {lost:.0f} is within luck, and L would cost {factor:.0f} times as much for sure.", "", ""),
            Option("L for now: it has more right answers, and the quality of answers has to come first here.", "higher-wins", "It has more right answers on these questions, by a margin that luck gives often."),
            Option("M for good: the test shows that L is no better than M, so that the question is closed.", "same-quality", "The test does not show that they are equal; it cannot tell at this size."),
            Option("None as yet: until the difference is significant, no choice between them can be made.", "needs-retest", "Some model is in service meanwhile: not deciding is a decision, too."),
        )),
    Item("A", "07.1",
        "An assistant answers questions about a price list that changes every month. It gives old prices, in good style. What do you try first?",
        facts.no_numbers,
        "It lacks knowledge, and the knowledge changes. Given the current document, it can read the new price the moment the list changes, and you can see which line it used.",
        lambda f: True,
        options=(
            Option("Retrieval: put the current part of the list beside every question.", "", ""),
            Option("Fine-tuning: train the model on the new price list after every new issue.", "tune-facts", "Weights hold the list of the day of training, and tuning may cost answers that were right."),
            Option("A larger model: it has read much more, and so it will know these prices.", "larger-model", "No model has read next month's list."),
            Option("A better prompt: tell the model that only current prices may be stated.", "prompt-orders", "The instruction is understood, and the price is still not known."),
        )),
    Item("A", "07.2",
        "A report: “Fine-tuned on our manual, the model answers 95% of our questions. Before, without the manual, it answered 40%. So fine-tuning beats retrieval.” What is your first objection?",
        facts.no_numbers,
        "The model without the manual is not the rival. The same model with the right page of the manual beside the question is, and it was not measured.",
        lambda f: True,
        options=(
            Option("Retrieval was not tried: the rival is the same model reading the manual's right page.", "", ""),
            Option("None, as the two numbers come from the same questions and the difference is very large.", "weak-baseline", "It is large, and it compares with something that nobody proposes."),
            Option("None, as a model that was trained on the task is always ahead of one that looks it up.", "tuned-is-better", "That is what had to be shown."),
            Option("The test is too small: with many more questions the report would have made its point.", "more-questions", "More questions measure the wrong comparison more precisely."),
        )),
    Item("A", "08.1",
        "A model was tuned with a low-rank adapter to answer in the house format, and does so now. What must be seen before it replaces the old one?",
        facts.no_numbers,
        "Tuning moves weights that other answers depend on. Only the old questions can show what was lost, slice by slice, also where the model should say that it does not know.",
        lambda f: True,
        options=(
            Option("The old questions, asked before and after: which answers were lost, kind by kind.", "", ""),
            Option("More questions in the house format: this is the task that the tuning was for.", "new-task-only", "They show that the tuning worked, and nothing of what it cost."),
            Option("Nothing else: with a low-rank adapter the base model's knowledge is untouched.", "low-rank-safe", "The base weights are untouched; the answers of base plus adapter are not."),
            Option("The loss curve: had the model forgotten things, the loss would have gone up.", "loss-tells", "The loss is that of the tuning examples."),
        )),
    Item("A", "09.1",
        "A quantized model answers {after:.1%} of {questions:.0f} questions, the full one {before:.1%}. On the {slice:.0f} questions about dosage it fell from {slice_before:.0%} to {slice_after:.0%}: {lost:.0f} answers lost, none gained (p = {p:.3f}). What do you report?",
        partial(facts.slice_and_average, 50, 44, 9, 950, 866, 20),
        "Losing {lost:.0f} and gaining none is not explained by luck: p = {p:.3f}. But a loss of {lost:.0f} answers in {questions:.0f} hardly moves the average.",
        lambda f: f["p"] < 0.01 and f["before"] - f["after"] < 0.012,
        options=(
            Option("The dosage slice broke, and the average over all the questions cannot show it.", "", ""),
            Option("The average held within a point, so that the quantized model is safe to ship.", "average-is-safe", "The average is safe; the people who ask about dosage are not."),
            Option("The slice is much too small for any verdict; its change has to be taken as noise.", "slice-is-noise", "Small slices often are, and this one was tested: p = {p:.3f}."),
            Option("Rounding hurts all the questions alike, so one bad slice must be an accident.", "uniform-damage", "Rounding hurts most where an answer hangs on few weights or small differences."),
        )),
    Item("A", "10.1",
        "A dashboard tests {tests:.0f} independent features for drift every month, each at the level of {level:.0f}%. In a month in which nothing has changed, how probable is at least one alarm, in per cent?",
        partial(facts.any_alarm, 1, 20, 0.05),
        "All {tests:.0f} stay silent with probability {none:.0f}%. In simulated months with no change {simulated:.0f}% had an alarm.",
        lambda f: abs(f["any"] - f["simulated"]) < 1.5,
        answer="any", tolerance=6.0, unit="per cent",
        misreads=(
            Misread("one", "one-level", "That is the level of one test; there are {tests:.0f} chances."),
            Misread("sum", "levels-add", "The levels add up to {sum:.0f}, but alarms can fall into the same month."),
            Misread("none", "alarm-complement", "That is the probability that all stay silent."),
        )),
    Item("A", "11.1",
        "A canary asks new random questions every evening and tests at the level of {level:.0f}% whether the model has become worse. The model does not change in {tests:.0f} evenings. What is to be expected?",
        partial(facts.any_alarm, 2, 90, 0.05),
        "Over {tests:.0f} independent evenings at least one false alarm has probability {any:.0f}%. A level must be fixed for the whole quarter.",
        lambda f: f["any"] > 95 and abs(f["any"] - f["simulated"]) < 1.5,
        options=(
            Option("At least one false alarm is nearly certain: the level is spent anew every evening.", "", ""),
            Option("A false alarm in {level:.0f}% of all quarters: this is what the level of the test promises.", "test-covers-quarter", "It promises that for one evening."),
            Option("No alarm at all: a model that does not change has no reason to answer differently.", "same-questions-same-result", "Scores move although the model stands still: the questions are a sample."),
            Option("A few alarms which then call for retraining, as a model gets worse over the months.", "retrain-first", "This model does not change, so there is nothing to repair."),
        )),
    Item("A", "11.2",
        "The same {questions:.0f} frozen questions are asked every day. Overnight the model went from {before:.0%} to {after:.0%}: {lost:.0f} answers lost, {gained:.0f} gained (p < 0.001). What do you do first?",
        partial(facts.paired, 336, 32, 4, 28, 1.0),
        "The questions are the same, so neither users nor topics explain it, and luck gives such a split with probability {p:.6f}. Something in service has changed: weights, prompt, library or scorer.",
        lambda f: f["p"] < 0.001,
        options=(
            Option("Find out what is served since last night; go back to the last good state.", "", ""),
            Option("Collect new examples and retrain, because the model is no longer up to date.", "retrain-first", "A model does not go out of date overnight on questions that are frozen."),
            Option("Look for a change in what users ask, since a fall like this begins with them.", "users-changed", "Users do not touch the frozen questions."),
            Option("Wait a few more days, because a single evening can always be a bit unlucky.", "wait-and-see", "It can, and not to this degree."),
        )),
    Item("A", "12.1",
        "A model writes {written:.0f} words; the next generation is trained on these alone. A word has a probability of 1 in {once_in:.0f}. How probable is it, in per cent, that the next generation can never write it?",
        partial(facts.token_gone, 1, 1000, 1000),
        "It is missed {written:.0f} times in a row with probability (1 - 1/{once_in:.0f})^{written:.0f}. It is expected {expected:.0f} time, and that is a mean. In simulated generations it was gone in {simulated:.0f}%.",
        lambda f: abs(f["gone"] - f["simulated"]) < 1,
        answer="gone", tolerance=6.0, unit="per cent",
        misreads=(
            Misread("never", "expected-so-there", "It is expected {expected:.0f} time: that is a mean, and zero times is among what it averages."),
            Misread("kept", "kept-for-gone", "That is the probability that it is still there."),
        )),
    Item("A", "13.1",
        "A model is trained on its own texts, generation after generation, and a check lets only correct texts through. After {generations:.0f} generations every text is still correct. What can be wrong all the same?",
        partial(facts.loop, 1, 500, 2000, 10, 0.2),
        "In a simulated loop in which every token is a real one, {alone:.0%} of the rarer half are still written after {generations:.0f} generations. With {real:.0%} of fresh real text it is {mixed:.0%}.",
        lambda f: f["alone"] < 0.3 and f["mixed"] > f["alone"] + 0.1,
        options=(
            Option("Rare things are no longer written, and a check of what is written cannot see it.", "", ""),
            Option("Nothing: as long as every single text is correct, the model has not lost anything.", "correct-is-complete", "The check sees texts, and what is lost writes none."),
            Option("The check is too lenient: with a stricter one the lost things would be back again.", "stricter-check", "A stricter check lets fewer texts through; it writes none."),
            Option("Too little was written: with more texts in each generation all would have stayed.", "larger-output", "More texts slow the loss down; without real data it goes on."),
        )),
    Item("A", "14.1",
        "A new model is better with probability {better:.0%} and then earns {gain:.0f} thousand EUR; otherwise it costs {loss:.0f} thousand. A pilot costs {pilot_cost:.0f} thousand, shows which is the case, and lets you decide then. What do you recommend?",
        partial(facts.three_actions, 0.8, 50.0, 400.0, 20.0),
        "In thousands of EUR: shipping is worth {better:.0%} of {gain:.0f} minus {worse:.0%} of {loss:.0f}, which is {ship:.0f}; waiting 0; the pilot {better:.0%} of {gain:.0f} minus {pilot_cost:.0f}, which is {pilot:.0f}.",
        lambda f: f["pilot"] > 0 > f["ship"],
        options=(
            Option("The pilot: it avoids the large loss and is expected to earn more than it costs.", "", ""),
            Option("Ship: the model is better in most of the cases, and a pilot would only cost money.", "likelier-wins", "The unlikely case costs {loss:.0f} against {gain:.0f}."),
            Option("Wait: a model that might lose that much money should not be touched at all yet.", "waiting-is-free", "Waiting gives up {pilot:.0f} thousand EUR that the pilot is expected to bring."),
            Option("Collect more data: nobody can decide before the model is known to be better.", "more-evidence-always", "The costs are known, so the decision can be made; the pilot is the evidence at a price."),
        )),
)  # fmt: skip

_B = (
    Item("B", "01.1",
        "A tree without a depth limit answers {train_deep:.0%} of the {rows:.0f} applications that it was fitted on as the clerks did, and {new_deep:.0%} of new applications from the same months. A tree of depth 3, fitted on the same applications, answers {train_shallow:.0%} and {new_shallow:.0%} as they did. What do the four numbers show?",
        partial(facts.trees, 3, 400, 10, 0.12),
        "From {train_deep:.0%} to {new_deep:.0%}: what was stored does not carry over. On applications that neither has seen, {new_shallow:.0%} is more than {new_deep:.0%}.",
        lambda f: f["train_deep"] > f["train_shallow"] and f["new_shallow"] > f["new_deep"] + 0.02,
        options=(
            Option("The deep tree stored noise of its applications; on new ones the shallow one is the better.", "", ""),
            Option("The deep tree is ahead: its score on what it was fitted on shows how much it has learned.", "training-score", "That score is earned on applications that the tree has stored."),
            Option("The deep tree is not yet flexible enough; such a large gap calls for more capacity in it.", "gap-too-simple", "A model that is too simple fails on its own rows too; this one does not."),
            Option("The new applications differ in kind from the old; such a gap is how drift is recognised.", "gap-is-drift", "All applications come from the same months, as the question says."),
        )),
    Item("B", "01.2",
        "The picture shows the error of one model on its training rows and on new rows, and the noise that no model can remove. By how much can the error on new rows at {rows:.0f} training rows still fall, at most?",
        partial(facts.learning_curve, 4, 10, 2.0, (36, 44, 54, 64)),
        "From {validation:.1f} down to the floor at {floor:.1f}. The training error lies below the floor, because the model has fitted part of the noise of its own rows.",
        lambda f: f["train"] < f["floor"] < f["validation"],
        answer="left", tolerance=0.3, unit="squared degrees",
        misreads=(
            Misread("gap", "gap-is-gain", "That is the gap to the training error, and the training error is below what any model can reach on new rows."),
            Misread("validation", "error-to-zero", "That is all of the error, and the noise in it stays with the best model."),
        ),
        figure=partial(figures.curves, unit="squared degrees"),
        alt="Learning curves. Error on new rows: {validation0:.1f} at {size0:.0f} rows, {validation1:.1f} at {size1:.0f}, {validation2:.1f} at {size2:.0f}, {validation3:.1f} at {size3:.0f}. Error on training rows: {train0:.1f}, {train1:.1f}, {train2:.1f}, {train3:.1f}. A dotted line marks the noise at {floor:.1f}."),
    Item("B", "02.1",
        "A colleague reports that a second hidden layer lowers the error. Which line makes the comparison unfair?",
        partial(facts.split_luck, 15, 300),
        "It drops the longest rides from training and validation of the second run only, so the two errors are measured on different rows. Even two random splits of {rows:.0f} rows move the error of one model by {sd:.2f} (standard deviation) around {mean:.2f} in a simulation; leaving out the hard rows moves it further, in one direction.",
        lambda f: f["sd"] > 0.03 * f["mean"],
        code="""
train, valid = train_test_split(rides, random_state=7)
small = fit_network(train, layers=1, seed=3)
small_error = rmse(small, valid)
rides = rides[rides["minutes"] < 60]
train, valid = train_test_split(rides, random_state=7)
large = fit_network(train, layers=2, seed=3)
large_error = rmse(large, valid)
print("gain", small_error - large_error)
""",
        line=4,
        misreads=(
            Misread(6, "intended-change", "That is the change whose effect is to be measured."),
            Misread(2, "intended-change", "That is what the change is compared with; seed and rows are stated."),
            Misread(8, "sign-of-change", "Error before minus error after is positive when the change helps; nothing is wrong with it."),
        )),
    Item("B", "03.1",
        "An insurer lets a model settle a kind of claim alone if at least {bar:.0%} of its decisions are right. For water damage it was right in {hits:.0f} of {rows:.0f} claims ({share:.0%}). What do you report for water damage?",
        partial(facts.segment, 11, 12, 0.8),
        "The 95% interval of {hits:.0f} in {rows:.0f} reaches from {low:.0%} to {high:.0%}. Report that there are too few claims for a verdict, and how many are needed.",
        lambda f: f["low"] < f["bar"] < f["high"] and f["share"] > f["bar"],
        options=_SEGMENT_PASS),
    Item("B", "03.2",
        "A model forecasts with calibrated probabilities whether a pump will fail within the week. Replacing a pump that would have held costs {false_alarm:.0f} thousand EUR. A failure that was not prevented costs {miss:.0f} thousand. Replacing one that would have failed, and leaving one that holds, cost nothing extra. From which forecast on is it cheaper to replace, in per cent?",
        partial(facts.cost_threshold, 7, 3.0, 7.0),
        "At a forecast p replacing costs {false_alarm:.0f} (1 - p) on average and leaving {miss:.0f} p; they are equal at {threshold:.0f}%. Trying all thresholds on simulated calibrated forecasts gives {tried:.1f}%.",
        lambda f: abs(f["tried"] - f["threshold"]) < 2,
        answer="threshold", tolerance=2.0, unit="per cent",
        misreads=(
            Misread("half", "half-is-threshold", "50% is right only where both mistakes cost the same."),
            Misread("quotient", "cost-quotient", "That is {false_alarm:.0f} divided by {miss:.0f}; but replacing does not always cost {false_alarm:.0f} thousand, only when the pump would have held."),
            Misread("swapped", "costs-swapped", "That would be right if the needless replacement were the expensive mistake."),
        )),
    Item("B", "04.1",
        "The score of this study is too good. Which line lets the test rows take part in the fitting?",
        partial(facts.encoding_leak, 9, 200, 1000),
        "The means by driver contain the outcomes of all rows, those of the test included. On {rows:.0f} rows whose outcome is a coin flip, with {names:.0f} drivers, means of all rows reach an area under the curve of {before:.2f}; means of the training rows alone, {after:.2f}.",
        lambda f: f["before"] > 0.65 and abs(f["after"] - 0.5) < 0.05,
        code="""
rides = load_rides()
usual = rides.groupby("driver")["late"].mean()
rides["usual"] = rides["driver"].map(usual)
train, test = train_test_split(rides, random_state=0)
imputer = SimpleImputer().fit(train[columns])
model = LogisticRegression().fit(imputer.transform(train[columns]), train["late"])
print(model.score(imputer.transform(test[columns]), test["late"]))
""",
        line=2,
        misreads=(
            Misread(4, "split-is-wrong", "The split is a fair draw; it only comes too late."),
            Misread(5, "scaler-leaks", "This imputer was fitted on training rows alone."),
            Misread(7, "test-is-read", "To score the test rows once is what they are for."),
        )),
    Item("B", "04.2",
        "A model uses the usual outcome of the same day to tell whether a delivery will be late. With deliveries held out at random from {months:.0f} months it is right in {score_random:.0%} of cases; with the last months held out, in {score_time:.0%}. It will be used next month. Which number do you promise?",
        partial(facts.seasons, 11, 12, 300),
        "With deliveries at random, other deliveries of the same day are in training and give the day away. Next month no day has been seen.",
        lambda f: f["score_random"] > f["score_time"] + 0.1,
        options=(
            Option("{score_time:.0%}: next month's days are not in training, and only this split imitates that.", "", ""),
            Option("{score_random:.0%}: a random draw has all months in both parts, and that makes it representative.", "random-is-fair", "It is representative of days that have been seen, and not of next month's."),
            Option("{score_random:.0%}: the last months held out leave too few seasons for the model to learn from.", "harder-is-unfair", "It is as hard as next month will be."),
            Option("A value between both, as one of them is too optimistic and the other too pessimistic.", "mean-of-both", "The second is not pessimistic: it measures what will happen."),
        )),
    Item("B", "05.1",
        "A search tries {models:.0f} settings on one validation set of {rows:.0f} rows and prints `best_score_` {best:.1%}. What do you expect of this setting on new rows of the same kind?",
        partial(facts.best_of, 13, 100, 300, 0.7),
        "If all {models:.0f} settings were equally good at {true:.0%}, the best of them would score {best:.1%} on average over simulated searches.",
        lambda f: f["best"] > f["true"] + 0.02,
        options=(
            Option("Less than that: it was chosen for its quality and also for its luck on these rows.", "", ""),
            Option("About that: no setting was fitted on the validation rows, so the score has no bias.", "test-is-unbiased", "Each single score was unbiased; the largest of them is not."),
            Option("More than that: the search has found the best setting, which is then fitted anew.", "selection-helps", "The search finds the better settings, and it finds the luckier ones, too."),
            Option("About that: within the standard error of the score, which covers luck of any kind.", "interval-covers", "A standard error is about one setting, and not about the best of {models:.0f}."),
        )),
    Item("B", "05.2",
        "The team promises that the test set was used once. Which line breaks the promise?",
        partial(facts.best_of, 14, 19, 400, 0.85),
        "The threshold is chosen by the test score, {models:.0f} times in one line. Equally good rules at {true:.0%} would show a best score of {best:.1%} on {rows:.0f} rows.",
        lambda f: f["best"] > f["true"] + 0.01,
        code="""
train, test = train_test_split(claims, random_state=1)
model = fit_forest(train)
forecasts = {"train": model.forecast(train), "test": model.forecast(test)}
print("calibration", calibration(forecasts["train"], train))
cuts = [0.05 * step for step in range(1, 20)]
cut = max(cuts, key=lambda cut: score(forecasts["test"] > cut, test))
print("test score", score(forecasts["test"] > cut, test))
""",
        line=6,
        misreads=(
            Misread(7, "final-score", "This line reports; what it reports was used before."),
            Misread(2, "fit-is-reuse", "The model is fitted on training rows."),
            Misread(1, "split-is-wrong", "The split is a fair draw, made once."),
        )),
    Item("B", "06.1",
        "On the same {questions:.0f} tickets the small model routes {before:.1%} rightly and the large one {after:.1%}. The large one gains {gained:.0f} tickets and loses {lost:.0f} (p = {p:.2f}). It costs {factor:.0f} times as much. What do you recommend?",
        partial(facts.paired, 216, 11, 16, 57, 3.0),
        "Of {changed:.0f} tickets that differ, {gained:.0f} to {lost:.0f} is what a fair coin gives or exceeds with probability {p:.2f}. The price is certain.",
        lambda f: f["p"] > 0.2 and f["after"] > f["before"],
        options=(
            Option("The small one for now: {gained:.0f} against {lost:.0f} is within luck, and the price is much lower.", "", ""),
            Option("The large one for now: it routes more tickets rightly, and this is what users notice.", "higher-wins", "It routes more of these tickets, by a margin that luck gives often."),
            Option("The small one for good: the test has shown that both of them route equally well.", "same-quality", "The test does not show that they are equal; it cannot tell at this size."),
            Option("None as yet: only a significant difference would allow any choice between both.", "needs-retest", "Some model is in service meanwhile: not deciding is a decision, too."),
        )),
    Item("B", "07.1",
        "A code assistant states default values of a library that brings out a new release every few months. It states old ones, in the right format. What do you try first?",
        facts.no_numbers,
        "It lacks knowledge, and the knowledge changes. Given the current page, it can read the new default on the day of the release, and you can see where it read it.",
        lambda f: True,
        options=(
            Option("Retrieval: put the current release's page beside each question.", "", ""),
            Option("Fine-tuning: train it on the documentation after every new release.", "tune-facts", "Weights hold the release of the day of training, and tuning may cost answers that were right."),
            Option("A larger model: with so much more code read, it knows the defaults.", "larger-model", "No model has read the release that comes out next."),
            Option("A better prompt: tell it to state the newest default values only.", "prompt-orders", "The instruction is understood, and the default is still not known."),
        )),
    Item("B", "07.2",
        "A report: “Trained on our tickets, the model solves 90% of them. The same model without any examples or documents solved 35%. So training is the way for us.” What is your first objection?",
        facts.no_numbers,
        "The bare model is not the rival. The same model with examples and the right document in its prompt is cheaper to try, and it was not measured.",
        lambda f: True,
        options=(
            Option("The rival was left out: the same model with documents and examples in its prompt.", "", ""),
            Option("None, because both numbers are from the same tickets and lie very far from each other.", "weak-baseline", "They do, and one of them is of something that nobody proposes."),
            Option("None, because a model that was trained for the job is ahead of any that is prompted.", "tuned-is-better", "That is what had to be shown."),
            Option("There are too few tickets: with far more of them the report would have been complete.", "more-questions", "More tickets measure the wrong comparison more precisely."),
        )),
    Item("B", "08.1",
        "A low-rank adapter taught a model to give its answers as JSON, and it does so in all test cases. What else must be known before it goes live?",
        facts.no_numbers,
        "Tuning moves weights that other answers depend on. Only the earlier questions can show what was lost, slice by slice, also where the model should say that it does not know.",
        lambda f: True,
        options=(
            Option("What it answered before and fails now: the earlier questions, slice by slice.", "", ""),
            Option("How it does on many more JSON cases, as this is what it has been tuned for.", "new-task-only", "They show that the tuning worked, and nothing of what it cost."),
            Option("Nothing: an adapter of low rank adds to the base and takes nothing from it.", "low-rank-safe", "The base weights are untouched; the answers of base plus adapter are not."),
            Option("Whether its loss fell steadily, as forgetting would show in the loss curve.", "loss-tells", "The loss is that of the tuning examples."),
        )),
    Item("B", "09.1",
        "Rounded to four bits, a model answers {after:.1%} of {questions:.0f} questions instead of {before:.1%}. Of the {slice:.0f} in Danish it had {slice_before:.0%} right and now has {slice_after:.0%}: {lost:.0f} answers lost, none gained (p = {p:.3f}). What do you report?",
        partial(facts.slice_and_average, 60, 51, 8, 1140, 1020, 25),
        "Losing {lost:.0f} and gaining none is not explained by luck: p = {p:.3f}. But a loss of {lost:.0f} answers in {questions:.0f} hardly moves the average.",
        lambda f: f["p"] < 0.01 and f["before"] - f["after"] < 0.012,
        options=(
            Option("Danish answers broke, and the average over all languages does not show it.", "", ""),
            Option("The average fell by less than a point, so the rounded model can be shipped.", "average-is-safe", "The average is safe; the people who ask in Danish are not."),
            Option("There are too few Danish questions for a verdict, so this must be luck here.", "slice-is-noise", "Small slices often are, and this one was tested: p = {p:.3f}."),
            Option("Rounding lowers all answers alike, so the fall in Danish is an odd accident.", "uniform-damage", "Rounding hurts most where an answer hangs on few weights or small differences."),
        )),
    Item("B", "10.1",
        "A bank watches {tests:.0f} independent customer groups and tests each quarter at the level of {level:.0f}% whether its share of defaults has changed. In a quarter in which none has changed, how probable is at least one alarm, in per cent?",
        partial(facts.any_alarm, 3, 30, 0.03),
        "All {tests:.0f} stay silent with probability {none:.0f}%. In simulated quarters with no change {simulated:.0f}% had an alarm.",
        lambda f: abs(f["any"] - f["simulated"]) < 1.5,
        answer="any", tolerance=6.0, unit="per cent",
        misreads=(
            Misread("one", "one-level", "That is the level of one test; there are {tests:.0f} chances."),
            Misread("sum", "levels-add", "The levels add up to {sum:.0f}, but alarms can fall into the same quarter."),
            Misread("none", "alarm-complement", "That is the probability that all stay silent."),
        )),
    Item("B", "11.1",
        "Every hour a fresh sample of requests is scored and tested at the level of {level:.0f}% for a worse service. The service stays the same for {tests:.0f} hours. What is to be expected?",
        partial(facts.any_alarm, 4, 400, 0.01),
        "Over {tests:.0f} independent hours at least one false alarm has probability {any:.0f}%. A level must be fixed for the whole period.",
        lambda f: f["any"] > 95 and abs(f["any"] - f["simulated"]) < 1.5,
        options=(
            Option("At least one false alarm almost surely: every single hour is one more chance for it.", "", ""),
            Option("A false alarm in {level:.0f}% of such periods: the level of the test is chosen for that.", "test-covers-quarter", "It promises that for one hour."),
            Option("No alarm, because a service that stays the same gives scores that stay the same.", "same-questions-same-result", "Scores move although the service stands still: the requests are a sample."),
            Option("Some alarms that ask for retraining, because every model loses ground with time.", "retrain-first", "This service does not change, so there is nothing to repair."),
        )),
    Item("B", "11.2",
        "A canary of {questions:.0f} frozen tickets runs every night. Since last night {after:.0%} are routed rightly instead of {before:.0%}: {lost:.0f} tickets lost, {gained:.0f} gained (p < 0.001). What do you do first?",
        partial(facts.paired, 250, 28, 3, 19, 1.0),
        "The tickets are the same, so neither customers nor topics explain it, and luck gives such a split with probability {p:.6f}. Something in service has changed: weights, prompt, library or scorer.",
        lambda f: f["p"] < 0.001,
        options=(
            Option("Find what was changed in service last night, and return to what ran before it.", "", ""),
            Option("Label this week's tickets and retrain, because the model has become outdated.", "retrain-first", "A model does not go out of date overnight on tickets that are frozen."),
            Option("Ask what customers write about now, because their topics must have moved on.", "users-changed", "Customers do not touch the frozen tickets."),
            Option("Let the canary run for another week, because one bad night can be bad luck.", "wait-and-see", "It can, and not to this degree."),
        )),
    Item("B", "12.1",
        "A generator of pictures draws {written:.0f} animals; its successor is trained on these alone. A rare breed has a probability of 1 in {once_in:.0f}. How probable is it, in per cent, that the successor never sees this breed?",
        partial(facts.token_gone, 5, 500, 1000),
        "It is missed {written:.0f} times in a row with probability (1 - 1/{once_in:.0f})^{written:.0f}. It is expected {expected:.0f} times, and that is a mean. In simulated generations it was gone in {simulated:.0f}%.",
        lambda f: abs(f["gone"] - f["simulated"]) < 1,
        answer="gone", tolerance=6.0, unit="per cent",
        misreads=(
            Misread("never", "expected-so-there", "It is expected {expected:.0f} times: that is a mean, and zero times is among what it averages."),
            Misread("kept", "kept-for-gone", "That is the probability that it is seen."),
        )),
    Item("B", "13.1",
        "A shop's texts are written by a model that is trained on the shop's texts, again and again. Editors reject every text with an error. After {generations:.0f} rounds none has an error. What can have been lost all the same?",
        partial(facts.loop, 2, 400, 1500, 12, 0.25),
        "In a simulated loop in which every token is a real one, {alone:.0%} of the rarer half are still written after {generations:.0f} generations. With {real:.0%} of fresh real text it is {mixed:.0%}.",
        lambda f: f["alone"] < 0.3 and f["mixed"] > f["alone"] + 0.1,
        options=(
            Option("What was rare to begin with: it is written no more, and editors see only texts.", "", ""),
            Option("Nothing, because texts without an error show that all the knowledge is there.", "correct-is-complete", "The editors see texts, and what is lost writes none."),
            Option("What the editors let pass: with stricter ones the loss would have been avoided.", "stricter-check", "Stricter editors let fewer texts through; they write none."),
            Option("What there was no room for: with more texts a round, nothing would have gone.", "larger-output", "More texts slow the loss down; without real data it goes on."),
        )),
    Item("B", "14.1",
        "A new model for credit is better with probability {better:.0%} and then earns {gain:.0f} thousand EUR; otherwise it costs {loss:.0f} thousand. Trying it in one branch costs {pilot_cost:.0f} thousand, shows which is the case, and lets you decide then. What do you recommend?",
        partial(facts.three_actions, 0.9, 30.0, 500.0, 10.0),
        "In thousands of EUR: shipping is worth {better:.0%} of {gain:.0f} minus {worse:.0%} of {loss:.0f}, which is {ship:.0f}; waiting 0; the trial {better:.0%} of {gain:.0f} minus {pilot_cost:.0f}, which is {pilot:.0f}.",
        lambda f: f["pilot"] > 0 > f["ship"],
        options=(
            Option("Try it in one branch: the trial is expected to bring more money than it will cost.", "", ""),
            Option("Ship it everywhere: nine times in ten it is better, and the trial would cost money.", "likelier-wins", "The unlikely case costs {loss:.0f} against {gain:.0f}."),
            Option("Leave it: nobody should begin with a model that can lose so much, however rarely.", "waiting-is-free", "Waiting gives up {pilot:.0f} thousand EUR that the trial is expected to bring."),
            Option("Study it further: a decision has to wait until the better model is known for sure.", "more-evidence-always", "The costs are known, so the decision can be made; the trial is the evidence at a price."),
        )),
)  # fmt: skip

_R = (
    Item("R", "01.1",
        "“Our fraud model is right in {model:.1%} of cases.” Fraud is {rare:.0%} of all cases. What do you ask first?",
        partial(facts.always_no, 0.03, 0.2, 0.006),
        "Always saying “no fraud” is right in {always_no:.0%} of cases. This model finds {found:.0%} of the fraud, and the accuracy says nothing of it.",
        lambda f: abs(f["model"] - f["always_no"]) < 0.005 and f["found"] < 0.5,
        options=(
            Option("What does always saying “no fraud” score, and how much of the fraud is found?", "", ""),
            Option("Nothing: a model that is right so often has shown that it can be relied upon.", "accuracy-is-enough", "So has a rule that never looks at a case."),
            Option("Does the number hold with more cases, as {model:.1%} of a few would not say much?", "more-rows-first", "With any number of cases it is compared with nothing."),
            Option("What was its score in training, since this shows what the model has learned?", "training-score", "That is a number about rows that it has seen."),
        )),
    Item("R", "02.1",
        "To find more late parcels, a colleague gives the late class ten times the weight. More late parcels are found, so the change is to be merged. The forecasts also feed a rule that compares costs. What do you ask?",
        facts.no_numbers,
        "Weights on a class raise its forecasts, also where they were right. A threshold that follows from costs needs probabilities; with weights it must be moved, or the forecasts converted back.",
        lambda f: True,
        options=(
            Option("Do the forecasts still mean what they say? The rule on costs is built on that.", "", ""),
            Option("Nothing: more late parcels are found, and this was the aim of the change here.", "metric-moved-so-good", "So would a rule that calls every parcel late."),
            Option("Was the weight tuned? With the best weight the forecasts would stay as they are.", "weights-are-harmless", "Any weight above one raises the forecasts; that is how it works."),
            Option("Are there more late parcels to train on? With these no weights would be needed.", "more-rows-first", "Perhaps; the merge is decided today."),
        )),
    Item("R", "02.2",
        "A log of changes: “New features, twice the layers, and a longer training: the error falls by a tenth, in each of five repetitions.” Somebody wants to keep the layers and drop the rest. What do you say?",
        facts.no_numbers,
        "Three things changed together. Five repetitions show that the whole helps; they cannot tell which part did. Run each change alone, on the same rows and seeds.",
        lambda f: True,
        options=(
            Option("Run each change alone first: nobody knows which of the three lowered the error.", "", ""),
            Option("Keep the layers: they are the largest change and so the likeliest one to matter.", "last-change-did-it", "The size of a change says nothing about its effect."),
            Option("Keep the layers: what helps as a whole helps in each of its three parts as well.", "sum-of-parts", "One part can help and another do harm, or help only in company."),
            Option("Keep the layers: five repetitions with the same result are a proof of the cause.", "repeat-proves-cause", "They are proof of the whole, five times."),
        )),
    Item("R", "04.1",
        "You read how a model for late parcels was evaluated. It is to be used when a parcel is handed in. Which finding do you raise first?",
        facts.no_numbers,
        "A column that is written after the parcel was handed in does not exist when the model is asked. Its score cannot be had in service.",
        lambda f: True,
        options=(
            Option("One of the columns is the number of delivery attempts that were needed.", "", ""),
            Option("One of the steps scales the numbers, with means of the training rows.", "scaler-leaks", "Means of training rows are what should be used."),
            Option("The random split was not stratified, although few parcels were late.", "no-stratify-is-leak", "That makes the score less steady; it does not make it too good."),
            Option("The training rows are older than the test rows by about two months.", "old-rows-are-leak", "That is how the model will be used, too."),
        )),
    Item("R", "05.1",
        "A vendor's language model scores {public:.0%} on a public test that was on the web before the model was trained. On {questions:.0f} questions of the same kind that your team wrote, it scores {twin:.0%}. What do you expect in use?",
        partial(facts.contaminated, 5, 300, 0.72, 0.7),
        "Answers on the web can be memorised. Your questions could not: 95% interval {low:.0%} to {high:.0%}, far from {public:.0%}.",
        lambda f: f["high"] < f["public"] - 0.05,
        options=(
            Option("About {twin:.0%}: the model cannot have met these questions before it was asked.", "", ""),
            Option("About {public:.0%}: a public test is neutral, and everybody measures on the same.", "public-is-neutral", "It is the same for all, and all may have trained on it."),
            Option("About the mean of both: each of the two tests is a bit off in its own manner.", "vendor-average", "Half of a memorised score is still memorised."),
            Option("About {public:.0%}: a test of {questions:.0f} questions is too small to speak against it.", "twin-is-small", "Its interval reaches from {low:.0%} to {high:.0%}."),
        )),
    Item("R", "10.1",
        "A dashboard turns red: since Tuesday the weights of parcels from one depot are a thousand times as large, and forecasts there are useless. What do you decide?",
        facts.no_numbers,
        "A factor of a thousand from one day to the next, in one depot, is a unit (grams for kilograms). Parcels have not become heavier; the pipeline must be fixed and the forecasts since Tuesday repeated.",
        lambda f: True,
        options=(
            Option("Fix the unit in that depot's data, and repeat the forecasts since Tuesday.", "", ""),
            Option("Retrain on the data since Tuesday, so that the model learns the new range.", "retrain-first", "The model would learn an error, and forget what was right."),
            Option("Raise the limit of the alarm, as the dashboard has always been sensitive.", "lower-the-alarm", "The forecasts are useless: the alarm is right."),
            Option("Study that depot's customers first, because their parcels have changed so.", "world-changed", "Parcels do not become a thousand times heavier overnight."),
        )),
    Item("R", "11.1",
        "Whenever the canary of forty fixed questions turned red, the team changed the prompt until these forty were right again. It has been green for months; users complain. What do you say?",
        facts.no_numbers,
        "The forty questions have become the training set of the prompt. They say how well the prompt fits these forty.",
        lambda f: True,
        options=(
            Option("The forty questions were trained on; use fresh ones, and test the prompt on others.", "", ""),
            Option("The users are mistaken: a canary that has been green for months is good evidence.", "green-is-good", "It was made green, question by question."),
            Option("The canary runs too rarely; with hourly runs it would have noticed the complaints.", "more-often", "It would be green every hour."),
            Option("The users now ask other things; the model must be trained on what they ask today.", "users-changed", "Perhaps they do; the canary could not tell either way."),
        )),
)  # fmt: skip

FORMS = {"A": _A, "B": _B, "R": _R}
"""The forms: "A" is asked before the course, "B" after it; "R" holds cases for reviewers who write no code."""


def form_items(form: str) -> tuple[Item, ...]:
    """The items of a form, in the order of the lessons; an `InvalidValue` for another name."""
    from holdout.errors import InvalidValue

    if form not in FORMS:
        raise InvalidValue(f"there is no form {form!r}; the forms are {', '.join(FORMS)}")
    return FORMS[form]
