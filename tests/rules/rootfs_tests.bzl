"""Tests of rules of rootfs.bzl, mostly of inputs that they refuse."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:build_test.bzl", "build_test")
load("//rules:oci.bzl", "OciImageInfo", "oci_image", "oci_layer")
load("//rules:rootfs.bzl", "alternatives", "dpkg_status", "files", "locale", "trust_store")
load(":failure_test.bzl", "failure_test")

visibility("private")

def _paths_test_impl(ctx):
    env = analysistest.begin(ctx)
    (spec,) = [json.decode(action.content) for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    (part,) = [action for action in analysistest.target_actions(env) if action.mnemonic == "FilesPart"]
    sources = [part.argv[i + 1].split("/")[-1] for i, each in enumerate(part.argv) if each == "--source"]
    asserts.equals(
        env,
        {
            "/a.bzl": "rootfs_tests.bzl",
            "/b/failure_test.bzl": "failure_test.bzl",
            "/b/rootfs_tests.bzl": "rootfs_tests.bzl",
            "/c/rootfs_tests.bzl": "rootfs_tests.bzl",
        },
        {entry["path"]: sources[entry["source"]] for entry in spec["entries"]},
    )
    return analysistest.end(env)

_paths_test = analysistest.make(_paths_test_impl)

def _alternatives_test_impl(ctx):
    env = analysistest.begin(ctx)
    parts = [file.basename for layer in analysistest.target_under_test(env)[OciImageInfo].layers for file in layer.parts.to_list()]
    asserts.equals(env, ctx.attr.parts, parts)
    return analysistest.end(env)

_alternatives_test = analysistest.make(_alternatives_test_impl, attrs = {"parts": attr.string_list()})

def rootfs_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    manual = {"tags": ["manual"]}
    failures = {}

    files(name = "files_prefix", srcs = ["BUILD.bazel"], strip_prefix = "site", **manual)
    failures["files_prefix"] = "files_prefix: BUILD.bazel is not below `strip_prefix` 'site' (hint: "

    files(
        name = "files_paths",
        srcs = {
            "/a.bzl": "rootfs_tests.bzl",
            "/b": ["failure_test.bzl", ":rootfs_tests.bzl"],
            "/c/": Label("//tests/rules:rootfs_tests.bzl"),
        },
        **manual
    )
    _paths_test(name = "files_paths_test", target_under_test = "files_paths")

    trust_store(name = "trust_nothing", **manual)
    failures["trust_nothing"] = "trust_nothing: `certificates` and `deb` are empty (hint: list the PEM files"

    alternatives(name = "alternative_relative", links = {"usr/bin/x": "y"}, **manual)
    failures["alternative_relative"] = "`links` has 'usr/bin/x', which is not an absolute path (hint: write /usr/bin/x)"

    alternatives(name = "no_links", parts = ["files_paths"], **manual)
    oci_layer(name = "alternatives_layer", parts = ["files_paths"], **manual)
    for image, tar, declared, parts in [
        ("alternatives_read", "files_paths", True, ["files_paths", "%s.alternatives", "%s.ld_so_cache"]),
        ("alternatives_declared", "alternatives_layer", {"/usr/bin/x": "/a.bzl"}, ["files_paths", "%s.alternatives", "%s.ld_so_cache"]),
        ("alternatives_off", "files_paths", False, ["files_paths", "%s.ld_so_cache"]),
    ]:
        oci_image(name = image, alternatives = declared, architecture = "amd64", tars = [tar], **manual)
        _alternatives_test(
            name = image + "_test",
            parts = [part.replace("%s", image) + ".part.json" for part in parts],
            target_under_test = image,
        )
    oci_image(name = "alternatives_relative", alternatives = {"x": "y"}, architecture = "amd64", tars = ["files_paths"], **manual)
    failures["alternatives_relative"] = "`alternatives` has 'x', which is not an absolute path (hint: write /x)"

    native.genrule(name = "fake_deb", outs = ["fake.deb"], cmd = "exit 1", **manual)
    locale(name = "locale_pattern", deb = "fake.deb", locales = ["de_*"], **manual)
    failures["locale_pattern"] = "invalid locale 'de_*' (hint: write it as"

    dpkg_status(name = "status", parts = ["@debian12//:base-files_amd64"], **manual)
    build_test(name = "status_test", targets = ["status"])

    for target, message in failures.items():
        failure_test(name = target + "_test", target_under_test = target, message = message)
    native.test_suite(name = name, tests = [
        "alternatives_declared_test",
        "alternatives_off_test",
        "alternatives_read_test",
        "files_paths_test",
        "status_test",
    ] + [target + "_test" for target in failures])
