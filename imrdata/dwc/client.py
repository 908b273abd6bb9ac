"""Send requests to the state's site politely: one host, one slow request at a time, none after a refusal."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from imrdata.datasets.archives import MAX_LETTER_BYTES
from imrdata.dwc.case_tables import LOOPBACK, joined
from imrdata.dwc.stopping import HeldStop
from imrdata.errors import SourceError, needs
from imrdata.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

NAME = "imrdata"
TRIES = 4
BACK_OFF = 5.0  # seconds before the second try; doubled before each later one
LONGEST_WAIT = 600.0  # seconds; the longest wait that the site may request
SLOWEST = 120.0  # seconds per answer
MOST_REDIRECTS = 5
_WATCH_SECONDS = 0.1
_BUSY = {429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}


class Answer(NamedTuple):
    """An answer of the site."""

    url: str
    status: int
    content: bytes


class Client:
    """A client of one host. All addresses must be on it and use https; http is allowed only for this machine.

    In its block, Ctrl-C and SIGTERM take effect between two requests, so answers are stored before the program ends.
    A `Crawl-delay` of the host that is longer than the rate allows is respected. The contact is sent in the User-Agent.
    """

    def __init__(self, address: str, *, rate: float = 1.0, contact: str | None = None) -> None:
        with needs("fetch", "asking the state's site"):
            import httpx  # noqa: PLC0415 - an extra
        if not rate > 0:
            raise ValueError(f"rate is a number of requests a second, above 0, not {rate}")
        if contact and not (contact.isascii() and contact.isprintable()):
            raise ValueError(f"a contact has only characters of ASCII, not {contact!r}")
        try:
            parts = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise _stopped(address, "foreign_address", f"is not an address: {error}") from error
        self.origin = origin(address)
        is_here = parts.host in LOOPBACK
        if not parts.host or (parts.scheme != "https" and not (parts.scheme == "http" and is_here)):
            raise _stopped(address, "foreign_address", "is not an https address")
        agent = f"{NAME}/{__version__} ({contact})" if contact else f"{NAME}/{__version__}"
        self._failures, self._late = (httpx.TransportError, httpx.InvalidURL), httpx.ReadTimeout
        self._http = httpx.Client(headers={"User-Agent": agent}, timeout=SLOWEST / 2, trust_env=not is_here)
        self._pause = 1 / rate
        self._next = 0.0  # the time of the next request
        self._robots: RobotFileParser | None = None
        self._stop = HeldStop()

    def __enter__(self) -> Client:
        self._stop.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._stop.__exit__()

    def ask(self, url: str, form: Mapping[str, str] | None = None) -> Answer:
        """Send a request, a POST if there is a form, and return the answer; redirects within the host are followed."""
        for redirects in range(MOST_REDIRECTS):
            self._require_allowed(url)
            answer, location = self._tried(url, form, is_begun=redirects > 0)
            if location is None:
                return answer
            url = joined(url, location)
            form = form if answer.status in (307, 308) else None
        raise _stopped(url, "no_answer", f"redirects more than {MOST_REDIRECTS} times")

    def _require_allowed(self, url: str) -> None:
        """Check that an address is on the host and allowed by its robots.txt."""
        if origin(url) != self.origin:
            raise _stopped(url, "foreign_address", f"is not of {self.origin}, and nothing else is asked")
        if self._robots is None:
            self._robots = self._read_robots(f"{self.origin}/robots.txt")
            self._pause = max(self._pause, float(self._robots.crawl_delay(NAME) or 0))
        if not self._robots.can_fetch(NAME, url):
            raise _stopped(url, "forbidden_by_robots", "is forbidden to programs by the site's robots.txt")

    def _read_robots(self, address: str) -> RobotFileParser:
        """Read the site's robots.txt; without one, everything is allowed."""
        rules = RobotFileParser()
        rules.parse([])
        self._robots = rules  # for this request
        try:
            answer = self.ask(address)
        finally:
            self._robots = None
        if answer.status in (401, 403):
            raise _stopped(address, "forbidden_by_robots", "may not be read; nothing else is asked")
        if answer.status == HTTPStatus.OK:
            rules.parse(answer.content.decode("utf-8", "replace").splitlines())
        return rules

    def _tried(self, url: str, form: Mapping[str, str] | None, *, is_begun: bool) -> tuple[Answer, str | None]:
        """Return the answer and its redirect; try again while the site is busy or the answer is cut off."""
        why = ""
        for attempt in range(TRIES):
            self._wait(may_stop=attempt > 0 or not is_begun)
            wait = BACK_OFF * 2**attempt
            try:
                status, headers, content = self._once(url, form)
            except self._failures as error:
                why = f"gives no whole answer: {type(error).__name__}: {error}"
            else:
                if status not in _BUSY:
                    location = headers.get("Location") if status in _REDIRECTS else None
                    return Answer(url, status, content), location
                why = f"answers {status} {HTTPStatus(status).phrase}"
                wait = _asked_wait(headers.get("Retry-After"), wait)
            if wait > LONGEST_WAIT:
                raise _stopped(url, "no_answer", f"{why}, and asks to wait {wait / 60:,.0f} minutes; go on after that")
            if attempt + 1 < TRIES:
                self._next = max(self._next, time.monotonic() + wait)
        raise _stopped(url, "no_answer", f"{why}; {TRIES} tries")

    def _wait(self, *, may_stop: bool) -> None:
        left = 1.0
        while left > 0:
            if may_stop:
                self._stop.deliver()
            left = self._next - time.monotonic()
            time.sleep(min(max(left, 0), _WATCH_SECONDS))
        self._next = time.monotonic() + self._pause

    def _once(self, url: str, form: Mapping[str, str] | None) -> tuple[int, httpx.Headers, bytes]:
        begun = time.monotonic()
        content = bytearray()
        with self._http.stream("GET" if form is None else "POST", url, data=form) as response:
            for part in response.iter_bytes():
                content += part
                if len(content) > MAX_LETTER_BYTES:
                    raise _stopped(url, "no_answer", f"has more than {MAX_LETTER_BYTES // 2**20} MiB")
                if time.monotonic() - begun > SLOWEST:
                    raise self._late(f"not ended after {SLOWEST:.0f} seconds")
            return response.status_code, response.headers, bytes(content)


def origin(url: str) -> str:
    """Return the scheme and host of an address; a malformed one has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _asked_wait(header: str | None, otherwise: float) -> float:
    """Return the seconds of Retry-After, which is a number or a date."""
    if header is None:
        return otherwise
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return otherwise


def _stopped(url: str, reason: str, message: str) -> SourceError:
    return SourceError(message, step="site", reason=reason, source=url)
