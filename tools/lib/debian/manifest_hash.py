"""The hash by which a lock knows its manifest: of what the manifest means, not of how it looks.

rules/private/apt_lock.bzl computes the same in Starlark. The tests of both have the same cases:
testdata/manifest_hashes.json.
"""

from __future__ import annotations

import hashlib

from tools.lib.debian.lock import Sha256

_BLANKS = " \t\r"


def manifest_sha256(manifest: bytes, base_label: str = "") -> Sha256:
    """The hash of a manifest.

    Args:
        manifest: the bytes of the file.
        base_label: the label of the base image, as the user wrote it; empty without a base.
    """
    text = manifest.decode("utf-8", "surrogateescape")
    normalized = normalize_manifest(text, base_label)
    return Sha256(hashlib.sha256(normalized.encode("utf-8", "surrogateescape")).hexdigest())


def normalize_manifest(text: str, base_label: str = "") -> str:
    """The text without what has no meaning in it: comments, empty lines, blanks at line ends.

    A line with a quote may have ` #` in a string, so it keeps what looks like a comment.
    """
    lines = []
    for line in text.split("\n"):
        if line.lstrip(_BLANKS)[:1] in ("", "#"):
            continue
        if "'" not in line and '"' not in line:
            line = line.partition(" #")[0]
        lines.append(line.rstrip(_BLANKS))
    if base_label:
        lines.append(f"base {base_label}")
    return "\n".join(lines) + "\n"
