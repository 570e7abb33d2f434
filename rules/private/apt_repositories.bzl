"""The repository rules of the `apt` extension."""

visibility("//rules/...")

def _file_name(url):
    """The package file's name, without the characters that labels cannot contain."""
    name = url.split("/")[-1]
    for escape, character in {"%2b": "+", "%3a": ":", "%7e": "~"}.items():
        name = name.replace(escape, character).replace(escape.upper(), character)
    return name.replace(":", "_")

def _deb_package_impl(rctx):
    file = _file_name(rctx.attr.urls[0])
    result = rctx.download(
        url = rctx.attr.urls,
        output = file,
        sha256 = rctx.attr.sha256,
        allow_fail = True,
    )
    if not result.success:
        fail("%s: download failed from %s (hint: see Mirrors in docs/lock.md, or update the lock)" % (
            file,
            " and ".join(rctx.attr.urls),
        ))
    rctx.file("BUILD.bazel", """\
load({macro}, "deb_package")

deb_package(
    exclude = {exclude},
    file = {file},
    include = {include},
    max_size_mib = {max_size_mib},
    merged_usr = {merged_usr},
    optional_exclude = {optional_exclude},
    separate_layer = {separate_layer},
)
""".format(
        macro = repr(str(Label("//rules/private:deb_package.bzl"))),
        exclude = repr(rctx.attr.exclude),
        file = repr(file),
        include = repr(rctx.attr.include),
        max_size_mib = rctx.attr.max_size_mib,
        merged_usr = repr(rctx.attr.merged_usr),
        optional_exclude = repr(rctx.attr.optional_exclude),
        separate_layer = repr(rctx.attr.separate_layer),
    ))

deb_package = repository_rule(
    doc = "One package file, downloaded by its hash. It is not unpacked.",
    implementation = _deb_package_impl,
    attrs = {
        "exclude": attr.string_list(doc = "As for the rule `deb`."),
        "include": attr.string_list(doc = "As for the rule `deb`."),
        "max_size_mib": attr.int(doc = "As for the rule `deb`."),
        "merged_usr": attr.bool(doc = "As for the rule `deb`."),
        "optional_exclude": attr.string_list(doc = "As for the rule `deb`."),
        "separate_layer": attr.bool(doc = "As for the rule `deb`."),
        "sha256": attr.string(mandatory = True, doc = "Hash of the file, in hex."),
        "urls": attr.string_list(mandatory = True, doc = "URLs of the file, tried in order."),
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
"Versions of packages: a dict from a name to a dict from an OCI architecture to the version."

VERSIONS = {versions}
""".format(versions = repr(json.decode(rctx.attr.versions))))

apt_hub = repository_rule(
    doc = "The names of a lock's packages and sets.",
    implementation = _apt_hub_impl,
    attrs = {
        "packages": attr.string(
            mandatory = True,
            doc = "JSON: object from the name of a package to an object from an OCI architecture to its repository.",
        ),
        "sets": attr.string(
            mandatory = True,
            doc = "JSON: object from the name of a set to an object from an OCI architecture to a list of repositories.",
        ),
        "versions": attr.string(
            mandatory = True,
            doc = "JSON: object from the name of a package to an object from an OCI architecture to its version.",
        ),
    },
)
