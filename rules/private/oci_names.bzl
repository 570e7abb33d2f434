"""Names of repositories of registries, and of platforms, as `oci.pull` takes them; what manifests and indexes say."""

visibility(["//rules/...", "//tests/rules/..."])

_PATH = "abcdefghijklmnopqrstuvwxyz0123456789._-/"
_HEX = "0123456789abcdef"

# What is declared if `platforms` is not given. A repository that nothing needs costs nothing.
DEFAULT_PLATFORMS = [
    "linux/amd64",
    "linux/arm",
    "linux/arm64",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
]

# Variants that clients take if none is named.
_DEFAULT_VARIANTS = {"arm": "v7", "arm64": "v8", "amd64": "v1"}

def _parse_repository(image):
    """Parses `[HOST/]PATH`; a name without a host is one of docker.io.

    Args:
      image: string.

    Returns:
      struct(name: string, the full name; api: string, host of the API; path: string), or None if it is no such name.
    """
    first, slash, rest = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = "docker.io", (image if slash else "library/" + image)
    if host in ["index.docker.io", "registry-1.docker.io"]:
        host = "docker.io"
    if not path or [character for character in path.elems() if character not in _PATH] or "//" in path or path[0] in "/._-" or path[-1] in "/._-":
        return None
    return struct(
        name = "%s/%s" % (host, path),
        api = "registry-1.docker.io" if host == "docker.io" else host,
        path = path,
    )

def _is_digest(text):
    """Whether a string is `sha256:` and 64 hex digits."""
    digits = text.removeprefix("sha256:")
    return digits != text and len(digits) == 64 and not [each for each in digits.elems() if each not in _HEX]

def _blob_path(digest):
    """The path of a blob in an OCI image layout."""
    return "blobs/" + digest.replace(":", "/")

def _platform_name(platform):
    """The name of a platform in labels: `linux_arm_v7` for `linux/arm/v7`."""
    return platform.replace("/", "_")

def _parse_platform(text):
    """Parses `OS/ARCHITECTURE[/VARIANT]`. Returns struct(os, architecture, variant: "" if there is none), or None."""
    parts = text.split("/")
    if len(parts) not in [2, 3] or not all(parts):
        return None
    return struct(os = parts[0], architecture = parts[1], variant = parts[2] if len(parts) == 3 else "")

def _variant(architecture, variant):
    return variant or _DEFAULT_VARIANTS.get(architecture, "")

def _find_manifest(index, platform):
    """The descriptor of a platform's manifest in an index.

    Args:
      index: dict, the decoded index.
      platform: string.

    Returns:
      A dict, or None. A platform without a variant means the default one, or else the only one.
    """
    wanted = _parse_platform(platform)
    fitting = [
        item
        for item in index["manifests"]
        if (item.get("platform", {}).get("os"), item.get("platform", {}).get("architecture")) == (wanted.os, wanted.architecture)
    ]
    exact = [
        item
        for item in fitting
        if _variant(wanted.architecture, item["platform"].get("variant", "")) == _variant(wanted.architecture, wanted.variant)
    ]
    if exact:
        return exact[0]
    return fitting[0] if len(fitting) == 1 and not wanted.variant else None

def _platforms(index):
    """The platforms of an index, sorted, without those of attestations. Returns a list of strings."""
    found = {}
    for item in index["manifests"]:
        platform = item.get("platform", {})
        if platform.get("os", "unknown") != "unknown":
            parts = [platform["os"], platform.get("architecture", ""), platform.get("variant", "")]
            found["/".join([part for part in parts if part])] = None
    return sorted(found)

def _layers(manifest):
    """The digests of an image's layers, bottom to top. A layer that may not be redistributed is not in the registry."""
    return [layer["digest"] for layer in manifest["layers"] if not layer.get("urls")]

def _is_image(manifest):
    """Whether a manifest is one of an image. Its digests become names of files.

    Args:
      manifest: dict, the decoded manifest.

    Returns:
      A bool.
    """
    if not manifest.get("config") or type(manifest.get("layers")) != "list":
        return False
    digests = [manifest["config"]["digest"]] + _layers(manifest)
    return not [digest for digest in digests if not _is_digest(digest)]

oci_names = struct(
    blob_path = _blob_path,
    find_manifest = _find_manifest,
    is_digest = _is_digest,
    is_image = _is_image,
    layers = _layers,
    parse_platform = _parse_platform,
    parse_repository = _parse_repository,
    platform_name = _platform_name,
    platforms = _platforms,
)
