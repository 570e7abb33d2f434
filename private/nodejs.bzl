"""The `nodejs` extension: releases of Node.js from private/lock/nodejs.json, see docs/nodejs.md."""

load("//private/nodejs:lock.bzl", "nodejs_lock")
load("//private/nodejs:repositories.bzl", "node_archive", "nodejs_hub")

# MODULE.bazel uses it.
visibility("private")

_LOCK = Label("//private/lock:nodejs.json")

def _nodejs_impl(module_ctx):
    archives = nodejs_lock.parse(module_ctx.read(_LOCK), str(_LOCK))
    for archive in archives:
        node_archive(
            name = archive.repository,
            architecture = archive.architecture,
            license_sha256 = archive.license_sha256,
            node_sha256 = archive.node_sha256,
            sources = json.encode(archive.sources),
            version = archive.version,
        )
    nodejs_hub(
        name = "nodejs",
        archives = [archive.repository for archive in archives],
        versions = json.encode(nodejs_lock.versions(archives)),
    )
    return module_ctx.extension_metadata(reproducible = True)

nodejs = module_extension(
    doc = """Declares @nodejs, the releases of Node.js that the lock names: `@nodejs//:node24_amd64` is the part of one.

An archive is downloaded when a target needs it.""",
    implementation = _nodejs_impl,
)
