"""What each artefact is, for a reader who has not seen the course: what was measured, and on which data."""

ABOUT = {
    ("01", "learning curve"): "Mean squared error of a polynomial of degree 9 on training and on validation rows, with 60 to 400 training rows "
    "of one simulated table. Twenty repeats; the band is two standard errors. The dotted line is the noise that no model can remove.",
    ("02", "ablation table"): "Four changes to a model, made one at a time over twelve seeds of a simulated study whose true effects are known; one "
    "of them is a new seed only. The effect of each on the error, with its standard error.",
    ("03", "model card"): "A delivery company's model predicts late parcels without seeing the address. Recall of late parcels in each region, "
    "on parcels that it was not trained on; the bar is 35 %, and no verdict rests on fewer than 30 late parcels.",
    ("04", "leakage report"): "Forty tables in which leaks were planted. For each kind of leak: the share of the claims that are true (precision), "
    "and the share of the planted leaks that were found (recall).",
    ("04", "score before and after"): "Area under the ROC curve of one model for late parcels: as the study was found, without the columns that are "
    "written after delivery, and with a split by time as well.",
    ("05", "price list of luck"): "What the best of several equally good models is expected to score above its true accuracy of 80 %, in percentage "
    "points, because one test set chose it.",
    ("06", "model comparison"): "Three small language models, each without documents and with one or three, on a help desk's mix of questions: the share "
    "answered right, the worst kind of question, and the work of one answer.",
    ("07", "against fine-tuning"): "A small language model asked about facts that change with each release of a library: with the right document at hand, and "
    "fine-tuned on one release. What fine-tuning did to other questions and to the next release stands beside it.",
    ("08", "fine-tuning experiment"): "Four ways of fine-tuning a small language model for one job, each tested on questions that it could answer before: what "
    "broke in each slice, and the decision of the release gate.",
    ("09", "quantization test"): "A small language model with its weights rounded to 4 bits, with one step for each matrix or one for each row, on the same "
    "questions as the full model: the change in accuracy, answers lost and gained, and the p value, in each slice.",
    ("10", "drift table"): "Eight months of a delivery company's parcels against February to October 2024: the population stability index of each "
    "feature, a threshold that eight quiet months pass with probability 5 %, and the share of late parcels.",
    ("11", "incident report"): "A quarter in which a worse model came into service, watched by a canary of frozen questions asked every day: when it was found, "
    "what was decided, and what it cost.",
    ("12", "tail over generations"): "A simulated model trained for 15 generations on the output of the generation before, or on everything written so far: the "
    "share of the rare half of 500 tokens that it still writes.",
    ("13", "before and after a reservoir"): "Three simulated loops, each trained for 25 generations on 10,000 tokens of which none, 10 % or 30 % are fresh and real: the "
    "share of the rare half of 500 tokens that is left. Beside it, where the variance settles if each generation narrows its output to 80 %.",
    ("14", "team standard"): "Eight rules that a machine checks before a release, tried on three releases; and a review function, tried on 40 analyses with "
    "planted faults.",
    ("14", "what my decisions cost"): "500 simulated releases with stated costs: what a rule for shipping, waiting or trying it on a few costs on average, "
    "beside always deciding the same.",
}  # fmt: skip
"""For each artefact, by exercise and name: one or two sentences."""
