"""Repositories behind the `apt` extension."""

def _deb_package_impl(rctx):
    deb = rctx.attr.urls[0].split("/")[-1].replace("%2b", "+").replace("%3a", ":").replace("%7e", "~").replace(":", "_")
    result = rctx.download(
        url = rctx.attr.urls,
        output = deb,
        sha256 = rctx.attr.sha256,
        allow_fail = True,
    )
    if not result.success:
        fail("%s: not to be had from %s, nor from a mirror (hint: docs/lock.md, Mirrors; a newer lock comes by knife lock)" % (
            deb,
            " or ".join(rctx.attr.urls),
        ))
    rctx.file("BUILD.bazel", """\
load({macro}, "deb_package")

deb_package(
    deb = {deb},
    exclude = {exclude},
    include = {include},
    merged_usr = {merged_usr},
    own_layer = {own_layer},
)
""".format(
        macro = repr(str(Label("//rules/private:deb_package.bzl"))),
        deb = repr(deb),
        exclude = repr(rctx.attr.exclude),
        include = repr(rctx.attr.include),
        merged_usr = repr(rctx.attr.merged_usr),
        own_layer = repr(rctx.attr.own_layer),
    ))

deb_package = repository_rule(
    doc = "One package file, by its hash. Nothing is unpacked.",
    implementation = _deb_package_impl,
    attrs = {
        "exclude": attr.string_list(doc = "As for deb_layer."),
        "include": attr.string_list(doc = "As for deb_layer."),
        "merged_usr": attr.bool(doc = "As for deb_layer."),
        "own_layer": attr.bool(doc = "As for deb_layer."),
        "sha256": attr.string(mandatory = True, doc = "Hash of the file, in hex."),
        "urls": attr.string_list(mandatory = True, doc = "Where it is to be had; tried in order."),
    },
)

def _apt_hub_impl(rctx):
    rctx.file("BUILD.bazel", """\
load({macro}, "apt_hub")

apt_hub(
    packages = {packages},
    sets = {sets},
)
""".format(
        macro = repr(str(Label("//rules/private:apt_hub.bzl"))),
        packages = repr(json.decode(rctx.attr.packages)),
        sets = repr(json.decode(rctx.attr.sets)),
    ))
    rctx.file("versions.bzl", """\
"Versions of packages: a dict from a name to a dict from an architecture to the version."

VERSIONS = {versions}
""".format(versions = repr(json.decode(rctx.attr.versions))))

apt_hub = repository_rule(
    doc = "The names of a lock's packages and sets.",
    implementation = _apt_hub_impl,
    attrs = {
        "packages": attr.string(mandatory = True, doc = "JSON: dict from a package's name to a dict from an architecture to its repository."),
        "sets": attr.string(mandatory = True, doc = "JSON: dict from a set's name to a dict from an architecture to a list of repositories."),
        "versions": attr.string(mandatory = True, doc = "JSON: dict from a package's name to a dict from an architecture to its version."),
    },
)
