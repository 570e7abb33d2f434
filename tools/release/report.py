"""What a release did, as text and as JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from tools.lib.cli.files import dump_json
from tools.lib.cli.progress import Progress
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.traffic import Requests, Traffic

VERSION = 1


@dataclass(slots=True)
class Counts:
    """What was done in one repository. `blob_bytes` are those of the blobs that were sent."""

    blobs_sent: int = 0
    blob_bytes: int = 0
    blobs_mounted: int = 0
    blobs_present: int = 0
    manifests: int = 0
    attestations: int = 0
    tags: int = 0

    def add(self, other: Counts) -> None:
        """Adds the counts of another repository."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True, slots=True)
class MovedTag:
    """A tag that names another digest than before; `before` is None if it is new."""

    repository: str
    tag: str
    before: Digest | None
    after: Digest


@dataclass(slots=True)
class ReleaseReport:
    """What a release did. Several threads may change it.

    Args:
        registry: host and project.
        commit: of the tags.
        names: of the repositories.
        traffic: counts the requests.
    """

    registry: str
    commit: str
    names: Sequence[str]
    traffic: Traffic
    path_of: Callable[[str], str]
    counts: dict[str, Counts] = field(default_factory=dict)
    moved: list[MovedTag] = field(default_factory=list)
    error: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.counts = {name: Counts() for name in self.names}

    def add(self, name: str, counts: Counts) -> None:
        """Adds what was done in a repository."""
        with self._lock:
            self.counts[name].add(counts)

    def add_moved(self, tag: MovedTag) -> None:
        """Adds a tag that was set."""
        with self._lock:
            self.moved.append(tag)
            self.counts[tag.repository].tags += 1

    def total(self) -> Counts:
        """What was done in all repositories."""
        total = Counts()
        for each in self.counts.values():
            total.add(each)
        return total

    def __str__(self) -> str:
        total = self.total()
        requests = self.traffic.total()
        return (
            f"{total.blobs_sent} blobs sent ({total.blob_bytes / 1e6:.1f} MB), "
            f"{total.blobs_mounted} mounted, {total.blobs_present} present; "
            f"{total.manifests} manifests, {total.attestations} attestations, {total.tags} tags; "
            f"{requests.total} requests, {requests.sent / 1e6:.1f} MB in them"
        )

    def encode(self) -> bytes:
        """The report as JSON; docs/formats.md describes it."""
        repositories: Json = {
            name: _to_json(self.counts[name], self.traffic.of(self.path_of(name)))
            for name in self.names
        }
        moved = sorted(self.moved, key=lambda each: (each.repository, each.tag))
        return dump_json(
            {
                "version": VERSION,
                "registry": self.registry,
                "commit": self.commit,
                "error": self.error or None,
                "repositories": repositories,
                "total": _to_json(self.total(), self.traffic.total()),
                "tags": [asdict(each) for each in moved],
            }
        )


class Steps:
    """Shows how much of a phase is done: a line for each tenth.

    Args:
        progress: shows the lines.
        what: what is counted, such as `blobs`.
        total: how many there are.
    """

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def done(self) -> None:
        """Counts one."""
        with self._lock:
            self._done += 1
            done = self._done
        if done * 10 // self._total > (done - 1) * 10 // self._total:
            self._progress.say(f"{self._what}: {done} of {self._total}")


def _to_json(counts: Counts, requests: Requests) -> Json:
    return {
        **asdict(counts),
        "requests": dict(requests.methods),
        "request_bytes": requests.sent,
    }
