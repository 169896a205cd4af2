"""Predict first: commit to an answer and a confidence before the result; later, see your calibration.

``predict`` makes a widget that also works as plain text. A commitment is recorded in ``holdout.record.progress``; only
the first one counts. Not for scoring, which is the task of ``holdout.record.self_calibration``.
"""

from __future__ import annotations

import contextlib
import html
import math
import numbers
import re
from collections.abc import Callable, Sequence
from typing import Any

from holdout.errors import InvalidValue
from holdout.markup import markup
from holdout.record import progress
from holdout.record.cell_widget import CellWidget, buttons, field, words
from holdout.record.self_calibration import percent

_LETTERS = "abcdefghij"
_COMMIT, _CHANGE = "Commit", "I have changed my mind"


def predict(
    id: str,
    question: str,
    options: Sequence[str] | None = None,
    *,
    answer: object = None,
    reveal: str | Callable[[], str] = "",
    unit: str = "",
    within: float | None = None,
) -> Prediction:
    """Ask for a prediction before the result is known.

    Parameters
    ----------
    id : str
        Lesson and name, such as ``"01.p1"``. Unique in the course.
    question : str
        What is to be predicted. `Code` in backticks and *emphasis* in stars.
    options : sequence of str, optional
        Two to ten choices, which become a), b), c) ... Without options a number is asked for.
    answer : optional
        The right answer: a letter or the text of an option, or a number; or a function without arguments that
        computes it and is called after the commitment. Left out, it comes later, by ``resolve``, and only
        then is the prediction scored.
    reveal : str or callable, optional
        What to say after the commitment, beside the answer.
    unit : str, optional
        Unit of the number, for example "percentage points".
    within : float, optional
        A number is right if it lies at most this far from the answer. Required without options.

    Returns
    -------
    Prediction
        As the last line of a cell it shows itself.

    Raises
    ------
    InvalidValue
        If the id, the options or ``within`` cannot be used; the message says how they are written.

    Examples
    --------
    >>> p = predict("01.p1", "Which is larger?", ["training error", "validation error"], answer="b")
    >>> print(p)
    Predict first · 01.p1
    Which is larger?
      a) training error
      b) validation error
    Commit before you read on. Without buttons: commit("01.p1", "b", 0.8)
    """
    asked = Prediction(id, question, options, answer=answer, reveal=reveal, unit=unit, within=within)
    _asked[id] = asked
    return asked


_asked: dict[str, Prediction] = {}  # what this kernel has asked; the record on the disk is elsewhere


def commit(id: str, answer: str | float, confidence: float) -> Note:
    """Commit to an answer without the buttons; see ``Prediction.commit``.

    Parameters
    ----------
    id : str
        Of a prediction that this notebook has asked, such as ``"01.p1"``.
    answer, confidence
        As for ``Prediction.commit``.

    Returns
    -------
    Note

    Raises
    ------
    InvalidValue
        If the prediction has not been asked yet, or as ``Prediction.commit``.
    """
    if id not in _asked:
        raise InvalidValue(
            f'Prediction {id!r} has not been asked yet: run the cell with predict("{id}", ...) first.'
        )
    return _asked[id].commit(answer, confidence)


def resolve(id: str, answer: str | float, reveal: str | Callable[[], str] = "") -> Note:
    """Supply the right answer of a prediction once the experiment has run; see ``Prediction.resolve``.

    Parameters
    ----------
    id : str
        Such as ``"01.p1"``.
    answer, reveal
        As for ``Prediction.resolve``.

    Returns
    -------
    Note
        As the last line of a cell it says whether the learner was right. A prediction that was not asked in
        this kernel is no error: the note says which cell to run.
    """
    if id not in _asked:
        return Note(f'Prediction {id} has not been asked yet: run the cell with predict("{id}", ...) first.')
    return _asked[id].resolve(answer, reveal)


class Note:
    """A sentence or two that a cell shows."""

    def __init__(self, text: str):
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<div role='status' style='max-width:46em;line-height:1.5'>{markup(self.text)}</div>"


class Prediction(CellWidget):
    """A question put to the learner, and what was committed. Made by ``predict``.

    Attributes
    ----------
    commitment : dict or None
        The first commitment: ``answer`` (a letter, or a number) and ``confidence`` (0 to 1).
    """

    def __init__(
        self,
        id: str,
        question: str,
        options: Sequence[str] | None = None,
        *,
        answer: object = None,
        reveal: str | Callable[[], str] = "",
        unit: str = "",
        within: float | None = None,
    ):
        parts = id.split(".") if isinstance(id, str) else []
        if len(parts) != 2 or not re.fullmatch(r"\d+|e\d", parts[0]) or not parts[1]:
            raise InvalidValue(f'The id of a prediction is lesson and name, such as "01.p1"; got {id!r}.')
        if not isinstance(question, str) or not question.strip():
            raise InvalidValue(f"The prediction {id} needs a question.")
        if options is not None:
            options = [str(option) for option in options]
            if not 2 <= len(options) <= len(_LETTERS) or len(set(options)) != len(options):
                raise InvalidValue(
                    f"The prediction {id} needs 2 to {len(_LETTERS)} different options, got {options}."
                )
        elif within is None or not within >= 0:
            raise InvalidValue(
                f"The prediction {id} asks for a number: say how close is right, for example within=0.05."
            )
        self.id = id
        self.question = question.strip()
        self.options = options
        self.unit = unit
        self.within = within
        self._answer = answer
        self._reveal = reveal
        self._correct: bool | None = None
        self._verdict = ""  # with the reveal; empty before a commitment
        self._problem = ""  # why the record cannot be read or written
        self.commitment: dict | None = None
        self._chosen: tuple[Any, Any] = (None, "")  # what the form shows
        self._changing = False
        if answer is not None and not callable(answer):
            # a mistyped answer fails where the lesson is built, not after the commitment
            self._read_truth(answer)
        self._earlier = self._recall()
        self._said = self._full_text(self._first_text())

    # -- the commitment

    @property
    def lowest_confidence(self) -> float:
        """The confidence of a blind guess; 0 for a number."""
        return 1 / len(self.options) if self.options else 0.0

    @property
    def resolved(self) -> bool:
        """Whether the right answer has been supplied."""
        return self._answer is not None

    def describe(self) -> dict[str, Any]:
        """Everything that a page without a kernel needs to ask the question, to score it and to reveal the answer.

        Returns
        -------
        dict
            Plain values. ``question``, ``options``, ``truth_text`` and ``reveal`` are HTML. ``truth`` is a letter, a
            number, or None where nobody has supplied the answer.

        Raises
        ------
        InvalidValue
            If the supplied answer does not fit the question.
        """
        truth = None
        if self._answer is not None:
            truth = self._read_truth(self._answer() if callable(self._answer) else self._answer)
        return {
            "id": self.id,
            "question": markup(self.question),
            "options": [markup(option) for option in self.options or ()],
            "unit": self.unit,
            "within": self.within,
            "confidences": [[label, share] for label, share in self._confidences()],
            "truth": truth,
            "truth_text": "" if truth is None else markup(self._as_text(truth)),
            "reveal": markup(self._reveal_text()),
        }

    def commit(self, answer: str | float, confidence: float) -> Note:
        """Commit to an answer. The first commitment counts; later ones are recorded as a change of mind.

        Parameters
        ----------
        answer : str or number
            A letter or the text of an option; or a number.
        confidence : float
            How sure you are to be right, as a share: from one in the number of options to 1.

        Returns
        -------
        Note
            What was recorded, and the reveal if the answer is known.

        Raises
        ------
        InvalidValue
            If the answer or the confidence cannot be read; nothing is recorded then.
        """
        answer, confidence = self._read_answer(answer), self._read_confidence(confidence)
        first = self.commitment
        self._problem = ""
        # on the disk before anything is revealed
        self._record(
            "prediction",
            answer=answer,
            answer_text=self._as_text(answer)[:200],
            confidence=confidence,
            choices=len(self.options) if self.options else 0,
            question=self.question[:300],
            counts=first is None,
        )
        recorded = f"{self._as_text(answer)}, {percent(confidence)} sure."
        if first is None:
            self.commitment = first = {"answer": answer, "confidence": confidence}
            text = f"Recorded: {recorded}"
        else:
            text = f"Recorded as a change of mind: {recorded} Your first answer counts: {self._as_commitment(first)}."
        self._score_and_reveal(first)
        self._chosen, self._changing = (answer, confidence), False
        return self._note(text)

    def resolve(self, answer: str | float, reveal: str | Callable[[], str] = "") -> Note:
        """Supply the right answer after the experiment, so that the prediction can be scored.

        Parameters
        ----------
        answer : str or number
            A letter or the text of an option; or a number.
        reveal : str or callable, optional
            What to say beside it.

        Returns
        -------
        Note
            Whether the commitment was right; before a commitment, the request to make one.
        """
        self._read_truth(answer)
        self._answer, self._reveal = answer, reveal or self._reveal
        if self.commitment is None:
            return Note(
                f"You have not committed to prediction {self.id} yet (above); its answer appears there when you do."
            )
        self._problem = ""
        self._score_and_reveal(self.commitment)
        return self._note("")

    def _score_and_reveal(self, commitment: dict) -> None:
        """Find the answer, score the first commitment once, and put the reveal into words."""
        if self._answer is None:
            self._verdict = (
                "The answer comes with the experiment below." if not self._reveal else self._reveal_text()
            )
            return
        try:
            truth = self._read_truth(self._answer() if callable(self._answer) else self._answer)
            reveal = self._reveal_text()
        except Exception as error:
            self._verdict = (
                f"The answer could not be computed ({type(error).__name__}: {error}). Your commitment is "
                "recorded; run the cells above this one, then this one again."
            )
            return
        correct = self._is_right(commitment["answer"], truth)
        if self._correct is None:  # the first scoring counts, as the first commitment does
            self._correct = correct
            self._record("resolution", correct=correct, truth=truth)
        verdict = "You were right." if correct else "You were wrong."
        near = f" (right means within {self.within:g})" if self.options is None and self.within else ""
        answer = f"{self._as_text(truth)}{near}"
        stop = "" if answer.endswith((".", "?", "!")) else "."
        self._verdict = f"{verdict} The answer: {answer}{stop} {reveal}".strip()

    def _reveal_text(self) -> str:
        return str(self._reveal() if callable(self._reveal) else self._reveal).strip()

    def _is_right(self, answer: str | float, truth: str | float) -> bool:
        if isinstance(answer, str) or isinstance(truth, str) or self.within is None:
            return answer == truth
        # the last digits of a difference are rounding: 0.35 is within 0.05 of 0.3
        return abs(answer - truth) <= self.within + 1e-9 * max(1.0, abs(truth))

    # -- reading what is typed

    def _read_answer(self, answer: object) -> str | float:
        if self.options:
            text = str(answer).strip()
            if text in self.options:
                return _LETTERS[self.options.index(text)]
            letter = text.rstrip(").").lower()
            if len(letter) == 1 and letter in _LETTERS[: len(self.options)]:
                return letter
            last = _LETTERS[len(self.options) - 1]
            raise InvalidValue(
                f"{answer!r} is not one of the options: answer with a letter from a to {last}."
            )
        value = math.nan
        if isinstance(answer, str):
            typed = answer.strip().removesuffix(self.unit).removesuffix("%").strip()
            with contextlib.suppress(ValueError):
                value = float(typed)
        elif isinstance(answer, numbers.Real) and not isinstance(answer, bool):
            value = float(answer)
        if not math.isfinite(value):
            raise InvalidValue(f"{answer!r} is not a number: write it with a point, such as 12.5.")
        return value

    def _read_truth(self, answer: object) -> str | float:
        try:
            return self._read_answer(answer)
        except ValueError as error:
            raise InvalidValue(f"The answer of prediction {self.id}: {error}") from None

    def _read_confidence(self, confidence: object) -> float:
        share = math.nan
        if isinstance(confidence, numbers.Real) and not isinstance(confidence, bool):
            share = float(confidence)
        if not share <= 1:
            raise InvalidValue(f"The confidence is a share: write 0.8 for 80%, not {confidence!r}.")
        lowest = self.lowest_confidence
        if share < lowest - 0.005:  # 0.33 will do for a third
            reason = (
                f"a blind guess among {len(self.options)} options has {lowest:.2f}"
                if self.options
                else "0 is the least"
            )
            raise InvalidValue(
                f"The confidence {confidence!r} is too low: {reason}. Is another option likelier?"
            )
        return max(share, lowest)

    # -- the record

    def _record(self, kind: str, **fields: Any) -> None:
        try:
            progress.record(kind, id=self.id, **fields)
        except progress.ProgressError as error:
            self._problem = str(error)

    def _recall(self) -> str:
        """The first commitment of an earlier session as a sentence; empty where there is none."""
        try:
            entries, unreadable = progress.read_with_gaps()
        except progress.ProgressError as error:
            self._problem = str(error)
            return ""
        self._problem = progress.describe_gaps(entries, unreadable)
        for entry in progress.prediction_records(entries):
            if entry["id"] == self.id:
                try:
                    answer = self._read_answer(entry["answer"])
                except ValueError:  # the question has been rewritten since: an old answer does not fit it
                    return ""
                self.commitment = {"answer": answer, "confidence": entry["confidence"]}
                self._chosen = (answer, entry["confidence"])
                self._correct = entry["correct"]
                self._score_and_reveal(self.commitment)
                return f"You committed on {entry['at'][:10]}: {self._as_commitment(self.commitment)}."
        return ""

    # -- words

    def _as_text(self, answer: str | float) -> str:
        if self.options and isinstance(answer, str):
            # an option that is a sentence has its own full stop, and more words follow here
            return f"{answer}) {self.options[_LETTERS.index(answer)].removesuffix('.')}"
        return f"{answer:.6g} {self.unit}".strip()

    def _as_commitment(self, commitment: dict) -> str:
        return f"{self._as_text(commitment['answer'])}, {percent(commitment['confidence'])} sure"

    def _first_text(self) -> str:
        """The sentence about the first commitment; empty before it."""
        if self.commitment is None:
            return ""
        return self._earlier or f"You committed: {self._as_commitment(self.commitment)}."

    def _full_text(self, beginning: str) -> str:
        return "\n".join(part for part in (beginning, self._verdict, self._problem) if part)

    def __repr__(self) -> str:
        lines = [f"Predict first · {self.id}", self.question]
        if self.options:
            lines += [f"  {letter}) {option}" for letter, option in zip(_LETTERS, self.options, strict=False)]
        else:
            lines.append(
                f"  A number{f' of {self.unit}' if self.unit else ''}; right within {self.within:g}."
            )
        if self.commitment is not None:
            return "\n".join([*lines, self._full_text(self._first_text())])
        example = '"b"' if self.options else "12.5"
        lines.append(f'Commit before you read on. Without buttons: commit("{self.id}", {example}, 0.8)')
        return "\n".join([*lines, self._problem] if self._problem else lines)

    # -- the form

    def _note(self, beginning: str) -> Note:
        text = self._full_text(beginning)
        self._show(text)
        return Note(text)

    def _parts(self) -> list[dict]:
        frozen = self.commitment is not None and not self._changing
        answer, confidence = self._chosen
        label = f"Your answer{f' ({self.unit})' if self.unit and not self.options else ''}"
        if self.options:
            lettered = zip(_LETTERS, self.options, strict=False)
            options = [[markup(f"{letter}) {option}"), letter] for letter, option in lettered]
            asked = field("choice", "answer", label, answer, options=options, disabled=frozen)
        else:
            typed = "" if answer is None else f"{answer:.6g}"
            asked = field("text", "answer", label, typed, placeholder="a number", disabled=frozen)
        sure = [["choose how sure you are", ""], *map(list, self._confidences())]
        head = f"<div><strong>Predict first</strong> · {html.escape(self.id)}</div><div>{markup(self.question)}</div>"
        return [
            words(head),
            asked,
            field("list", "confidence", "Confidence", confidence, options=sure, disabled=frozen),
            buttons("" if frozen else "commit", commit=_CHANGE if frozen else _COMMIT),
        ]

    def _confidences(self) -> list[tuple[str, float]]:
        lowest = self.lowest_confidence
        shares = [share for share in (*range(10, 100, 10), 95, 99, 100) if share / 100 > lowest + 0.02]
        guess = [(f"{percent(lowest)} (a blind guess)", lowest)] if lowest else []
        return guess + [(f"{share}%{' (certain)' if share == 100 else ''}", share / 100) for share in shares]

    def _pressed(self, name: str, values: dict) -> None:
        if self.commitment is not None and not self._changing:
            self._chosen, self._changing = (None, ""), True
            self._show("Choose again. It is recorded, but your first answer counts.")
        elif values["answer"] in (None, ""):
            self._show("Nothing is recorded yet: choose your answer first.")
        elif values["confidence"] == "":
            self._show("Nothing is recorded yet: choose how sure you are.")
        else:
            try:
                self.commit(values["answer"], values["confidence"])
            except ValueError as error:
                self._show(f"Nothing is recorded yet. {error}")
