from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.lib.cli.files import dump_json
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.diff_json import commit_diff_to_json, diff_to_json
from tools.lib.diff.layout_images import layout_images
from tools.lib.diff.markdown import render_commit_markdown, render_markdown
from tools.lib.diff.result import CommitDiff, SetDiff
from tools.lib.diff.testing import file, image_layout, index_layout, layer, package, symlink
from tools.lib.diff.text import render_commit_text, render_text
from tools.lib.diff.words import change, size


def diff(old: str, new: str) -> SetDiff:
    return compare_sets(layout_images(old, "OLD"), layout_images(new, "NEW"))


def masked(text: str, found: SetDiff) -> str:
    """The text with short words in place of digests."""
    image = found.images[0]
    digests = {
        "OLD-ROOT": found.old_digest,
        "NEW-ROOT": found.new_digest,
        "OLD-IMAGE": image.old_digest,
        "NEW-IMAGE": image.new_digest,
        **{f"OLD-LAYER-{each.number}": each.digest for each in image.layers.only_old},
        **{f"NEW-LAYER-{each.number}": each.digest for each in image.layers.only_new},
    }
    for word, digest in digests.items():
        text = text.replace(digest, word).replace(digest[:19], word)
    return text


@pytest.fixture
def changed(tmp_path: Path) -> SetDiff:
    same = layer(file("time", mtime=1), file("same"))
    old = layer(
        package("libx", "1.0-1", ("usr/lib/x.so", b"1" * 1000)),
        package("gone", "1"),
        file("mode"),
    )
    new = layer(
        package("libx", "1.0-2", ("usr/lib/x.so", b"2" * 2500)),
        file("mode", mode=0o755),
        file("time", mtime=2),
        symlink("usr/bin/y", "x"),
    )
    return diff(
        image_layout(tmp_path / "old", same, old, config={"Env": ["A=1"]}),
        image_layout(
            tmp_path / "new",
            same,
            new,
            config={"Env": ["A=`2`"], "User": "0"},
            annotations={"a": "b"},
        ),
    )


def test_text(changed: SetDiff) -> None:
    layers = changed.images[0].layers
    assert (
        masked(render_text(changed), changed)
        == f"""\
--- OLD OLD-ROOT
+++ NEW NEW-ROOT

linux/amd64: OLD-ROOT -> NEW-ROOT
  packages:
    - gone (amd64) 1
    ~ libx (amd64) 1.0-1 -> 1.0-2
  files:
    gone:
      - /var/lib/dpkg/status.d/gone: 45 bytes
      - /var/lib/dpkg/status.d/gone.md5sums: 0 bytes
    libx:
      ~ /usr/lib/x.so: size 1000 -> 2500, content
      ~ /var/lib/dpkg/status.d/libx: content
      ~ /var/lib/dpkg/status.d/libx.md5sums: content
    in no package:
      ~ /mode: mode 0644 -> 0755
      + /usr/bin: directory
      + /usr/bin/y: symlink to x
    1 path with another time only
  config:
    ~ config.Env.A: "1" -> "`2`"
    + config.User: "0"
  manifest:
    + annotations.a: "b"
  layers: 2 -> 2
    - 2: OLD-LAYER-2 {layers.only_old[0].size} bytes
    + 2: NEW-LAYER-2 {layers.only_new[0].size} bytes
  size:
    {compressed(changed)}
    unpacked: 1.1 kB -> 2.6 kB (+1.5 kB)
"""
    )


def compressed(found: SetDiff) -> str:
    # The sizes depend on zlib.
    sizes = found.images[0].sizes
    old, new = sizes.old_compressed, sizes.new_compressed
    return f"compressed: {size(old)} -> {size(new)} ({change(new - old)})"


def test_markdown(changed: SetDiff) -> None:
    layers = changed.images[0].layers
    assert (
        masked(render_markdown(changed), changed)
        == f"""\
### `NEW`

Compared with `OLD`.

#### `linux/amd64`

| | package | old | new |
| --- | --- | --- | --- |
| `-` | `gone (amd64)` | `1` |  |
| `~` | `libx (amd64)` | `1.0-1` | `1.0-2` |

- {compressed(changed)}
- unpacked: 1.1 kB -> 2.6 kB (+1.5 kB)

<details><summary>layers: 2 -> 2</summary>

```diff
- 2: OLD-LAYER-2 {layers.only_old[0].size} bytes
+ 2: NEW-LAYER-2 {layers.only_new[0].size} bytes
```

</details>

<details><summary>config and manifest</summary>

```diff
! config.Env.A: "1" -> "`2`"
+ config.User: "0"
+ annotations.a: "b"
```

</details>

<details><summary>gone: 2 files</summary>

```diff
- /var/lib/dpkg/status.d/gone: 45 bytes
- /var/lib/dpkg/status.d/gone.md5sums: 0 bytes
```

</details>

<details><summary>libx: 3 files</summary>

```diff
! /usr/lib/x.so: size 1000 -> 2500, content
! /var/lib/dpkg/status.d/libx: content
! /var/lib/dpkg/status.d/libx.md5sums: content
```

</details>

<details><summary>in no package: 3 files</summary>

```diff
! /mode: mode 0644 -> 0755
+ /usr/bin: directory
+ /usr/bin/y: symlink to x
```

</details>

1 path with another time only.

"""
    )


def test_json(changed: SetDiff) -> None:
    document = json.loads(dump_json(diff_to_json(changed)))
    assert document["equal"] is False
    assert document["old"] == {"name": "OLD", "digest": changed.old_digest}
    (image,) = document["images"]
    assert image["platform"] == "linux/amd64"
    assert image["packages"] == [
        {"name": "gone", "architecture": "amd64", "old": "1", "new": None},
        {"name": "libx", "architecture": "amd64", "old": "1.0-1", "new": "1.0-2"},
    ]
    files = {each["path"]: each for each in image["files"]}
    assert files["/mode"] == {
        "path": "/mode",
        "package": "",
        "differs": ["mode"],
        "old": {"type": "file", "mode": "0644", "uid": 0, "gid": 0, "mtime": 0, "size": 0} | EMPTY,
        "new": {"type": "file", "mode": "0755", "uid": 0, "gid": 0, "mtime": 0, "size": 0} | EMPTY,
    }
    assert files["/usr/bin/y"]["old"] is None
    assert files["/usr/bin/y"]["new"]["link"] == "x"
    assert files["/time"]["differs"] == ["mtime"]
    assert image["config"] == [
        {"path": ["config", "Env", "A"], "old": "1", "new": "`2`"},
        {"path": ["config", "User"], "new": "0"},
    ]
    assert image["manifest"] == [{"path": ["annotations", "a"], "new": "b"}]
    assert image["layers"]["only_old"][0]["number"] == 2
    assert image["sizes"]["unpacked"] == {"old": 1141, "new": 2596, "change": 1455}


EMPTY = {"sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}


def test_equal(tmp_path: Path) -> None:
    found = diff(*(image_layout(tmp_path / name, layer(file("a"))) for name in ("a", "b")))
    assert render_text(found) == "equal: OLD and NEW\n"
    assert render_markdown(found) == "### `NEW`\n\nEqual to `OLD`.\n"
    assert diff_to_json(found)["images"] == []


def test_platforms(tmp_path: Path) -> None:
    one = layer(file("a"))
    found = diff(
        index_layout(tmp_path / "old", {"amd64": [one], "arm64": [one]}),
        index_layout(tmp_path / "new", {"amd64": [one], "s390x": [one]}),
    )
    lines = ["- image for linux/arm64", "+ image for linux/s390x", "equal: linux/amd64"]
    assert render_text(found).splitlines()[2:] == lines
    lines = ["- - `image for linux/arm64`", "", "- + `image for linux/s390x`", ""]
    assert render_markdown(found).splitlines()[4:] == lines


def test_images_of_a_commit(tmp_path: Path) -> None:
    def pair(name: str, *layers: bytes) -> SetDiff:
        path = tmp_path / name.strip("/")
        old = image_layout(path / "old", *layers, layer(package("libx", "1")))
        new = image_layout(path / "new", *layers, layer(package("libx", "2")))
        return compare_sets(layout_images(old, f"{name}@main"), layout_images(new, name))

    diffs = (pair("//a"), pair("//b", layer(file("b"))))
    found = CommitDiff("main", ("//gone",), ("//new",), ("//c", "//d"), diffs)
    assert not found.is_equal
    sizes = [compressed(each).removeprefix("compressed: ") for each in diffs]
    assert (
        render_commit_markdown(found)
        == f"""\
### Images compared with `main`

- - `//gone`

- + `//new`

2 images or indexes are equal, 2 differ.

| image | platform | compressed | unpacked |
| --- | --- | --- | --- |
| `//a` | `linux/amd64` | {sizes[0]} | 45 bytes -> 45 bytes (no change) |
| `//b` | `linux/amd64` | {sizes[1]} | no change |

#### `//a linux/amd64` and 1 more

| | package | old | new |
| --- | --- | --- | --- |
| `~` | `libx (amd64)` | `1` | `2` |

<details><summary>libx: 1 file</summary>

```diff
! /var/lib/dpkg/status.d/libx: content
```

</details>

"""
    )
    text = render_commit_text(found)
    assert text.count("--- //") == 2
    assert text.endswith("\n- //gone\n+ //new\n2 images equal to main\n")
    document = commit_diff_to_json(found)
    assert document["only_old"] == ["//gone"]
    assert document["equal_images"] == ["//c", "//d"]

    equal = CommitDiff("main", (), (), ("//c",), ())
    assert equal.is_equal
    assert render_commit_text(equal) == "1 image equal to main\n"


def test_hostile_names(tmp_path: Path) -> None:
    name = "a```\n</details>\x1b[31m|@user"
    found = diff(
        image_layout(tmp_path / "old", layer(file("x"))),
        image_layout(
            tmp_path / "new",
            layer(
                file("x"),
                file(name),
                file("var/lib/dpkg/status.d/<b>.md5sums"),
                package("x", "`|<b>"),
            ),
        ),
    )
    shown = r"/a```\n</details>\x1b[31m|@user"
    assert f"      + {shown}: 0 bytes\n" in render_text(found)
    markdown = render_markdown(found)
    assert f"\n+ {shown}: 0 bytes\n" in markdown
    assert "````diff\n+ /a```" in markdown
    assert "\x1b" not in markdown
    assert "| `+` | `x (amd64)` |  | `` `\\|<b> `` |\n" in markdown
    assert "<summary>&#60;b>: 1 file</summary>" in markdown
    assert markdown.count("</details>\n") == markdown.count("<details>")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (66_149_329, "66.1 MB"),
        (12_345_678_901, "12.3 GB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text
