"""The repository rules of the `nodejs` extension."""

load("//tools/npm:npm_registry.bzl", "npm_registry")
load(":fetch.bzl", "fetch_archive")

visibility("//private")

def _node_archive_impl(rctx):
    what = "Node.js %s for %s" % (rctx.attr.version, rctx.attr.architecture)
    sources = json.decode(rctx.attr.sources)
    registry = npm_registry.of_machine(rctx) if [source for source in sources if "npm" in source] else None
    archive = fetch_archive(rctx, what, sources, registry)
    if hasattr(archive, "error"):
        fail(archive.error)

    # Whichever source the machine reaches, the part and what it records are those of the release.
    release = ([source for source in sources if "url" in source] or sources)[0]
    rctx.file("BUILD.bazel", """\
load({macro}, "node_archive")

node_archive(
    architecture = {architecture},
    archive = {archive},
    license_sha256 = {license_sha256},
    node_sha256 = {node_sha256},
    sha256 = {sha256},
    strip_prefix = {strip_prefix},
    url = {url},
    version = {version},
)
""".format(
        macro = repr(str(Label("//private/nodejs:node_archive.bzl"))),
        architecture = repr(rctx.attr.architecture),
        archive = repr(archive.file),
        license_sha256 = repr(rctx.attr.license_sha256),
        node_sha256 = repr(rctx.attr.node_sha256),
        sha256 = repr(release["sha256"]),
        strip_prefix = repr(archive.strip_prefix),
        url = repr(release.get("url", "")),
        version = repr(rctx.attr.version),
    ))

node_archive = repository_rule(
    doc = "One release for one architecture, downloaded by its hash from the first source that has it. It is not unpacked.",
    implementation = _node_archive_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "OCI architecture."),
        "license_sha256": attr.string(doc = "As for the rule `node`."),
        "node_sha256": attr.string(doc = "As for the rule `node`."),
        "sources": attr.string(mandatory = True, doc = "JSON: list of objects with `url` or `npm`, `sha256`, `strip_prefix`."),
        "version": attr.string(mandatory = True, doc = "Version of the release."),
    },
)

def _nodejs_hub_impl(rctx):
    rctx.file("BUILD.bazel", """\
load({macro}, "nodejs_hub")

nodejs_hub(archives = {archives})
""".format(
        macro = repr(str(Label("//private/nodejs:hub.bzl"))),
        archives = repr(rctx.attr.archives),
    ))
    rctx.file("versions.bzl", """\
"A dict from a release line of Node.js to its versions by architecture."

VERSIONS = {versions}
""".format(
        versions = repr(json.decode(rctx.attr.versions)),
    ))

nodejs_hub = repository_rule(
    doc = "The names of all releases.",
    implementation = _nodejs_hub_impl,
    attrs = {
        "archives": attr.string_list(mandatory = True, doc = "Names of the archives' repositories."),
        "versions": attr.string(
            mandatory = True,
            doc = "JSON: object from a release line to an object from an OCI architecture to the version.",
        ),
    },
)
