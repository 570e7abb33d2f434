"""The tags of the `apt` extension."""

load(":install_tags.bzl", "install_tags")

visibility("//rules/...")

_DEPENDENCIES = ["", "explicit", "resolve"]

_ARCHITECTURES_DOC = "Debian's names of architectures, such as `amd64` and `armhf`."

_install = tag_class(
    doc = """A set of packages with a lock, as the repository `@<name>`.

What to install stands in tags, or in a manifest file (docs/lock.md). `bazel run @<name>//:lock` writes the lock; it need not exist
before. docs/packages.md lists the labels of the repository.""",
    attrs = {
        "architectures": attr.string_list(doc = _ARCHITECTURES_DOC + " Required unless there is a manifest file."),
        "base": attr.label(
            doc = "The image that the packages are added to: an image, an index, or an OCI layout from elsewhere. What it has is " +
                  "not locked again, and its versions satisfy dependencies.",
        ),
        "dependencies": attr.string(
            doc = "`resolve` (the default): sets get the dependencies of their packages. `explicit`: a missing dependency is an error.",
            values = _DEPENDENCIES,
        ),
        "exclude": attr.string_list(doc = "Globs of paths to leave out of every package that has them."),
        "ignored_dependencies": attr.string_dict(
            doc = "Dependencies of `packages` that may be missing: a dict from the name of a package to the reason.",
        ),
        "include": attr.string_list(doc = "Globs of paths to keep in every package, as for the rule `deb`."),
        "lock": attr.label(mandatory = True, doc = "The lock, `<x>.lock.json`. `bazel run @<name>//:lock` writes it."),
        "manifest": attr.label(doc = "A manifest file in place of tags. Without tags, the default is `<x>.yaml` beside the lock, if it exists."),
        "merged_usr": attr.bool(
            doc = "Whether to move `/bin`, `/sbin` and `/lib*` below `/usr` even if the lock does not say that the release has a merged /usr.",
        ),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
        "packages": attr.string_list(
            doc = "Packages to install, as in a manifest: `libpq5`, `libfoo1 (= 1.2-3)`, `libbar2 [amd64]`. They are the set `packages`.",
        ),
    },
)

_sources = tag_class(
    doc = "An apt repository. Several tags may name the same `repo`.",
    attrs = {
        "architectures": attr.string_list(doc = _ARCHITECTURES_DOC + " The architectures that the suites have, if not all of the install."),
        "archive": attr.string(doc = "An archive of snapshot.debian.org, such as `debian` or `debian-security`, or `ubuntu`."),
        "check_valid_until": attr.bool(default = True, doc = "Whether a Release file that has expired is an error."),
        "components": attr.string_list(doc = "Components, such as `main`. A suite that ends in `/` has none."),
        "keyring": attr.label(
            doc = "OpenPGP keyring, armored or not. Default: the keyring of Debian or Ubuntu, for their archives.",
        ),
        "keys": attr.string_list(doc = "Fingerprints of the primary keys to accept. Default: all keys of the keyring."),
        "repo": attr.string(mandatory = True, doc = "`name` of an `apt.install` tag of the same module."),
        "suites": attr.string_list(mandatory = True, doc = "Suites, such as `bookworm`. One that ends in `/` is a flat repository."),
        "url": attr.string(doc = "URL above `dists/` and `pool/` (http, https or file), instead of `archive`."),
    },
)

_package_set = tag_class(
    doc = "A set of packages, the content of one layer: `@<repo>//:<name>`.",
    attrs = {
        "architectures": attr.string_list(doc = _ARCHITECTURES_DOC + " Default: those of the install."),
        "bases": attr.string_list(doc = "Names of the sets below this one. Their packages are not repeated."),
        "dependencies": attr.string(
            doc = "As for `apt.install`. Default: as the install says.",
            values = _DEPENDENCIES,
        ),
        "ignored_dependencies": attr.string_dict(
            doc = "Dependencies that may be missing: a dict from the name of a package to the reason.",
        ),
        "name": attr.string(mandatory = True, doc = "Name of the set. The name `packages` is reserved for the set of `apt.install`."),
        "packages": attr.string_list(mandatory = True, doc = "Packages of the set, as in `apt.install`."),
        "repo": attr.string(mandatory = True, doc = "`name` of an `apt.install` tag of the same module."),
    },
)

_file = tag_class(
    doc = "A package file outside of any repository, for sets to install by its name.",
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "Debian's name of the architecture, or `all`."),
        "name": attr.string(mandatory = True, doc = "Name of the package."),
        "repo": attr.string(mandatory = True, doc = "`name` of an `apt.install` tag of the same module."),
        "sha256": attr.string(mandatory = True, doc = "SHA-256 of the file, in hex."),
        "size": attr.int(doc = "Size of the file in bytes. 0: not known."),
        "url": attr.string(mandatory = True, doc = "URL of the file."),
        "version": attr.string(mandatory = True, doc = "Version of the package."),
    },
)

_package = tag_class(
    doc = "Settings of one package of a lock.",
    attrs = {
        "exclude": attr.string_list(doc = "Globs of paths to leave out, as for the rule `deb`. A glob that matches nothing is an error."),
        "include": attr.string_list(doc = "Globs of paths to keep, as for the rule `deb`."),
        "max_size_mib": attr.int(doc = "The largest unpacked size of the package, in MiB, as for the rule `deb`. Also for `:data` and `:cc`."),
        "name": attr.string(mandatory = True, doc = "Name of the package. The settings hold for all its architectures."),
        "repo": attr.string(mandatory = True, doc = "`name` of an `apt.install` tag of the same module."),
    },
)

APT_TAGS = {
    "file": _file,
    "install": _install,
    "override": install_tags.override("apt"),
    "package": _package,
    "package_set": _package_set,
    "sources": _sources,
}
