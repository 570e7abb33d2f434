"""Counts what a client sends, by repository."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PATH = re.compile(r"/v2/(.+?)/(?:manifests|blobs|referrers|tags)/")


@dataclass(slots=True)
class Requests:
    """Requests about one repository: their number by method, and the bytes of their bodies."""

    methods: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def total(self) -> int:
        """The number of requests."""
        return self.methods.total()


class Traffic:
    """Counts requests. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_path: dict[str, Requests] = {}

    def of(self, path: str) -> Requests:
        """The requests about a repository; of the path "", those of tokens."""
        with self._lock:
            return self._by_path.setdefault(path, Requests())

    def total(self) -> Requests:
        """All requests."""
        with self._lock:
            total = Requests()
            for each in self._by_path.values():
                total.methods += each.methods
                total.sent += each.sent
            return total

    def count(self, method: str, url: str, body: bytes | Iterable[bytes] | None) -> CountedBody:
        """Counts a request; returns its body, whose bytes are counted when they are sent."""
        match = _PATH.match(urlsplit(url).path)
        requests = self.of(match[1] if match else "")
        with self._lock:
            requests.methods[method] += 1
            if isinstance(body, bytes):
                requests.sent += len(body)
        if body is None or isinstance(body, bytes):
            return body
        return _Counted(body, self._lock, requests)


class _Counted:
    """A body that is sent in pieces. It can be iterated more than once."""

    def __init__(self, body: Iterable[bytes], lock: threading.Lock, requests: Requests) -> None:
        self._body = body
        self._lock = lock
        self._requests = requests

    def __len__(self) -> int:
        return len(self._body)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            with self._lock:
                self._requests.sent += len(chunk)
            yield chunk


CountedBody = bytes | _Counted | None
