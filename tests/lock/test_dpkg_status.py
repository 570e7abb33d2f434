"""The status file of an image, as dpkg itself reads it."""

import subprocess
from pathlib import Path

from tools.lib.debian.lock import read_lock


def test_dpkg_lists_the_packages_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "status").write_bytes(Path("tests/lock/base_status.file").read_bytes())
    for name in ("info", "updates"):
        (tmp_path / name).mkdir()
    command = ["dpkg-query", f"--admindir={tmp_path}", "-W", "-f=${Package}_${Version} ${Status}\n"]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lock = read_lock("private/lock/debian12.lock.json")
    expected = [
        f"{lock.packages[key].name}_{lock.packages[key].version} install ok installed"
        for name in ("static", "ca-certificates", "base")
        for key in lock.sets[name]["amd64"]
    ]
    assert sorted(found.splitlines()) == sorted(expected)
