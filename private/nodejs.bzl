"""The `nodejs` extension: releases of Node.js from `private/lock/nodejs.json`, see docs/nodejs.md.

`@nodejs//:node24_amd64` is the part of one; each is fetched when it is used.
"""

load("//private/nodejs:lock.bzl", "nodejs_lock")
load("//private/nodejs:repositories.bzl", "node_archive", "nodejs_hub")
load(":distributions.bzl", "ARCHITECTURES")

_LOCK = Label("//private/lock:nodejs.json")

def _nodejs_impl(module_ctx):
    archives = nodejs_lock.parse(module_ctx.read(_LOCK), str(_LOCK))
    for archive in archives:
        node_archive(
            name = archive.repository,
            architecture = ARCHITECTURES[archive.architecture].debian,
            license_sha256 = archive.license_sha256,
            node_sha256 = archive.node_sha256,
            sources = json.encode(archive.sources),
            version = archive.version,
        )
    nodejs_hub(
        name = "nodejs",
        archives = [archive.repository for archive in archives],
        versions = json.encode(nodejs_lock.versions(archives)),
        vendor_only = json.encode(nodejs_lock.vendor_only(archives)),
    )
    return module_ctx.extension_metadata(reproducible = True)

nodejs = module_extension(
    doc = "Makes @nodejs, the releases of Node.js that the lock names.",
    implementation = _nodejs_impl,
)
