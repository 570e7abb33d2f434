"""What errors call the fields of a manifest that tags of MODULE.bazel say."""

from __future__ import annotations

from typing import Any

# The set of `packages` of apt.install. rules/private/apt_manifest.bzl writes such manifests.
_DEFAULT_SET = "packages"


def tag_names(document: Any, install: str) -> dict[str, str]:
    """Names for `yaml_fields.name_path`: by the path of a field, the tag that says it.

    Args:
        document: the manifest that the module extension wrote.
        install: the name of the apt.install tag.
    """
    tag = f"apt.install '{install}'"
    names = {key: f"{tag}: {key}" for key in ("architectures", "dependencies")}
    for number, source in enumerate(document.get("sources", ())):
        # Not the URL: it may contain a password.
        what = " ".join([source.get("archive", ""), *source["suites"]]).strip()
        names[f"sources[{number}]"] = f"apt.sources[{number}] ({what})"
    for number, file in enumerate(document.get("files", ())):
        names[f"files[{number}]"] = f"apt.file '{file['name']}'"
    for name in document["sets"]:
        path = f"sets.{name}"
        names[path] = tag if name == _DEFAULT_SET else f"apt.package_set '{name}'"
        # The attribute has another name than the key of a manifest.
        names[f"{path}.base"] = f"{names[path]}: bases"
    return names
