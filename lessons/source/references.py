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
# # References
#
# Every work that a lesson cites, and where. A link leads to the publisher (a DOI) or to the free text (arXiv). Works without either have the place where
# they can be found, or none: old books and reports.

# %% jupyter={"source_hidden": true}
from pathlib import Path

from IPython.display import Markdown

# year, authors, title, where it was published, link, lessons; a work without lessons is cited by the library's own code
WORKS = [
    (2013, "A. Agresti", "Categorical Data Analysis, third edition", "Wiley", "", ""),
    (2005, "A. Agresti, Y. Min", "Simple improved confidence intervals for comparing matched proportions", "Statistics in Medicine 24(5), 729-740", "doi:10.1002/sim.1781", "06"),
    (2023, "A. Ahmadian and others", "Intriguing Properties of Quantization at Scale", "NeurIPS", "arXiv:2305.19268", "09"),
    (2023, "S. Alemohammad and others", "Self-Consuming Generative Models Go MAD", "ICLR 2024", "arXiv:2307.01850", "13"),
    (2002, "C. Ambroise, G. J. McLachlan", "Selection Bias in Gene Extraction on the Basis of Microarray Gene-Expression Data", "Proceedings of the National Academy of Sciences 99(10), 6562-6566", "doi:10.1073/pnas.102102699", "04"),
    (1969, "P. Armitage, C. K. McPherson, B. C. Rowe", "Repeated Significance Tests on Accumulating Data", "Journal of the Royal Statistical Society A 132(2), 235-244", "doi:10.2307/2343787", "11"),
    (1948, "W. R. Bennett", "Spectra of Quantized Signals", "Bell System Technical Journal 27(3), 446-472", "doi:10.1002/j.1538-7305.1948.tb01340.x", "09"),
    (1975, "P. J. Bickel, E. A. Hammel, J. W. O'Connell", "Sex Bias in Graduate Admissions: Data from Berkeley", "Science 187(4175), 398-404", "doi:10.1126/science.187.4175.398", "03"),
    (2024, "D. Biderman and others", "LoRA Learns Less and Forgets Less", "Transactions on Machine Learning Research", "arXiv:2405.09673", "07 08"),
    (2007, "A. Bifet, R. Gavaldà", "Learning from Time-Changing Data with Adaptive Windowing", "SIAM International Conference on Data Mining, 443-448", "doi:10.1137/1.9781611972771.42", "10"),
    (2015, "A. Blum, M. Hardt", "The Ladder: A Reliable Leaderboard for Machine Learning Competitions", "ICML, PMLR 37, 1006-1014", "arXiv:1502.04585", "05"),
    (1984, "L. Breiman, J. H. Friedman, R. A. Olshen, C. J. Stone", "Classification and Regression Trees", "Wadsworth", "doi:10.1201/9781315139470", "02"),
    (1950, "G. W. Brier", "Verification of Forecasts Expressed in Terms of Probability", "Monthly Weather Review 78(1), 1-3", "doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2", ""),
    (1960, "J. Cohen", "A Coefficient of Agreement for Nominal Scales", "Educational and Psychological Measurement 20(1), 37-46", "doi:10.1177/001316446002000104", "e1"),
    (2001, "L. D. Brown, T. T. Cai, A. DasGupta", "Interval Estimation for a Binomial Proportion", "Statistical Science 16(2), 101-133", "doi:10.1214/ss/1009213286", "03"),
    (2018, "J. Buolamwini, T. Gebru", "Gender Shades: Intersectional Accuracy Disparities in Commercial Gender Classification", "Conference on Fairness, Accountability and Transparency, PMLR 81, 77-91", "https://proceedings.mlr.press/v81/buolamwini18a.html", "03"),
    (2005, "C. Burges and others", "Learning to Rank Using Gradient Descent", "ICML, 89-96", "doi:10.1145/1102351.1102363", "07"),
    (2021, "M. Chen and others", "Evaluating Large Language Models Trained on Code", "arXiv", "arXiv:2107.03374", "06"),
    (1977, "W. G. Cochran", "Sampling Techniques, third edition", "Wiley", "", ""),
    (1987, "R. J. Connor", "Sample Size for Testing Differences in Proportions for the Paired-Sample Design", "Biometrics 43(1), 207-211", "doi:10.2307/2531961", "11"),
    (2009, "G. V. Cormack, C. L. A. Clarke, S. Büttcher", "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods", "SIGIR, 758-759", "doi:10.1145/1571941.1572114", "07"),
    (1978, "R. A. DeMillo, R. J. Lipton, F. G. Sayward", "Hints on Test Data Selection: Help for the Practicing Programmer", "Computer 11(4), 34-41", "doi:10.1109/C-M.1978.218136", ""),
    (2022, "T. Dettmers, M. Lewis, Y. Belkada, L. Zettlemoyer", "LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale", "NeurIPS", "arXiv:2208.07339", "09"),
    (2023, "T. Dettmers, A. Pagnoni, A. Holtzman, L. Zettlemoyer", "QLoRA: Efficient Finetuning of Quantized LLMs", "NeurIPS", "arXiv:2305.14314", "09"),
    (2023, "T. Dettmers and others", "SpQR: A Sparse-Quantized Representation for Near-Lossless LLM Weight Compression", "ICLR 2024", "arXiv:2306.03078", "09"),
    (2024, "E. Dohmatob, Y. Feng, P. Yang, F. Charton, J. Kempe", "A Tale of Tails: Model Collapse as a Change of Scaling Laws", "ICML", "arXiv:2402.07043", "13"),
    (2015, "C. Dwork and others", "The reusable holdout: Preserving validity in adaptive data analysis", "Science 349(6248), 636-638", "doi:10.1126/science.aaa9375", "05"),
    (1936, "C. Eckart, G. Young", "The Approximation of One Matrix by Another of Lower Rank", "Psychometrika 1(3), 211-218", "doi:10.1007/BF02288367", "08"),
    (1979, "B. Efron", "Bootstrap Methods: Another Look at the Jackknife", "Annals of Statistics 7(1), 1-26", "doi:10.1214/aos/1176344552", "06"),
    (1981, "B. Efron, C. Stein", "The Jackknife Estimate of Variance", "Annals of Statistics 9(3), 586-596", "doi:10.1214/aos/1176345462", ""),
    (2020, "L. Engstrom and others", "Identifying Statistical Bias in Dataset Replication", "ICML, PMLR 119, 2922-2932", "arXiv:2005.09619", "05"),
    (1990, "A. R. Feinstein, D. V. Cicchetti", "High Agreement but Low Kappa: I. The Problems of Two Paradoxes", "Journal of Clinical Epidemiology 43(6), 543-549", "doi:10.1016/0895-4356(90)90158-L", "e1"),
    (2024, "Y. Feng, E. Dohmatob, P. Yang, F. Charton, J. Kempe", "Beyond Model Collapse: Scaling Up with Synthesized Data Requires Verification", "ICLR 2025", "arXiv:2406.07515", "13"),
    (2022, "E. Frantar, S. Ashkboos, T. Hoefler, D. Alistarh", "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers", "ICLR 2023", "arXiv:2210.17323", "09"),
    (2004, "J. Gama, P. Medas, G. Castillo, P. Rodrigues", "Learning with Drift Detection", "SBIA, Lecture Notes in Computer Science 3171, 286-295", "doi:10.1007/978-3-540-28645-5_29", "10"),
    (1992, "S. Geman, E. Bienenstock, R. Doursat", "Neural Networks and the Bias/Variance Dilemma", "Neural Computation 4(1), 1-58", "doi:10.1162/neco.1992.4.1.1", "01"),
    (2024, "M. Gerstgrasser and others", "Is Model Collapse Inevitable? Breaking the Curse of Recursion by Accumulating Real and Synthetic Data", "COLM", "arXiv:2404.01413", "12"),
    (1954, "E. J. Gumbel", "Statistical Theory of Extreme Values and Some Practical Applications", "National Bureau of Standards, Applied Mathematics Series 33", "", ""),
    (2017, "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger", "On Calibration of Modern Neural Networks", "ICML, PMLR 70, 1321-1330", "arXiv:1706.04599", "03"),
    (1982, "J. A. Hanley, B. J. McNeil", "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve", "Radiology 143(1), 29-36", "doi:10.1148/radiology.143.1.7063747", ""),
    (2022, "T. Hastie, A. Montanari, S. Rosset, R. J. Tibshirani", "Surprises in High-Dimensional Ridgeless Least Squares Interpolation", "Annals of Statistics 50(2), 949-986", "doi:10.1214/21-AOS2133", "02"),
    (2009, "T. Hastie, R. Tibshirani, J. Friedman", "The Elements of Statistical Learning, second edition", "Springer", "doi:10.1007/978-0-387-84858-7", "01 04"),
    (1979, "S. Holm", "A Simple Sequentially Rejective Multiple Test Procedure", "Scandinavian Journal of Statistics 6(2), 65-70", "", ""),
    (2021, "A. Holtzman, P. West, V. Shwartz, Y. Choi, L. Zettlemoyer", "Surface Form Competition: Why the Highest Probability Answer Isn't Always Right", "EMNLP, 7038-7051", "arXiv:2104.08315", ""),
    (2021, "E. J. Hu and others", "LoRA: Low-Rank Adaptation of Large Language Models", "ICLR 2022", "arXiv:2106.09685", "08"),
    (2018, "B. Jacob and others", "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", "CVPR", "arXiv:1712.05877", ""),
    (2024, "A. Q. Jiang and others", "Mixtral of Experts", "arXiv", "arXiv:2401.04088", "08"),
    (2022, "R. Johari, P. Koomen, L. Pekelis, D. Walsh", "Always Valid Inference: Continuous Monitoring of A/B Tests", "Operations Research 70(3), 1806-1821", "arXiv:1512.04922", "11"),
    (2002, "K. Järvelin, J. Kekäläinen", "Cumulated Gain-Based Evaluation of IR Techniques", "ACM Transactions on Information Systems 20(4), 422-446", "doi:10.1145/582415.582418", ""),
    (2020, "J. Kaplan and others", "Scaling Laws for Neural Language Models", "arXiv", "arXiv:2001.08361", "07 08"),
    (2023, "S. Kapoor, A. Narayanan", "Leakage and the Reproducibility Crisis in Machine-Learning-Based Science", "Patterns 4(9), 100804", "doi:10.1016/j.patter.2023.100804", "04"),
    (2024, "J. Kazdan and others", "Collapse or Thrive? Perils and Promises of Synthetic Data in a Self-Generating World", "arXiv", "arXiv:2410.16713", "12"),
    (2015, "D. P. Kingma, J. Ba", "Adam: A Method for Stochastic Optimization", "ICLR", "arXiv:1412.6980", ""),
    (1965, "L. Kish", "Survey Sampling", "Wiley", "", ""),
    (2014, "Z. Lang, J. Reiczigel", "Confidence Limits for Prevalence of Disease Adjusted for Estimated Sensitivity and Specificity", "Preventive Veterinary Medicine 113(1), 13-22", "doi:10.1016/j.prevetmed.2013.09.015", "e1"),
    (1998, "Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller", "Efficient BackProp", "Neural Networks: Tricks of the Trade, Springer, 9-50", "doi:10.1007/3-540-49430-8_2", ""),
    (2025, "C. Lee and others", "How to Correctly Report LLM-as-a-Judge Evaluations", "arXiv", "arXiv:2511.21140", "e1"),
    (1986, "K.-Y. Liang, S. L. Zeger", "Longitudinal Data Analysis Using Generalized Linear Models", "Biometrika 73(1), 13-22", "doi:10.1093/biomet/73.1.13", ""),
    (2023, "J. Lin and others", "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration", "MLSys 2024", "arXiv:2306.00978", "09"),
    (2018, "Z. C. Lipton, Y.-X. Wang, A. Smola", "Detecting and Correcting for Label Shift with Black Box Predictors", "ICML", "arXiv:1802.03916", "10"),
    (1968, "F. M. Lord, M. R. Novick", "Statistical Theories of Mental Test Scores", "Addison-Wesley", "", ""),
    (2017, "I. Loshchilov, F. Hutter", "SGDR: Stochastic Gradient Descent with Warm Restarts", "ICLR", "arXiv:1608.03983", ""),
    (2019, "I. Loshchilov, F. Hutter", "Decoupled Weight Decay Regularization", "ICLR", "arXiv:1711.05101", ""),
    (2014, "C. J. Maddison, D. Tarlow, T. Minka", "A* Sampling", "NeurIPS", "arXiv:1411.0030", ""),
    (1973, "C. L. Mallows", "Some Comments on Cp", "Technometrics 15(4), 661-675", "doi:10.1080/00401706.1973.10489103", "01"),
    (2019, "H. Mania, J. Miller, L. Schmidt, M. Hardt, B. Recht", "Model Similarity Mitigates Test Set Overuse", "NeurIPS", "arXiv:1905.12580", "05"),
    (1959, "N. Mantel, W. Haenszel", "Statistical Aspects of the Analysis of Data from Retrospective Studies of Disease", "Journal of the National Cancer Institute 22(4), 719-748", "doi:10.1093/jnci/22.4.719", "03"),
    (1960, "J. Max", "Quantizing for Minimum Distortion", "IRE Transactions on Information Theory 6(1), 7-12", "doi:10.1109/TIT.1960.1057548", "09"),
    (1947, "Q. McNemar", "Note on the Sampling Error of the Difference Between Correlated Proportions or Percentages", "Psychometrika 12(2), 153-157", "doi:10.1007/BF02295996", ""),
    (2022, "S. Min and others", "Rethinking the Role of Demonstrations: What Makes In-Context Learning Work?", "EMNLP, 11048-11064", "arXiv:2202.12837", "06"),
    (2022, "A. Moscovich, S. Rosset", "On the Cross-Validation Bias due to Unsupervised Preprocessing", "Journal of the Royal Statistical Society B 84(4), 1474-1502", "arXiv:1901.08974", "04"),
    (1973, "A. H. Murphy", "A New Vector Partition of the Probability Score", "Journal of Applied Meteorology 12(4), 595-600", "doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2", "03"),
    (2015, "M. P. Naeini, G. F. Cooper, M. Hauskrecht", "Obtaining Well Calibrated Probabilities Using Bayesian Binning", "AAAI Conference on Artificial Intelligence, 2901-2907", "doi:10.1609/aaai.v29i1.9602", "03"),
    (2003, "C. Nadeau, Y. Bengio", "Inference for the Generalization Error", "Machine Learning 52(3), 239-281", "doi:10.1023/A:1024068626366", "05"),
    (2021, "P. Nakkiran, P. Venkat, S. Kakade, T. Ma", "Optimal Regularization Can Mitigate Double Descent", "ICLR", "arXiv:2003.01897", "02"),
    (2008, "M. Okabe, K. Ito", "Color Universal Design", "jfly", "https://jfly.uni-koeln.de/color/", ""),
    (2022, "C. Olsson and others", "In-context Learning and Induction Heads", "arXiv", "arXiv:2209.11895", ""),
    (2022, "L. Ouyang and others", "Training Language Models to Follow Instructions with Human Feedback", "NeurIPS", "arXiv:2203.02155", "08"),
    (1954, "E. S. Page", "Continuous Inspection Schemes", "Biometrika 41(1-2), 100-115", "doi:10.1093/biomet/41.1-2.100", "10"),
    (2013, "R. Pascanu, T. Mikolov, Y. Bengio", "On the Difficulty of Training Recurrent Neural Networks", "ICML", "arXiv:1211.5063", ""),
    (1977, "S. J. Pocock", "Group Sequential Methods in the Design and Analysis of Clinical Trials", "Biometrika 64(2), 191-199", "doi:10.1093/biomet/64.2.191", "11"),
    (2017, "O. Press, L. Wolf", "Using the Output Embedding to Improve Language Models", "EACL", "arXiv:1608.05859", ""),
    (2018, "L. Prokhorenkova and others", "CatBoost: Unbiased Boosting with Categorical Features", "NeurIPS", "arXiv:1706.09516", "04"),
    (2019, "A. Radford and others", "Language Models are Unsupervised Multitask Learners (GPT-2)", "OpenAI, report", "", ""),
    (2023, "R. Rafailov and others", "Direct Preference Optimization: Your Language Model is Secretly a Reward Model", "NeurIPS", "arXiv:2305.18290", "08"),
    (1961, "H. Raiffa, R. Schlaifer", "Applied Statistical Decision Theory", "Harvard Business School", "", "02 14"),
    (2020, "S. Rajbhandari, J. Rasley, O. Ruwase, Y. He", "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", "SC20", "arXiv:1910.02054", ""),
    (2019, "B. Recht, R. Roelofs, L. Schmidt, V. Shankar", "Do ImageNet Classifiers Generalize to ImageNet?", "ICML, PMLR 97, 5389-5400", "arXiv:1902.10811", "05"),
    (2009, "S. Robertson, H. Zaragoza", "The Probabilistic Relevance Framework: BM25 and Beyond", "Foundations and Trends in Information Retrieval 3(4), 333-389", "doi:10.1561/1500000019", "07"),
    (1986, "J. Robins, N. Breslow, S. Greenland", "Estimators of the Mantel-Haenszel Variance Consistent in Both Sparse Data and Large-Strata Limiting Models", "Biometrics 42(2), 311-323", "doi:10.2307/2531052", "03"),
    (2019, "R. Roelofs and others", "A Meta-Analysis of Overfitting in Machine Learning", "NeurIPS", "", "05"),
    (1978, "W. J. Rogan, B. Gladen", "Estimating Prevalence from the Results of a Screening Test", "American Journal of Epidemiology 107(1), 71-76", "doi:10.1093/oxfordjournals.aje.a112510", "e1"),
    (1988, "D. von Rosen", "Moments for the Inverted Wishart Distribution", "Scandinavian Journal of Statistics 15(2), 97-109", "", "01"),
    (2017, "N. Shazeer and others", "Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts Layer", "ICLR", "arXiv:1701.06538", "08"),
    (2020, "N. Shazeer", "GLU Variants Improve Transformer (SwiGLU)", "arXiv", "arXiv:2002.05202", ""),
    (2000, "H. Shimodaira", "Improving Predictive Inference under Covariate Shift by Weighting the Log-Likelihood Function", "Journal of Statistical Planning and Inference 90(2), 227-244", "doi:10.1016/S0378-3758(00)00115-4", "10"),
    (2024, "I. Shumailov and others", "AI Models Collapse When Trained on Recursively Generated Data", "Nature 631, 755-759", "doi:10.1038/s41586-024-07566-y", "12"),
    (2021, "J. Su and others", "RoFormer: Enhanced Transformer with Rotary Position Embedding", "arXiv", "arXiv:2104.09864", ""),
    (2022, "I. E. Tampu, A. Eklund, N. Haj-Hosseini", "Inflation of Test Accuracy due to Data Leakage in Deep Learning-Based Classification of OCT Images", "Scientific Data 9, 580", "doi:10.1038/s41597-022-01618-6", "04"),
    (2002, "R. Tibshirani, T. Hastie, B. Narasimhan, G. Chu", "Diagnosis of Multiple Cancer Types by Shrunken Centroids of Gene Expression", "PNAS 99(10), 6567-6572", "doi:10.1073/pnas.082099299", ""),
    (2023, "H. Touvron and others", "LLaMA: Open and Efficient Foundation Language Models", "arXiv", "arXiv:2302.13971", ""),
    (2023, "H. Touvron, L. Martin, K. Stone and others", "Llama 2: Open Foundation and Fine-Tuned Chat Models", "arXiv", "arXiv:2307.09288", "08"),
    (2018, "I. Tsamardinos, E. Greasidou, G. Borboudakis", "Bootstrapping the Out-of-Sample Predictions for Efficient and Accurate Cross-Validation", "Machine Learning 107(12), 1895-1922", "doi:10.1007/s10994-018-5714-4", "05"),
    (2023, "A. Trockman, J. Z. Kolter", "Mimetic Initialization of Self-Attention Layers", "ICML", "arXiv:2305.09828", ""),
    (2021, "G. Vandewiele and others", "Overly Optimistic Prediction Results on Imbalanced Data: a Case Study of Flaws and Benefits when Applying Over-sampling", "Artificial Intelligence in Medicine 111, 101987", "doi:10.1016/j.artmed.2020.101987", "04"),
    (2006, "S. Varma, R. Simon", "Bias in Error Estimation when Using Cross-Validation for Model Selection", "BMC Bioinformatics 7, 91", "doi:10.1186/1471-2105-7-91", "05"),
    (2017, "A. Vaswani and others", "Attention Is All You Need", "NeurIPS", "arXiv:1706.03762", ""),
    (1927, "E. B. Wilson", "Probable Inference, the Law of Succession, and Statistical Inference", "Journal of the American Statistical Association 22(158), 209-212", "doi:10.1080/01621459.1927.10502953", "03"),
    (1955, "B. Woolf", "On Estimating the Relation between Blood Group and Disease", "Annals of Human Genetics 19(4), 251-253", "doi:10.1111/j.1469-1809.1955.tb01348.x", "03"),
    (1931, "S. Wright", "Evolution in Mendelian Populations", "Genetics 16(2), 97-159", "doi:10.1093/genetics/16.2.97", "12"),
    (2018, "B. Yurdakul", "Statistical Properties of Population Stability Index", "dissertation 3208, Western Michigan University", "https://scholarworks.wmich.edu/dissertations/3208", "10"),
    (2019, "B. Zhang, R. Sennrich", "Root Mean Square Layer Normalization", "NeurIPS", "arXiv:1910.07467", ""),
    (2024, "H. Zhang and others", "A Careful Examination of Large Language Model Performance on Grade School Arithmetic (GSM1k)", "NeurIPS, Datasets and Benchmarks", "arXiv:2405.00332", "05"),
    (2021, "T. Z. Zhao, E. Wallace, S. Feng, D. Klein, S. Singh", "Calibrate Before Use: Improving Few-Shot Performance of Language Models", "ICML, PMLR 139, 12697-12706", "arXiv:2102.09690", "06"),
    (2023, "L. Zheng and others", "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena", "NeurIPS, Datasets and Benchmarks", "arXiv:2306.05685", "e1"),
    (2023, "C. Zhou and others", "LIMA: Less Is More for Alignment", "NeurIPS", "arXiv:2305.11206", "08"),
]  # fmt: skip


def link(identifier):
    """Markdown link of a DOI, an arXiv number or an address; nothing where there is none."""
    kind, _, number = identifier.partition(":")
    address = {"doi": f"https://doi.org/{number}", "arXiv": f"https://arxiv.org/abs/{number}"}.get(
        kind, identifier
    )
    for sign, code in (("<", "%3C"), (">", "%3E"), ("(", "%28"), (")", "%29")):
        address = address.replace(sign, code)
    shown = identifier.replace("<", "&lt;").replace(">", "&gt;")
    return f"[{shown}]({address})" if identifier else "—"


PAGES = {path.stem[:2]: path.name for path in Path().glob("[0-9e][0-9]-*.ipynb")}


def work(year, authors, title, venue, identifier, lessons):
    """One row: the work, its link, and its lessons."""
    where = ", ".join(f"[{one}]({PAGES[one]})" if one in PAGES else one for one in lessons.split())
    cells = [f"{authors} ({year}): **{title}**. {venue}.", link(identifier)] + [where] * bool(lessons)
    return f"| {' | '.join(cells)} |"


Markdown("\n".join(["| work | link | lesson |", "|---|---|---|", *(work(*one) for one in WORKS if one[-1])]))

# %% [markdown]
# ## Cited in the code only
#
# The library names the source of each formula where it is computed; these works are cited there and in no lesson.

# %% jupyter={"source_hidden": true}
Markdown("\n".join(["| work | link |", "|---|---|", *(work(*one) for one in WORKS if not one[-1])]))
