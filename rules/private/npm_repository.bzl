"""The repositories of packages from npm: one for each package, and one for all of node_modules."""

load("//tools/npm:npm_registry.bzl", "npm_registry")
load(":download_auth.bzl", "download_auth", "split_userinfo")
load(":installs.bzl", "names_of_all")

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
    name, _, version = rctx.attr.package.rpartition("@")
    rctx.file("BUILD.bazel", """\
load({macro}, "downloaded_file")

downloaded_file(
    name = "package",
    src = "package.tgz",
    purl = {purl},
    url = {url},
    visibility = ["//visibility:public"],
)
""".format(
        macro = repr(str(Label("//rules/private:downloaded_file.bzl"))),
        purl = repr("pkg:npm/%s@%s" % (name.replace("@", "%40"), version.replace("+", "%2B"))),
        url = repr(resolved),
    ))

npm_repository = repository_rule(
    doc = "The archive of a package from npm, as `:package`.",
    implementation = _npm_repository_impl,
    attrs = {
        "integrity": attr.string(mandatory = True, doc = "Hash of the archive, such as `sha512-...`."),
        "lock": attr.string(mandatory = True, doc = "The package-lock.json, for errors."),
        "package": attr.string(mandatory = True, doc = "`name@version`."),
        "resolved": attr.string(doc = "The URL in the lock, which may be empty."),
    },
)

_MACRO = Label("//rules/private:node_modules.bzl")
_FAILURE = Label("//rules/private:failing_target.bzl")

def _npm_hub_impl(rctx):
    content = json.decode(rctx.attr.content)

    names = names_of_all(content["install"], content["repository"])
    if content["failure"]:
        text = "load({rule}, \"failing_target\")\n".format(rule = repr(str(_FAILURE))) + "".join(["""
failing_target(
    name = {name},
    message = {message},
    visibility = ["//visibility:public"],
)
""".format(message = repr(content["failure"]), name = repr(name)) for name in names])
    else:
        text = """\
load({macro}, "node_modules")

node_modules(
    names = {names},
    architectures = {architectures},
    directory = {directory},
    packages = {packages},
    visibility = {visibility},
)
""".format(
            macro = repr(str(_MACRO)),
            names = repr(names),
            **{key: repr(value) for key, value in content["node_modules"].items()}
        )
    rctx.file("BUILD.bazel", text)

npm_hub = repository_rule(
    doc = "All packages of a lock as a layer.",
    implementation = _npm_hub_impl,
    attrs = {
        "content": attr.string(
            mandatory = True,
            doc = """JSON: `install`, the name of the install; `repository`, the name of this repository; `node_modules`, the
arguments of the macro `node_modules`, or `failure`, an error.""",
        ),
    },
)
