"""The repository rules of the `apt` extension."""

load(":download_auth.bzl", "download_auth")
load(":installs.bzl", "visibility_of")
load(":platforms.bzl", "platform_label")

visibility("//rules/...")

def _file_name(url):
    """The package file's name, without the characters that labels cannot contain."""
    name = url.split("/")[-1]
    for escape, character in {"%2b": "+", "%3a": ":", "%7e": "~"}.items():
        name = name.replace(escape, character).replace(escape.upper(), character)
    return name.replace(":", "_")

def _deb_package_impl(rctx):
    file = _file_name(rctx.attr.urls[0])
    urls = rctx.attr.urls

    # A failure says why, such as the HTTP status or both hashes, which `allow_fail` would hide.
    rctx.download(url = urls, output = file, sha256 = rctx.attr.sha256, auth = download_auth(rctx, urls))
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
    sha256 = {sha256},
    size = {size},
    url = {url},
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
        sha256 = repr(rctx.attr.sha256),
        size = rctx.attr.size,
        url = repr(urls[0]),
    ))

deb_package = repository_rule(
    doc = "One package file, and the part that is made of it.",
    implementation = _deb_package_impl,
    attrs = {
        "exclude": attr.string_list(doc = "As for the rule `deb`."),
        "include": attr.string_list(doc = "As for the rule `deb`."),
        "max_size_mib": attr.int(doc = "As for the rule `deb`."),
        "merged_usr": attr.bool(doc = "As for the rule `deb`."),
        "optional_exclude": attr.string_list(doc = "As for the rule `deb`."),
        "separate_layer": attr.bool(doc = "As for the rule `deb`."),
        "sha256": attr.string(mandatory = True, doc = "Hash of the file, in hex."),
        "size": attr.int(doc = "Bytes of the file, 0 if the lock does not say."),
        "urls": attr.string_list(mandatory = True, doc = "URLs of the file, tried in order."),
    },
)

def _build_file(macros, calls):
    """The text of a BUILD file: a load for each macro, and calls with their arguments."""
    loads = [
        "load(%s, %s)\n" % (repr(str(file)), repr(macro))
        for macro, file in macros.items()
    ]
    text = [
        "\n%s(\n%s)\n" % (macro, "".join(["    %s = %s,\n" % (name, repr(value)) for name, value in arguments.items()]))
        for macro, arguments in calls
    ]
    return "".join(loads + text)

_HUB = Label("//rules/private:apt_hub.bzl")
_PACKAGE = Label("//rules/private:apt_package.bzl")
_BASE = Label("//rules/private:apt_base.bzl")

def _lock_arguments(lock, base_architectures):
    """The arguments of apt_lock_command."""
    arguments = {name: lock[name] for name in ["command", "error", "lock", "manifest_name"]}
    if lock["manifest_text"]:
        arguments |= {"install": lock["install"], "manifest": "manifest.json", "keyrings": sorted(lock["keyrings"])}
    else:
        arguments["workspace_manifest"] = lock["workspace_manifest"]
    if lock["base"]:
        arguments |= {
            "base_label": lock["base_label"],
            "base_status": {":base_status_" + name: name for name in base_architectures},
        }
    return arguments

def _apt_hub_impl(rctx):
    content = json.decode(rctx.attr.content)
    lock = content["lock"]
    if lock["manifest_text"]:
        rctx.file("manifest.json", lock["manifest_text"], executable = False)
        for keyring, path in rctx.attr.keyrings.items():
            rctx.symlink(keyring, path)
    base_architectures = [name for name in lock["architectures"] if platform_label(name)]
    macros = {"apt_hub": _HUB}
    calls = [("apt_hub", {
        "architectures": lock["architectures"],
        "failures": content["failures"],
        "lock": _lock_arguments(lock, base_architectures),
        "repo": content["repo"],
        "packages": {
            name: {each: package["repository"] for each, package in by_architecture.items()}
            for name, by_architecture in content["packages"].items()
        },
        "sets": content["sets"],
        "unlocked": content["unlocked"],
        "visibility": {name: visibility_of(content["visible_to"], name) for name in content["packages"].keys() + content["sets"].keys()},
    })]
    if lock["base"]:
        macros["apt_base"] = _BASE
        calls.append(("apt_base", {"architectures": base_architectures, "base": lock["base"]}))
    rctx.file("BUILD.bazel", _build_file(macros, calls), executable = False)
    for name, by_architecture in content["packages"].items():
        call = ("apt_package", {"name": name, "architectures": by_architecture, "visibility": visibility_of(content["visible_to"], name)})
        rctx.file(name + "/BUILD.bazel", _build_file({"apt_package": _PACKAGE}, [call]), executable = False)
    not_packages = {
        name: "'%s' is a set, not a package (hint: write @%s//:%s)" % (name, content["repo"], name)
        for name in content["sets"]
        if name not in content["packages"]
    }
    for name, message in (not_packages | content["failures"] | content["unlocked"]).items():
        call = ("apt_package_failure", {"name": name, "architectures": lock["architectures"], "message": message})
        rctx.file(name + "/BUILD.bazel", _build_file({"apt_package_failure": _PACKAGE}, [call]), executable = False)
    versions = {
        name: {each: package["version"] for each, package in by_architecture.items()}
        for name, by_architecture in content["packages"].items()
    }
    rctx.file("versions.bzl", """\
"Versions of packages: a dict from a name to a dict from an OCI architecture to the version."
{missing}
VERSIONS = {versions}
""".format(
        missing = "\nfail(%s)\n" % repr(content["missing"]) if content["missing"] else "",
        versions = repr(versions),
    ), executable = False)

apt_hub = repository_rule(
    doc = "The names of an install's packages and sets.",
    implementation = _apt_hub_impl,
    attrs = {
        "content": attr.string(
            mandatory = True,
            doc = "JSON: what `installs.merge` and `apt_modules.content` return; `repo`, the repository's name; `lock`, how the lock is written; `missing` is the error if there is no lock.",
        ),
        "keyrings": attr.label_keyed_string_dict(
            doc = "Keyrings of a manifest in tags: a dict from a label to the path beside the manifest.",
        ),
    },
)
