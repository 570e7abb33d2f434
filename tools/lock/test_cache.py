"""What one repository stores in the cache must not reach another one."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import SignedRepository, date, serve, stanza
from tools.lock.testing import MANIFEST, Workspace

GOOD, EVIL = stanza("app", "1.0").encode(), stanza("app", "9").encode()
VICTIM = "archive: debian"


@pytest.fixture
def attacker(tmp_path: Path) -> SignedRepository:
    """A repository with a key of its own."""
    repository = SignedRepository(tmp_path / "evil")
    repository.write_keyring(tmp_path / "evil.pgp")
    return repository


def write_attack(repository: SignedRepository, own: str, foreign: str, victim: bytes) -> None:
    """Has an index in one compression, and lists a file of another repository beside it."""
    suite = repository.root / "dists" / "stable"
    directory = suite / "main" / "binary-amd64"
    directory.mkdir(parents=True, exist_ok=True)
    data = lzma.compress(EVIL) if own == "Packages.xz" else EVIL
    (directory / own).write_bytes(data)
    sums = "".join(
        f" {hashlib.sha256(each).hexdigest()} {len(each)} main/binary-amd64/{path}\n"
        for path, each in ((own, data), (foreign, victim))
    )
    repository.sign(suite, f"Codename: stable\nDate: {date(-1)}\nSHA256:\n{sums}")


def lock(workspace: Workspace, *sources: str) -> int:
    """Locks a manifest of some sources."""
    lines = (f"  - {{{each}, suites: [stable], components: [main]}}\n" for each in sources)
    head = MANIFEST.split("  - ")[0]
    workspace.manifest.write_text(f"{head}{''.join(lines)}sets: {{app: {{packages: [app]}}}}\n")
    return workspace.lock("--allow-missing")


def locked(workspace: Workspace) -> list[str]:
    return [str(key) for key in workspace.read()["packages"]]


@pytest.mark.parametrize("own", ["Packages.xz", "Packages"])
@pytest.mark.parametrize("foreign", ["Packages", "Packages.gz", "Packages.xz", "Packages.bz2"])
@pytest.mark.parametrize("file", [bytes, gzip.compress, lzma.compress])
def test_a_listed_hash_does_not_choose_what_is_stored(
    workspace: Workspace,
    attacker: SignedRepository,
    own: str,
    foreign: str,
    file: Callable[[bytes], bytes],
) -> None:
    if own == foreign:
        foreign = "Packages.zst"
    suite = workspace.repository.write_suite(
        "stable", {"amd64": [GOOD.decode()]}, by_hash=False, compressed=(".xz", ".gz", "")
    )
    directory = suite / "main" / "binary-amd64"
    name = {bytes: "Packages", gzip.compress: "Packages.gz", lzma.compress: "Packages.xz"}[file]
    write_attack(attacker, own, foreign, (directory / name).read_bytes())
    with serve(attacker.root) as url:
        evil = f"url: '{url}', keyring: evil.pgp"
        # It fails if the attacker's text is not what the attacker lists.
        lock(workspace, evil)
        lock(workspace, evil, VICTIM)
    workspace.path.unlink(missing_ok=True)
    assert lock(workspace, VICTIM) == 0
    assert locked(workspace) == ["app_1.0_amd64"]
    assert workspace.read()["missing_indexes"] == []


@pytest.mark.parametrize("order", [1, -1])
def test_two_sources_of_one_manifest_have_their_own_indexes(
    workspace: Workspace, attacker: SignedRepository, order: int
) -> None:
    workspace.repository.write_suite("stable", {"amd64": [GOOD.decode()]})
    write_attack(attacker, "Packages.xz", "Packages.gz", GOOD)
    with serve(attacker.root) as url:
        assert lock(workspace, *[f"url: '{url}', keyring: evil.pgp", VICTIM][::order]) == 0
        # The higher version of the attacker's is a package of the attacker's own.
        assert locked(workspace) == ["app_9_amd64"]
        assert workspace.url("app").startswith(url)
    assert lock(workspace, VICTIM) == 0
    assert locked(workspace) == ["app_1.0_amd64"]
