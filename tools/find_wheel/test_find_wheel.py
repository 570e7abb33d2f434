from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.find_wheel.__main__ import main
from tools.find_wheel.index import IndexFile, parse_index
from tools.find_wheel.markers import environment, evaluate
from tools.find_wheel.tags import Target, rank
from tools.lib.cli.errors import ToolError

BOOKWORM = Target((3, 11), "amd64", (2, 36))
ARM = Target((3, 11), "arm64", (2, 36))
URL = "https://index.example/simple/demo/"


def best(names: list[str], target: Target = BOOKWORM) -> str | None:
    ranked = [(order, name) for name in names if (order := rank(name, target))]
    return max(ranked)[1] if ranked else None


@pytest.mark.parametrize(
    "names",
    [
        ["demo-1-py2-none-any.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-py3-none-any.whl", "demo-1-py2.py3-none-manylinux1_x86_64.whl"],
        ["demo-1-py3-none-any.whl", "demo-1-cp38-abi3-manylinux2014_x86_64.whl"],
        ["demo-1-cp38-abi3-manylinux2014_x86_64.whl", "demo-1-cp311-abi3-manylinux2014_x86_64.whl"],
        ["demo-1-cp38-abi3-manylinux_2_34_x86_64.whl", "demo-1-cp311-cp311-linux_x86_64.whl"],
        [
            "demo-1-cp311-cp311-manylinux_2_38_x86_64.whl",
            "demo-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "demo-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        ],
        ["demo-1-cp311-cp311-musllinux_1_2_x86_64.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-cp312-cp312-manylinux2014_x86_64.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-cp311-cp311-manylinux2014_aarch64.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-cp311-cp311-macosx_11_0_arm64.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-cp313-cp313t-manylinux2014_x86_64.whl", "demo-1-py3-none-any.whl"],
        ["demo-1-py3-none-any.whl", "demo-1-2-py3-none-any.whl"],
        ["demo-1-2-py3-none-any.whl", "demo-1-10-py3-none-any.whl"],
    ],
)
def test_the_last_one_is_best(names: list[str]) -> None:
    for order in (names, names[::-1]):
        assert best(order) == names[-1]


def test_wheels_that_fit_no_image() -> None:
    for name in [
        "demo-1-cp27-none-any.whl",
        "demo-1-cp312-none-any.whl",
        "demo-1-cp311-cp311-win_amd64.whl",
        "demo-1.tar.gz",
        "demo.whl",
    ]:
        assert rank(name, BOOKWORM) is None


def test_the_architecture() -> None:
    names = [f"demo-1-cp311-cp311-manylinux2014_{each}.whl" for each in ("x86_64", "aarch64")]
    assert (best(names), best(names, ARM)) == (names[0], names[1])


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ('python_version < "3.12"', True),
        ('python_version < "3.9"', False),
        ('python_version == "3.11"', True),
        ('python_version == "3.*"', True),
        ('python_version != "3.*"', False),
        ('python_version ~= "3.9"', True),
        ('python_version ~= "4.0"', False),
        ('python_full_version >= "3.11.0"', True),
        ("'linux' == sys_platform", True),
        ('sys_platform == "win32"', False),
        ('sys_platform != "win32"', True),
        ('"x86" in platform_machine', True),
        ('platform_machine not in "x86_64 AMD64"', False),
        ('sys_platform == "win32" or os_name == "posix"', True),
        ('sys_platform == "win32" and os_name == "posix" or extra == ""', True),
        ('sys_platform == "win32" and (os_name == "posix" or extra == "")', False),
        ('(python_version >= "3.8" and python_version < "4")', True),
        ('implementation_name == "pypy"', False),
    ],
)
def test_markers(marker: str, expected: bool) -> None:
    assert evaluate(marker, environment(BOOKWORM)) is expected


@pytest.mark.parametrize(
    "marker",
    [
        "python",
        "python_version",
        "python_version <",
        'os == "x"',
        '(os_name == "x"',
        "$",
        'os_name == "x" os_name == "y"',
    ],
)
def test_invalid_markers(marker: str) -> None:
    with pytest.raises(ToolError, match="invalid environment marker"):
        evaluate(marker, environment(BOOKWORM))


HASH = "0123456789abcdef" * 4
FILE = IndexFile("demo-1-py3-none-any.whl", "https://files.example/x/demo-1-py3-none-any.whl", HASH)


def test_pages_in_json() -> None:
    page = {
        "files": [
            {"filename": FILE.filename, "url": FILE.url, "hashes": {"sha256": HASH}},
            {"filename": "demo-0.zip", "url": "../x/demo-0.zip", "hashes": {}},
            {"filename": "demo-1.zip", "url": "../x/demo-1.zip", "hashes": {"sha256": HASH}},
        ]
    }
    assert parse_index(json.dumps(page).encode(), URL) == [
        FILE,
        IndexFile("demo-1.zip", "https://index.example/simple/x/demo-1.zip", HASH),
    ]


def test_pages_in_html() -> None:
    page = f"""<!DOCTYPE html><html><body>
      <a href="{FILE.url}#sha256={HASH}" data-requires-python="&gt;=3.8">demo</a>
      <a href="../../x/demo-1%2B2.whl#sha256={HASH}">demo</a>
      <a href="demo-0.zip#md5=0">demo</a></body></html>"""
    assert parse_index(page.encode(), URL) == [
        FILE,
        IndexFile("demo-1+2.whl", "https://index.example/x/demo-1%2B2.whl", HASH),
    ]


@pytest.mark.parametrize("page", [b"", b"<html>login</html>", b"{}", b'{"files": [1]}', b"{"])
def test_other_pages(page: bytes) -> None:
    with pytest.raises(ToolError, match=URL):
        parse_index(page, URL)


def find(folder: Path, files: list[tuple[str, str]], hashes: list[str], *flags: str) -> None:
    page = {
        "files": [
            {"filename": name, "url": f"https://files.example/{name}", "hashes": {"sha256": sha256}}
            for name, sha256 in files
        ]
    }
    (folder / "page").write_text(json.dumps(page))
    requirement = {"name": "demo", "version": "1", "marker": "", "hashes": hashes}
    other = {**requirement, "version": "0", "marker": 'python_version < "3.11"'}
    main(
        [
            *("--requirements", json.dumps([other, requirement])),
            *("--index-file", str(folder / "page"), "--index-url", URL),
            *("--python-version=3.11", "--architecture=amd64", "--glibc=2.36", *flags),
        ]
    )


OTHER = "f" * 64
CP311 = "demo-1-cp311-cp311-manylinux2014_x86_64.whl"


def test_the_best_locked_wheel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    find(tmp_path, [(FILE.filename, HASH), (CP311, OTHER)], [HASH])
    assert json.loads(capsys.readouterr().out) == {
        "filename": FILE.filename,
        "sha256": HASH,
        "url": f"https://files.example/{FILE.filename}",
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([(CP311, OTHER)], "demo==1: the index has no file with one of the locked hashes"),
        ([("demo-1.tar.gz", HASH), (CP311, OTHER)], "only a source distribution is locked"),
        (
            [("demo-1-cp39-cp39-manylinux2014_x86_64.whl", HASH), (CP311, OTHER)],
            f"no hash is locked of {CP311}, which fits Python 3.11 on amd64",
        ),
        (
            [("demo-1-cp39-cp39-manylinux2014_x86_64.whl", HASH)],
            "no wheel for Python 3.11 on amd64 (glibc 2.36)",
        ),
    ],
)
def test_no_wheel(tmp_path: Path, files: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        find(tmp_path, files, [HASH])
    assert message in str(caught.value)
    assert caught.value.hint


def test_a_requirement_for_other_platforms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requirement = {"name": "demo", "version": "1", "marker": 'os_name == "nt"', "hashes": [HASH]}
    flags = ["--python-version=3.11", "--architecture=amd64", "--glibc=2.36"]
    assert main(["--requirements", json.dumps([requirement]), *flags]) == 0
    assert capsys.readouterr().out == "null\n"
