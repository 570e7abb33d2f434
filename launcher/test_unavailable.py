from __future__ import annotations

import threading

import pytest

from launcher.unavailable import (
    InconclusiveError,
    PackageGroup,
    Unavailable,
    describe,
    find_unavailable,
)

SNAPSHOT = "https://snapshot.debian.org/archive"
MIRROR = "http://mirror.example"
VENDOR = "https://vendor.example"


def snapshot(name: str, archive: str = "debian") -> str:
    return f"{SNAPSHOT}/{archive}/20260101T000000Z/pool/{name}.deb"


DEBIAN = [
    PackageGroup("debian", "amd64", {"a": snapshot("a_amd64"), "b": snapshot("b_all")}),
    PackageGroup("debian", "s390x", {"a": snapshot("a_s390x"), "b": snapshot("b_all")}),
]
JDK = [
    PackageGroup("jdk", "amd64", {"a": f"{VENDOR}/a"}),
    PackageGroup("jdk", "s390x", {"b": f"{VENDOR}/b"}),
]


class Servers:
    """Servers on the network.

    Args:
        statuses: by prefix of a URL; the last prefix counts. A URL without one gets no answer.
    """

    def __init__(self, statuses: dict[str, int | None]) -> None:
        self.statuses = statuses
        self.requests: list[str] = []
        self._lock = threading.Lock()

    def head(self, url: str) -> int | None:
        with self._lock:
            self.requests.append(url)
        status = None
        for prefix, value in self.statuses.items():
            if url.startswith(prefix):
                status = value
        return status


def find(
    groups: list[PackageGroup], servers: Servers, mirror: str = MIRROR
) -> dict[str, tuple[str, ...]]:
    """The missing packages, by lock and architecture."""

    def base(archive: str) -> str:
        return f"{mirror}/{archive}" if mirror else ""

    return {each.name: each.missing for each in find_unavailable(groups, base, servers.head)}


def test_one_request_to_snapshot_is_enough() -> None:
    servers = Servers({SNAPSHOT: 200})
    assert find(DEBIAN, servers) == {}
    assert len(servers.requests) == 1


def test_a_complete_mirror() -> None:
    assert find(DEBIAN, Servers({MIRROR: 200})) == {}


def test_an_architecture_that_the_mirror_lacks() -> None:
    servers = Servers({MIRROR: 200, f"{MIRROR}/debian/pool/a_s390x.deb": 404})
    assert find(DEBIAN, servers) == {"debian/s390x": ("a",)}


def test_a_package_for_all_architectures_that_the_mirror_lacks() -> None:
    servers = Servers({MIRROR: 200, f"{MIRROR}/debian/pool/b_all.deb": 404})
    assert find(DEBIAN, servers) == {"debian/amd64": ("b",), "debian/s390x": ("b",)}


def test_archives_may_be_on_different_servers() -> None:
    security = PackageGroup("debian", "riscv64", {"c": snapshot("c", "debian-security")})
    servers = Servers({"http://debian/": 200})
    (unavailable,) = find_unavailable(
        [*DEBIAN, security], lambda archive: f"http://{archive}", servers.head
    )
    assert unavailable == Unavailable(security, ("c",))


def test_packages_of_a_vendor_come_from_its_own_server() -> None:
    groups = [*DEBIAN, *JDK]
    assert find(groups, Servers({MIRROR: 200, VENDOR: 200})) == {}
    servers = Servers({MIRROR: 200, VENDOR: 200, f"{VENDOR}/b": 404})
    assert find(groups, servers) == {"jdk/s390x": ("b",)}


def test_an_unreachable_vendor() -> None:
    servers = Servers({MIRROR: 200})
    assert list(find([*DEBIAN, *JDK], servers)) == ["jdk/amd64", "jdk/s390x"]


def test_without_a_mirror_and_snapshot_only_vendors_are_left() -> None:
    found = find([*DEBIAN, *JDK], Servers({VENDOR: 200}), mirror="")
    assert list(found) == ["debian/amd64", "debian/s390x"]


def test_local_files_are_available() -> None:
    servers = Servers({})
    assert find([PackageGroup("local", "amd64", {"a": "file:///a.deb"})], servers) == {}
    assert not servers.requests


@pytest.mark.parametrize(
    "statuses",
    [
        {},  # offline
        {MIRROR: 404},  # not a mirror
        {MIRROR: 403},  # the login page of a network
        {MIRROR: 503},
        {MIRROR: 200, f"{MIRROR}/debian/pool/a_s390x.deb": 503},
        {MIRROR: 200, f"{MIRROR}/debian/pool/a_s390x.deb": None},
    ],
)
def test_other_answers_are_inconclusive(statuses: dict[str, int | None]) -> None:
    with pytest.raises(InconclusiveError):
        find(DEBIAN, Servers(statuses))


def test_an_unreachable_server_costs_one_request() -> None:
    servers = Servers({})
    with pytest.raises(InconclusiveError):
        find(DEBIAN, servers)
    assert len(servers.requests) == 2  # snapshot.debian.org and the mirror


def test_a_temporary_failure_is_tried_again() -> None:
    servers = Servers({MIRROR: 200})
    failures = [503, None]

    def head(url: str) -> int | None:
        if url.endswith("a_s390x.deb") and url.startswith(MIRROR) and failures:
            return failures.pop()
        return servers.head(url)

    assert find_unavailable(DEBIAN, lambda archive: f"{MIRROR}/{archive}", head) == []
    assert not failures


def test_the_description_groups_architectures() -> None:
    unavailable = [Unavailable(group, ("a",)) for group in (*DEBIAN, JDK[0])]
    assert describe(unavailable) == "debian (amd64, s390x), jdk (amd64)"
