"""The repositories of packages from npm: one for each package, and one for all of node_modules."""

load("//tools/npm:npm_registry.bzl", "npm_registry")
load(":download_auth.bzl", "download_auth", "split_userinfo")

visibility("//rules/private")

def _npm_repository_impl(rctx):
    registry = split_userinfo(npm_registry.of_machine(rctx) or "")
    resolved = rctx.attr.resolved
    urls = [npm_registry.tarball(registry.url, rctx.attr.package)] if registry.url else []
    if resolved.startswith("https://") or resolved.startswith("http://"):
        urls += [resolved] if resolved not in urls else []
    if not urls:
        fail("%s: no npm registry is configured (hint: set npm_config_registry to its URL, or install npm)" % rctx.attr.lock)

    # A failure says why, such as the HTTP status or both hashes, which `allow_fail` would hide.
    rctx.download(
        url = urls,
        output = "package.tgz",
        auth = download_auth(rctx, urls, registry),
        integrity = rctx.attr.integrity,
    )
    rctx.file("BUILD.bazel", 'exports_files(["package.tgz"])\n')

npm_repository = repository_rule(
    doc = "The archive of a package from npm, as `:package.tgz`.",
    implementation = _npm_repository_impl,
    attrs = {
        "integrity": attr.string(mandatory = True, doc = "Hash of the archive, such as `sha512-...`."),
        "lock": attr.string(mandatory = True, doc = "The package-lock.json, for errors."),
        "package": attr.string(mandatory = True, doc = "`name@version`."),
        "resolved": attr.string(doc = "The URL in the lock, which may be empty."),
    },
)

def _npm_hub_impl(rctx):
    rctx.file("BUILD.bazel", """\
load({macro}, "node_modules")

node_modules(
    name = {name},
    architectures = {architectures},
    directory = {directory},
    packages = {packages},
)
""".format(
        architectures = repr(rctx.attr.architectures),
        directory = repr(rctx.attr.directory),
        macro = repr(str(Label("//rules/private:node_modules.bzl"))),
        name = repr(rctx.attr.install),
        packages = repr({path: json.decode(package) for path, package in rctx.attr.packages.items()}),
    ))

npm_hub = repository_rule(
    doc = "All packages of a lock as a layer.",
    implementation = _npm_hub_impl,
    attrs = {
        "architectures": attr.string_list(mandatory = True, doc = "OCI architectures."),
        "directory": attr.string(mandatory = True, doc = "Absolute path in the image of the directory with node_modules."),
        "install": attr.string(mandatory = True, doc = "Name of the install."),
        "packages": attr.string_dict(mandatory = True, doc = "By the path of a package: JSON with its repository and architectures."),
    },
)
