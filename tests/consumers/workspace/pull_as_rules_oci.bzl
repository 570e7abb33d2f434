"""A repository rule that asks a registry what `oci.pull` of rules_oci 2.3 asks it, in the same way.

rules_oci itself comes from Bazel's public module registry, which tests do without. What it relies on: Bazel's downloader gets
manifests by digest with these headers, verifies them by SHA-256 alone, and finds an image by `platform` of the index, as
os/architecture or os/architecture/variant.
"""

_HEADERS = {
    "Accept": ",".join([
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    ]),
    "Docker-Distribution-API-Version": "registry/2.0",
}

def _download(rctx, kind, digest, headers = {}):
    path = "blobs/" + digest.replace(":", "/")
    url = "http://%s/v2/%s/%s/%s" % (rctx.attr.registry, rctx.attr.repository, kind, digest)
    rctx.download(
        url,
        headers = headers,
        output = path,
        sha256 = digest.removeprefix("sha256:"),
    )
    return path

def _platform(entry):
    parts = [entry["platform"]["os"], entry["platform"]["architecture"], entry["platform"].get("variant")]
    return "/".join([part for part in parts if part])

def _pull_impl(rctx):
    index = json.decode(rctx.read(_download(rctx, "manifests", rctx.attr.digest, _HEADERS)))
    found = [entry for entry in index["manifests"] if _platform(entry) == rctx.attr.platform]
    if len(found) != 1:
        fail("%s: not in the index: %s" % (rctx.attr.platform, [_platform(entry) for entry in index["manifests"]]))
    manifest = json.decode(rctx.read(_download(rctx, "manifests", found[0]["digest"], _HEADERS)))
    config = json.decode(rctx.read(_download(rctx, "blobs", manifest["config"]["digest"])))
    for field, value in zip(["os", "architecture"], rctx.attr.platform.split("/")):
        if config[field] != value:
            fail("%s: the config has %s" % (rctx.attr.platform, config[field]))
    for layer in manifest["layers"]:
        _download(rctx, "blobs", layer["digest"])
    rctx.file("index.json", json.encode({"manifests": found, "schemaVersion": 2}))
    rctx.file("oci-layout", json.encode({"imageLayoutVersion": "1.0.0"}))
    rctx.file("BUILD.bazel", 'exports_files(["index.json"])\n')

pull_as_rules_oci = repository_rule(
    implementation = _pull_impl,
    attrs = {
        "digest": attr.string(mandatory = True, doc = "Digest of an index."),
        "platform": attr.string(mandatory = True, doc = "os/architecture or os/architecture/variant."),
        "registry": attr.string(mandatory = True, doc = "HOST:PORT of a registry with plain http."),
        "repository": attr.string(mandatory = True, doc = "Path of the repository in the registry."),
    },
)
