"""What went wrong at a provider, in one sentence, and what stays possible.

Nothing from a request or an answer is repeated here except machine-made codes: an answer may
quote a key or a message.
"""

from __future__ import annotations

import json
import re
import ssl
from typing import NoReturn

import httpx2
import openai

from core.problems import Problem
from core.providers.profiles import Profile

#: A code that a provider sent: short, made of harmless characters, so it may be shown.
PLAIN_CODE = re.compile(r"[a-z][a-z0-9_.-]{2,47}")

CLOSED = (
    "Your file is still in the account: keep it or remove it on the Clean up page. The same "
    "data set can be trained on this machine, at Azure or at Nebius, and models that you "
    "already tuned can still be compared until they are switched off."
)


#: Codes of ``core.lent``, which refuses what a host's key must not do.
NOT_LENT = {
    "host_key_cap_reached": (
        "The host's key has reached its spending limit.",
        "Use a key of your own, or train on this machine.",
    ),
    "host_key_price_unknown": (
        "The host's key does not pay for this model, because its price is unknown.",
        "Choose a model from the price list, or use a key of your own.",
    ),
    "host_key_no_limit": (
        "The host's key does not pay for answers without a limit on their length.",
        "Use a key of your own for this.",
    ),
    "host_key_not_for_this": (
        "The host's key is not lent for this.",
        "Use a key of your own.",
    ),
}


class TrainingClosed(Problem):
    """The provider no longer trains for this organisation (code ``training_not_available``)."""


class UnclearAnswer(Problem):
    """The request may or may not have been carried out; only looking can tell."""


class Busy(Problem):
    """The provider asks for a pause; ``seconds`` is how long, where it says so."""

    seconds: float | None = None


def explain_error(error: BaseException, profile: Profile) -> Problem:
    """The Problem to show for anything that a call to a provider can raise.

    ``TrainingClosed`` is its own class so that a page can offer what stays possible. A Problem
    is returned as it is. Never holds a key, a message or a provider's free text.
    """
    if isinstance(error, Problem):
        return error
    name = profile.name
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return Problem(f"{name} did not answer in time.", "Wait a moment and look again.")
    if isinstance(error, openai.APIConnectionError):
        return _connection(error, name, profile)
    if isinstance(error, openai.APIStatusError):
        return _status(error, profile)
    if isinstance(error, openai.APIError):
        return _in_stream(error, profile)
    if isinstance(error, httpx2.RequestError | ssl.SSLError):
        return Problem(f"The connection to {name} broke off.", "What arrived is kept; try again.")
    if isinstance(error, UnicodeError):
        return Problem(
            f"Something sent to {name} holds a character that cannot be sent.",
            "Copy the key again; it has only plain letters, digits and signs.",
        )
    if isinstance(error, json.JSONDecodeError | openai.OpenAIError | AttributeError | TypeError):
        return Problem(
            f"{name} sent an answer that is not in OpenAI's format.",
            "Check the server address; for most providers it ends with /v1.",
        )
    return Problem(
        f"Something unexpected happened while talking to {name} ({type(error).__name__}).",
        "Try again; if it stays, use another provider.",
    )


def reraise(error: Exception, profile: Profile) -> NoReturn:
    """Raise the Problem for ``error``, from inside the ``except`` that caught it.

    A provider's error is cut off from the Problem's traceback, because its text may quote a key
    or a message and a traceback may end up in a log; a mistake of our own stays visible.
    """
    problem = explain_error(error, profile)
    if isinstance(error, openai.OpenAIError | httpx2.HTTPError | Problem):
        raise problem from None
    raise problem from error


def _connection(error: Exception, name: str, profile: Profile) -> Problem:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError) or "CERTIFICATE" in str(cause).upper():
        return Problem(
            f"The connection to {name} is not secure: its certificate could not be checked.",
            "Check the address and the clock of this machine.",
        )
    if isinstance(cause, httpx2.LocalProtocolError):
        return Problem(
            "The key holds a character that cannot be sent.", "Copy it again, in one piece."
        )
    if isinstance(cause, httpx2.ReadError | httpx2.RemoteProtocolError | httpx2.WriteError):
        return Problem(f"The connection to {name} broke off.", "Try again in a moment.")
    if profile.key == "custom":
        return Problem(
            "No server answers at the address you entered.", "Start it, or correct the address."
        )
    return Problem(
        f"{name} could not be reached.",
        "Check the internet connection and the server address. "
        "Training on this machine works without either.",
    )


def _status(error: openai.APIStatusError, profile: Profile) -> Problem:
    name, code, status = profile.name, plain_code(error.code), error.status_code
    if code == "training_not_available":
        return TrainingClosed(f"{name} no longer trains models for your organisation.", CLOSED)
    if code in NOT_LENT:
        return Problem(*NOT_LENT[code])
    if status == 401:
        return Problem(
            f"{name} does not accept this key.", "Check that it is complete and still valid."
        )
    if code in ("insufficient_quota", "exceeded_quota", "billing_hard_limit_reached"):
        return Problem(
            f"The account at {name} has no credit left.",
            "Add credit or raise the limit on the provider's billing page; trying again "
            "does not help.",
        )
    if status == 403:
        return Problem(
            f"{name} does not allow this with your key{_in_brackets(code)}.",
            "Use a key of a project that may do it, or ask the owner of the account.",
        )
    if code == "model_not_found":
        return Problem(
            f"{name} does not know this model, or your key may not use it.",
            "Check its name; a tuned model belongs to the account that trained it.",
        )
    if status == 404:
        return Problem(
            f"{name} does not have what was asked for{_in_brackets(code)}.",
            "It may have been deleted, belong to another account, or the server address or "
            "the model name is wrong.",
        )
    if status == 429:
        busy = Busy(f"{name} asks for a pause: too many requests.", "Wait a minute and try again.")
        said = error.response.headers.get("retry-after", "")
        busy.seconds = float(said) if said.isdecimal() else None
        return busy
    if status == 413:
        return Problem(f"The file is too large for {name}.", "Make the data set smaller.")
    if status in (408, 409) or status >= 500:
        return Problem(
            f"{name} has trouble of its own (answer {status}).", "Try again in a few minutes."
        )
    param = plain_code(error.param)
    about = f" because of {param!r}" if param else ""
    return Problem(
        f"{name} refused the request{about}{_in_brackets(code or str(status))}.",
        "Check the settings and the file; the checks on the Dataset page find most causes.",
    )


def _in_stream(error: openai.APIError, profile: Profile) -> Problem:
    code = plain_code(error.code)
    return Problem(
        f"{profile.name} stopped in the middle of its answer{_in_brackets(code)}.",
        "What arrived is kept; try again.",
    )


def explain_job_error(code: str | None, param: str | None = None) -> Problem | None:
    """The Problem of a failed job from its ``error.code``; None where there is no error.

    Healthy jobs carry ``{}`` or ``{"code": null}``, so only the code counts.
    """
    if not code:
        return None
    file = "validation" if param == "validation_file" else "training"
    known = {
        "invalid_n_examples": (
            f"The {file} file has too few examples for this trainer.",
            "Ten is the least; 50 or more show an effect.",
        ),
        "invalid_training_file": (
            "The trainer could not use the training file.",
            "Run the checks on the Dataset page and upload again.",
        ),
        "invalid_validation_file": (
            "The trainer could not use the validation file.",
            "Run the checks on the Dataset page and upload again.",
        ),
        "invalid_file_format": (
            f"The {file} file is not in the format that the trainer wants.",
            "Use the files from the Dataset page unchanged.",
        ),
        "exceeded_quota": (
            "The account has no credit left for this job.",
            "Add credit at the provider, or train a smaller data set.",
        ),
    }
    shown = plain_code(code) or "unknown"
    message, hint = known.get(
        code, (f"The trainer gave up on the job ({shown}).", "The events below may say more.")
    )
    return Problem(message, hint)


def plain_code(value: object) -> str:
    """``value`` if it is a machine-made code that is safe to show, else an empty text."""
    text = value if isinstance(value, str) else ""
    looks_like_key = text.startswith("sk-")
    return text if PLAIN_CODE.fullmatch(text) and not looks_like_key else ""


def _in_brackets(code: str) -> str:
    return f" ({code})" if code else ""


def answer_is_unclear(error: BaseException) -> bool:
    """Whether a request that failed like this may have been carried out all the same.

    A refused connection and a clear "no" (most 4xx) are certain; a cut connection, a timeout
    after connecting, a 5xx and an unreadable answer are not.
    """
    if isinstance(error, openai.APIConnectionError):
        return not isinstance(
            error.__cause__,
            httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.LocalProtocolError,
        )
    if isinstance(error, openai.APIStatusError):
        return error.status_code >= 500 or error.status_code in (408, 409)
    return not isinstance(error, UnicodeError)
