"""The model of a question: data plus a judge, with the wrong answers that learners give and the different right ones.

``solutions/NN-slug/questions.py`` makes one :class:`Question` per question; the reference answer is the solution cell of
``solutions/NN-slug/NN-slug.py``, so that nothing is written twice. Nothing here is seen by learners: :meth:`Question.compiled` makes
what goes into ``exercises/NN-slug/checks.json``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from holdout.checks.check import judge_run, judge_runs
from holdout.checks.codec import TAG, decode, encode
from holdout.checks.judges import OWN_SENTENCE, find_judge
from holdout.checks.matching import decode_run
from holdout.checks.probe import find_answer, read_probe, run_probe
from holdout.checks.properties import violated_property
from holdout.errors import HoldoutError

CHOICES = ("choice", "sentence_and_choice")
LARGEST = 1e10
"""A recorded result beyond this is what rounding left of a division by nearly zero, another number on each processor."""
"""Judges of questions that offer options; they need no hidden cases."""

# The sentence counts as not written while it holds the placeholder; a notebook of an earlier release has the choice only.
_SENTENCE_AND_CHOICE = (
    "... if answer is ... or (isinstance(answer, tuple) and answer == (..., ...)) else "
    "[None if part is ... else part for part in (answer if isinstance(answer, tuple) else (..., answer))]"
)


def _are_points(points):
    number = isinstance(points, int | float) and not isinstance(points, bool)
    return number and 0 <= points < 1e6 and float(2 * points).is_integer()


class QuestionError(HoldoutError, ValueError):
    """A question is not written as it must be; the message names the exercise, the question and the remedy."""


@dataclass(frozen=True)
class Tolerance:
    """How far a right answer may be from the reference, and why that far.

    Parameters
    ----------
    rtol, atol : float
        As in ``numpy.isclose``.
    because : str
        The derivation, for whoever reads the question.
    """

    rtol: float = 1e-9
    atol: float = 1e-12
    because: str = "deterministic arithmetic: only the order of operations may differ"


@dataclass(frozen=True)
class Case:
    """One set of inputs.

    Parameters
    ----------
    inputs : dict
        Name to value; the names are those of the question's probe.
    title : str
        How to name the case to a learner.
    truth : dict
        What the judge knows besides (such as ``costs``); it never reaches the learner's kernel in a hidden case.
    """

    inputs: dict = field(default_factory=dict)
    title: str = ""
    truth: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Property:
    """What every right answer has, for the message to a wrong one that is not known: it names the property, never the value.

    Parameters
    ----------
    holds : str
        Python expression over ``got`` (the result on a case), ``results`` (those on all visible cases), the inputs by their
        names, ``np`` and ``pd``, such as ``"abs(sum(got) - 1) < 1e-6"``. Over ``results`` one can say that two cases whose rows
        are shuffled must give the same.
    says : str
        The sentence for a learner whose result does not have it; ``{got}`` stands for the result.
    """

    holds: str
    says: str


@dataclass(frozen=True)
class KnownAnswer:
    """An answer of which it is known how the question must treat it: the reference, a wrong or another right one.

    Parameters
    ----------
    name : str
    code : str
        As a learner writes it.
    why : str
        Why a wrong one is tempting, for instructors.
    message : str
        What a wrong one must earn.
    label : str
        Recognises a wrong one by the label that the judge gives instead of by its results.
    """

    name: str
    code: str
    why: str = ""
    message: str = ""
    label: str = ""


class Question:
    """One question of an exercise.

    Parameters
    ----------
    id : str
        ``"NN.slug"``.
    title : str
    objective : str
        What a learner who answers it can do.
    points : float
        Whole or half; 0 for a question that is asked and no longer counts.
    answer : str
        Name of the function or value in the learner's notebook.
    with_name : str
        Name of a second value that is judged together with it; the probe then gets the tuple of both, that one first.
    probe : str
        Expression over ``answer`` and the names of the inputs; its value is judged. ``"answer"`` for a plain value.
        It may call a function of the topic's ``probes`` module instead, written as
        ``"holdout.topics.NAME.probes:function(answer, ...)"`` (see :func:`holdout.checks.probe.read_probe`).
    visible : list of Case
        The cases of the check in the notebook.
    hidden : callable
        ``hidden(rng) -> list of Case``, fresh ones each time. Omit it for a choice.
    hints : list of str
        From a nudge to nearly the answer.
    passed : str
        What to say to a right answer: what it means, not praise.
    judge : str
        Name of a judge (see :mod:`holdout.checks.judges`); the default compares with the reference's result.
    parameters : dict
        For the judge.
    tolerance : Tolerance
        For the default judge.
    partial : bool
        Whether the score is the mean over the hidden cases; otherwise all must be right.
    judgement : bool
        Whether it grades a decision rather than a calculation.
    credit_everybody : bool
        Whether every hand-in that can be read gets its points, such as when the question turned out to be unclear.
    properties : list of Property
        For the message to a wrong answer that is not known; the first that it violates is said.
    """

    def __init__(
        self,
        id: str,
        *,
        title: str,
        objective: str,
        points: float,
        answer: str,
        visible: Iterable[Case],
        hints: Iterable[str],
        passed: str,
        probe: str = "answer",
        hidden: Callable[[np.random.Generator], Iterable[Case]] | None = None,
        judge: str = "close",
        parameters: dict | None = None,
        tolerance: Tolerance | None = None,
        partial: bool = False,
        judgement: bool = False,
        properties: Iterable[Property] = (),
        with_name: str = "",
        credit_everybody: bool = False,
    ) -> None:
        self.id, self.title, self.objective, self.points = id, title, objective, points
        self.answer, self.probe, self.visible, self.hidden = answer, probe, list(visible), hidden
        self.hints, self.passed, self.judge = list(hints), passed, judge
        self.tolerance = tolerance or Tolerance()
        self.parameters = dict(parameters or {})
        if judge == "close":
            self.parameters = {"rtol": self.tolerance.rtol, "atol": self.tolerance.atol, **self.parameters}
        self.partial, self.judgement, self.with_name = partial, judgement, with_name
        self.credit_everybody = credit_everybody
        self.properties = list(properties)
        self.wrong_answers: list[KnownAnswer] = []
        self.right_answers: list[KnownAnswer] = []
        # set by load_exercise from the solution notebook, before anybody asks for it
        self.reference: KnownAnswer = None  # type: ignore[assignment]
        self.setup = self.source_key = self.mutants_key = ""
        # of a choice of sentences: the letter of the right one (from `sentence_choice`), and its text (from the script)
        self.right_option = self.model_sentence = ""
        self.validate()

    def __repr__(self):
        return f"Question({self.id!r}, {self.points} points)"

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the learner's notebook that are judged, in the order in which the probe gets them."""
        return (self.with_name, self.answer) if self.with_name else (self.answer,)

    def wrong(
        self, name: str, *, message: str, why: str, label: str = "", code: str | None = None
    ) -> Callable | None:
        """Add an answer that learners give and that must lose points and earn `message`.

        As a decorator of a function written as a learner would write it, or with ``code="say_it = 'b'"``.

        Parameters
        ----------
        name : str
        message : str
            What the learner reads; ``{got}`` stands for their result.
        why : str
            Why it is tempting, for instructors.
        label : str
            Recognise it by the label that the judge gives instead of by its results (for answers that draw at random).
        code : str, optional
        """
        return self._add(self.wrong_answers, name, code, why=why, message=message, label=label)

    def right(self, name: str, *, code: str | None = None) -> Callable | None:
        """Add a different right answer, which must get full marks; a decorator, or with `code`."""
        return self._add(self.right_answers, name, code)

    def _add(self, answers, name, code, **about):
        if name in {answer.name for answer in answers}:
            raise QuestionError(f"{self.id}: there are two answers called {name!r}; give each its own name")
        if code is not None:
            answers.append(KnownAnswer(name, textwrap.dedent(code).strip() + "\n", **about))
            return None

        def keep(function):
            answers.append(KnownAnswer(name, _source_of(function, self.answer), **about))
            return function

        return keep

    def validate(self) -> None:
        """Refuse a question that could not be asked or judged."""
        problems = []
        if not re.fullmatch(r"(\d\d|e\d)\.[a-z0-9_]+", self.id):
            problems.append("its id must look like '01.gap'")
        if not _are_points(self.points):
            problems.append(
                f"points must be 0, a whole number or a half, such as 2 or 1.5, not {self.points!r}"
            )
        if not self.visible:
            problems.append("it needs at least one visible case")
        if not self.hints:
            problems.append("it needs a hint")
        if not self.answer.isidentifier():
            problems.append(f"answer {self.answer!r} is not a name")
        try:
            find_judge(self.judge)
            compile(read_probe(self.probe)[0], "<probe>", "eval")
            for declared in self.properties:
                compile(declared.holds, "<property>", "eval")
        except (ValueError, SyntaxError) as error:
            problems.append(str(error))
        if self.hidden is None and self.judge not in CHOICES:
            problems.append("it needs hidden cases, or learners could hard-code the visible ones")
        if problems:
            raise QuestionError(f"question {self.id}: {'; '.join(problems)}")

    def unwritten(self) -> list[str]:
        """What still says TODO: names of texts, such as "title" or "message of 'the sum'"."""
        texts = {
            "title": self.title,
            "objective": self.objective,
            "hints": " ".join(self.hints),
            "passed": self.passed,
        }
        for answer in self.wrong_answers:
            texts[f"message of {answer.name!r}"] = answer.message
            texts[f"why of {answer.name!r}"] = answer.why
        return [name for name, text in texts.items() if "TODO" in text]

    # ------------------------------------------------------------------------------------------------- running answers

    def value_of(self, answer: KnownAnswer) -> object:
        """Run an answer's code after the notebook's setup and return what it defined under the question's name.

        The code is the author's own (references, known right and wrong answers), never a learner's.
        """
        names = {"__name__": "__answer__"}
        exec(compile(self.setup, f"<{self.id} setup>", "exec"), names)
        exec(compile(answer.code, f"<{self.id} {answer.name}>", "exec"), names)
        if self.answer not in names:
            made = (
                ", ".join(re.findall(r"^(?:def |class )?(\w+)(?=\(| *=|:)", answer.code, re.MULTILINE))
                or "no name"
            )
            raise QuestionError(
                f"{self.id}: the {answer.name!r} code defines {made}, and the question asks for answer={self.answer!r}: "
                "the name must be the same in both"
            )
        return find_answer(names, ", ".join(self.names))

    def run(self, answer: KnownAnswer, cases: list[dict]) -> list[dict]:
        """Results of an answer on encoded cases, as :func:`holdout.checks.probe.run_probe` gives them."""
        value = self.value_of(answer)
        return [run_probe(value, self.probe, case["inputs"]) for case in cases]

    def compiled_cases(self, cases: Iterable[Case]) -> list[dict]:
        """Encode cases, with what the judge needs to know: the reference's result, or the stated truth."""
        cases = list(cases)
        compiled = [
            {"title": case.title, "inputs": {name: encode(value) for name, value in case.inputs.items()}}
            for case in cases
        ]
        needs_reference = self.judge in ("close", *CHOICES)
        runs = self.run(self.reference, compiled) if needs_reference else [{}] * len(compiled)
        for case, data, run in zip(cases, compiled, runs, strict=True):
            data.update({name: encode(value) for name, value in case.truth.items()})
            if needs_reference:
                if "value" not in run:
                    raise QuestionError(f"{self.id}: the reference fails on the case {case.title!r}: {run}")
                data["expected"] = run["value"]
        return compiled

    def hidden_cases(self, seed: int) -> list[dict]:
        """Fresh cases for one grading run; without a generator (a choice) the visible ones.

        Parameters
        ----------
        seed : int
        """
        if self.hidden is None:
            return self.compiled_cases(self.visible)
        rng = np.random.default_rng([seed, *self.id.encode()])
        return self.compiled_cases(self.hidden(rng))

    def score(self, cases: Sequence[Mapping], runs: list[dict]) -> float:
        """Share of the points that results on cases earn.

        Parameters
        ----------
        cases : sequence of Mapping
            Encoded cases with what the judge knows.
        runs : list of dict
            Results, possibly from hostile code: plain JSON that is only decoded and judged.

        Returns
        -------
        float
            0 to 1.
        """
        document = self.compiled_shell()
        scores = [
            judge_run(document, case, decode_run(run)).score for case, run in zip(cases, runs, strict=True)
        ]
        return float(np.mean(scores)) if self.partial else float(min(scores) >= 1.0)

    def explain(self, cases: list[dict], runs: list[dict]) -> tuple[str, str, str]:
        """Outcome, message and misconception for results on cases, hidden ones too (see ``checks.judge_runs``)."""
        return judge_runs(self.document(cases), runs)

    # ------------------------------------------------------------------------------------------------------- compiling

    def compiled_shell(self) -> dict:
        """What checks.json says of the question, without cases and wrong answers."""
        return {
            "id": self.id,
            "title": self.title,
            "points": self.points,
            "answer": self.answer,
            "probe": self.probe,
            "judge": self.judge,
            "parameters": self.parameters,
            "passed": self.passed,
            "hints": self.hints,
            **({"properties": [asdict(one) for one in self.properties]} if self.properties else {}),
        }

    def _fingerprint(self, wrong, cases):
        recognised = {"label": wrong.label} if wrong.label else {"runs": self.run(wrong, cases)}
        return {"name": wrong.name, "message": wrong.message, **recognised}

    def document(self, cases: list[dict]) -> dict:
        """The question on some cases: what ``checks.judge_runs`` wants, with the fingerprints of the wrong answers on these.

        Parameters
        ----------
        cases : list of dict
            As :meth:`compiled_cases` or :meth:`hidden_cases` make them.

        Returns
        -------
        dict
        """
        wrong = [self._fingerprint(answer, cases) for answer in self.wrong_answers]
        document = {**self.compiled_shell(), "cases": cases, "wrong": wrong}
        if "credit" in self.parameters and any("runs" in answer for answer in wrong):
            document["reference"] = self.run(self.reference, cases)
        return document

    def compiled(self) -> dict:
        """All that checks.json holds of the question: visible cases, fingerprints of wrong answers, messages, hints."""
        document = self.document(self.compiled_cases(self.visible))
        if self.properties:
            runs = [{"value": decode(run["value"])} for run in self.run(self.reference, document["cases"])]
            violated = violated_property(document, runs)
            if violated is not None:
                raise QuestionError(f"{self.id}: the reference violates the property {violated[1]!r}")
        for answer in document["wrong"]:
            for case, run in zip(document["cases"], answer.get("runs", ()), strict=False):
                if (largest := _largest(run)) > LARGEST:
                    raise QuestionError(
                        f"{self.id}: on the case {case['title']!r} the wrong answer {answer['name']!r} gives {largest:.3g}: it divides by "
                        "nearly zero, and another processor gives another number; choose inputs for which it does not"
                    )
        return document


def _largest(encoded: object) -> float:
    """Largest finite number, in absolute value, in an encoded result."""
    if isinstance(encoded, dict):
        if encoded.get(TAG) == "array":
            values = decode(encoded)
            numbers = np.abs(values[np.isfinite(values)]) if values.dtype.kind == "f" else np.empty(0)
            return float(numbers.max(initial=0.0))
        return max(map(_largest, encoded.values()), default=0.0)
    if isinstance(encoded, list):
        return max(map(_largest, encoded), default=0.0)
    return abs(encoded) if isinstance(encoded, float) and np.isfinite(encoded) else 0.0


@dataclass(frozen=True)
class Misreading:
    """A sentence that learners choose and should not: what it is, why it tempts, and what they read then."""

    name: str
    why: str
    message: str


_SOMEBODYS_SENTENCE = "The numbers of this case support one decision, and here is which one and why."


def sentence_choice(
    id: str,
    *,
    objective: str,
    right: str,
    wrong: dict[str, Misreading],
    hints: Iterable[str],
    passed: str,
) -> Question:
    """The question that ends every exercise: say it in a sentence of your own, then choose one of these.

    The build puts a cell for ``my_sentence`` above the options. That sentence must be there, and is kept for the portfolio;
    only the choice is judged. Besides the wrong sentences the question knows as wrong answers a choice without a sentence of
    one's own and the number in place of the letter, and as right ones a capital letter and a letter with a bracket.

    Parameters
    ----------
    id : str
    objective : str
    right : str
        Letter of the right sentence.
    wrong : dict of str to Misreading
        By letter, all the others.
    hints : list of str
    passed : str

    Returns
    -------
    Question

    Raises
    ------
    QuestionError
        If the letters are not a, b, c, ... without a gap, or one is right and wrong.
    """
    options = sorted([right, *wrong])
    if options != list("abcdefgh"[: len(options)]):
        raise QuestionError(
            f"{id}: the letters must be a, b, c, ... each once; right is {right!r}, wrong are {sorted(wrong)}"
        )
    question = Question(
        id,
        title="Say it out loud",
        objective=objective,
        points=1,
        answer="say_it",
        with_name=OWN_SENTENCE,
        probe=_SENTENCE_AND_CHOICE,
        judge="sentence_and_choice",
        parameters={"options": options},
        visible=[Case()],
        hints=hints,
        passed=passed,
    )

    question.right_option = right

    def code(picked):
        return f"{OWN_SENTENCE} = {_SOMEBODYS_SENTENCE!r}\nsay_it = {picked!r}"

    for letter, misreading in wrong.items():
        question.wrong(
            misreading.name,
            why=misreading.why,
            message=misreading.message,
            label=letter,
            code=code(letter),
        )
    question.wrong(
        "chooses without a sentence of their own",
        why="The letter is all that seems to count.",
        message="Before you choose, say it yourself.",
        label="no sentence",
        code=f"say_it = {right!r}",
    )
    question.wrong(
        "picks the position instead of the letter",
        why="Options can be counted as well.",
        message='Answer with one letter in quotes, such as `"a"`.',
        label="not an option",
        code=code(options.index(right) + 1),
    )
    question.right("a capital letter", code=code(right.upper()))
    question.right("with a bracket", code=code(right + ")"))
    return question


def _source_of(function, answer):
    """The source of a decorated function as a learner would have it in a cell: no decorator, the question's name."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    body = "\n".join(source.splitlines()[node.lineno - 1 :])
    return re.sub(rf"def\s+{re.escape(node.name)}\b", f"def {answer}", body, count=1) + "\n"
