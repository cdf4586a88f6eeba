"""Which failures outside pass by themselves, and how long to wait for it."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

Result = TypeVar("Result")

# whoever embeds us may listen; by default a retry that helped is nobody's concern
logging.getLogger("stamina").addHandler(logging.NullHandler())

TRANSIENT_STATUS = (408, 425, 429, 500, 502, 503, 504)


LONGEST_WAIT_SECONDS = 300.0
"""A Hub that asks for more patience is taken at its word only so far."""


def patiently(call: Callable[[], Result]) -> Result:
    """Call, and call again while the failure is one that passes.

    The waits grow, unless the Hub says how long to wait.
    """
    import stamina  # it loads asyncio, and most commands ask nobody

    patience = 2 * LONGEST_WAIT_SECONDS
    for attempt in stamina.retry_context(on=retry_after, attempts=5, timeout=patience):
        with attempt:
            return call()
    raise AssertionError("unreachable: stamina returns or raises")


def retry_after(error: Exception) -> bool | float:
    """Whether to try again; or in how many seconds, where the Hub says so."""
    from huggingface_hub.errors import HfHubHTTPError

    if not is_transient(error):
        return False
    for cause in causes(error):
        if isinstance(cause, HfHubHTTPError):
            asked = asked_seconds(cause.response.headers)
            return True if asked is None else asked
    return True


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """How long a Hub asks to wait, as far as it is taken at its word; None where it does not say.

    >>> asked_seconds({"Retry-After": "7"}), asked_seconds({"Retry-After": "1000000000"})
    (7.0, 300.0)
    >>> asked_seconds({"RateLimit": '"api";r=0;t=55'})  # the Hub's own way to say it
    55.0
    >>> asked_seconds({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})  # which is over
    0.0
    """
    asked = headers.get("Retry-After", "").strip()
    told = re.search(r"\bt=(\d+)", headers.get("RateLimit", ""), re.ASCII)
    if told and not asked:
        asked = told[1]
    if re.fullmatch(r"\d+", asked, re.ASCII):
        seconds = float(asked)
    else:
        try:
            seconds = math.ceil(parsedate_to_datetime(asked).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)


def is_transient(error: BaseException) -> bool:
    """Whether the network, and not the request, is at fault anywhere in the error's causes."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

    for cause in causes(error):
        if isinstance(cause, OfflineModeIsEnabled):
            return False
        if isinstance(cause, HfHubHTTPError):
            return cause.response.status_code in TRANSIENT_STATUS
        if isinstance(cause, (httpx.TransportError, ConnectionError, TimeoutError)):
            return True
    return False


def status_of(error: BaseException) -> int | None:
    """The Hub's answer, where that is what an error comes of."""
    from huggingface_hub.errors import HfHubHTTPError

    for cause in causes(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and whatever it came of, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
