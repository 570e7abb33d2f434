"""Tests of oci_push and oci_load, and of the names that oci.pull reads."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts", "unittest")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:oci.bzl", "oci_load", "oci_push")
load("//rules/private:oci_names.bzl", "oci_names")
load("//rules/private:oci_pulls.bzl", "find_pulls")
load(":failure_test.bzl", "failure_test")

visibility("private")

def _program(env):
    """The arguments of the program that a target runs, with the base names of files."""
    (text,) = [
        action.content
        for action in analysistest.target_actions(env)
        if action.mnemonic == "FileWrite" and "sys.exit(run(main" in (action.content or "")
    ]
    (line,) = [line for line in text.split("\n") if line.startswith("sys.exit(run(main")]
    words = line.partition("*[")[2].partition("], *sys.argv")[0].split(", ")
    return [
        word.rpartition("/")[2].strip("\"()") if word.startswith("file(") else word.strip("\"")
        for word in words
    ]

def _arguments_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.equals(env, ctx.attr.arguments, _program(env))
    links = analysistest.target_under_test(env)[DefaultInfo].default_runfiles.root_symlinks.to_list()
    asserts.equals(env, ctx.attr.files, sorted([link.target_file.basename for link in links]))
    return analysistest.end(env)

_ATTRS = {
    "arguments": attr.string_list(doc = "Expected arguments; of files the base names."),
    "files": attr.string_list(doc = "Base names of the files among them, sorted."),
}

_arguments_test = analysistest.make(_arguments_test_impl, attrs = _ATTRS)

_stamped_test = analysistest.make(
    _arguments_test_impl,
    attrs = _ATTRS,
    config_settings = {"//command_line_option:stamp": True},
)

def _load_test_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    (tarball,) = target[OutputGroupInfo].tarball.to_list()
    asserts.equals(env, "load.tar", tarball.basename)
    asserts.false(env, tarball in target[DefaultInfo].files.to_list(), "it is made only on request")
    asserts.equals(env, ["--label", "//tests/rules:plain_index", "--index"], _program(env)[:3])
    asserts.true(env, "linux/s390x" in _program(env), "the target platform's")
    asserts.true(env, "tests/rules:plain_index" not in _program(env), "a name is given")
    return analysistest.end(env)

_load_test = analysistest.make(
    _load_test_impl,
    config_settings = {"//command_line_option:platforms": [Label("//rules/platforms:linux_s390x")]},
)

def _repository_test_impl(ctx):
    env = unittest.begin(ctx)
    for image, expected in {
        "//a": None,
        "127.0.0.1:5000/a": ("127.0.0.1:5000/a", "127.0.0.1:5000", "a"),
        "debian": ("docker.io/library/debian", "registry-1.docker.io", "library/debian"),
        "docker.io/team/app": ("docker.io/team/app", "registry-1.docker.io", "team/app"),
        "example.com/": None,
        "example.com/A": None,
        "example.com/a:v1": None,
        "example.com/a@sha256:0": None,
        "ghcr.io/a/b/c": ("ghcr.io/a/b/c", "ghcr.io", "a/b/c"),
        "localhost/a": ("localhost/a", "localhost", "a"),
        "team/app": ("docker.io/team/app", "registry-1.docker.io", "team/app"),
    }.items():
        found = oci_names.parse_repository(image)
        asserts.equals(env, expected, found and (found.name, found.api, found.path), image)
    return unittest.end(env)

_repository_test = unittest.make(_repository_test_impl)

def _index(*platforms):
    return {"manifests": [
        {"digest": text, "platform": {"architecture": parts.architecture, "os": parts.os} | ({"variant": parts.variant} if parts.variant else {})}
        for text in platforms
        for parts in [oci_names.parse_platform(text)]
    ]}

def _platform_test_impl(ctx):
    env = unittest.begin(ctx)
    debian = _index("linux/amd64", "unknown/unknown", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8", "linux/386")
    for wanted, expected in {
        "linux/386": "linux/386",
        "linux/amd64": "linux/amd64",
        "linux/arm": "linux/arm/v7",
        "linux/arm/v5": "linux/arm/v5",
        "linux/arm/v6": None,
        "linux/arm64": "linux/arm64/v8",
        "linux/s390x": None,
        "windows/amd64": None,
    }.items():
        found = oci_names.find_manifest(debian, wanted)
        asserts.equals(env, expected, found and found["digest"], wanted)
    asserts.equals(env, "linux/arm/v6", oci_names.find_manifest(_index("linux/arm/v6"), "linux/arm")["digest"])
    asserts.equals(
        env,
        ["linux/386", "linux/amd64", "linux/arm/v5", "linux/arm/v7", "linux/arm64/v8"],
        oci_names.platforms(debian),
        "attestations are left out",
    )
    asserts.equals(env, None, oci_names.parse_platform("linux"))
    asserts.true(env, oci_names.is_digest("sha256:" + "0a" * 32))
    asserts.false(env, oci_names.is_digest("0a" * 32))
    asserts.false(env, oci_names.is_digest("sha256:" + "0A" * 32))
    return unittest.end(env)

_platform_test = unittest.make(_platform_test_impl)

def _pull(name, image):
    return struct(digest = "sha256:" + "0" * 64, image = image, insecure = False, name = name, platforms = [], tag = "")

def _module(name, *pulls):
    return struct(is_root = name == "root", name = name, tags = struct(pull = pulls))

def _modules_test_impl(ctx):
    env = unittest.begin(ctx)
    found = find_pulls([
        _module("root", _pull("base", "example.com/a"), _pull("mine", "example.com/b")),
        _module("one", _pull("base", "example.com/c"), _pull("shared", "example.com/d")),
        _module("two", _pull("shared", "example.com/d")),
    ])
    asserts.equals(
        env,
        {"base": ("root", "example.com/a"), "mine": ("root", "example.com/b"), "shared": ("one", "example.com/d")},
        {name: (pull.module.name, pull.tag.image) for name, pull in found.items()},
        "the root module overrides others, and equal pulls are one",
    )
    return unittest.end(env)

_modules_test = unittest.make(_modules_test_impl)

_IMAGE = ["--label", "//tests/rules:plain_image", "--manifest", "plain_image.manifest.json", "--config", "plain_image.config.json"]
_LAYER = ["--layer", "plain_image.0.layer.json", "plain_image.0.tar.gz"]
_FILES = ["plain_image.0.layer.json", "plain_image.0.tar.gz", "plain_image.config.json", "plain_image.manifest.json"]
_STATUS = ["--status-file", "stable-status.txt", "--status-file", "volatile-status.txt"]

def _fixtures():
    write_file(name = "remote_tags", out = "remote_tags.txt", content = ["v1", "v2"], tags = ["manual"])
    manual = {"tags": ["manual"]}
    oci_push(name = "push", image = "plain_image", repository = "example.com/a", remote_tags = ["v1", "v2"], **manual)
    oci_push(name = "push_files", image = "plain_image", repository_file = "kv.txt", remote_tags = "remote_tags.txt", **manual)
    oci_push(name = "push_stamped", image = "plain_image", repository = "example.com/a", stamp = 1, **manual)
    oci_push(name = "push_never_stamped", image = "plain_image", repository = "example.com/a", stamp = 0, **manual)
    oci_push(name = "push_layout", image = "foreign", repository = "example.com/a", **manual)
    oci_push(name = "push_symlinked", testonly = True, image = "symlinked", **manual)
    oci_push(name = "push_both", image = "plain_image", repository = "example.com/a", repository_file = "kv.txt", **manual)
    oci_push(name = "push_set", image = ":no_image", repository = "example.com/a", **manual)
    native.filegroup(name = "no_image", srcs = ["kv.txt", "remote_tags.txt"], **manual)
    oci_load(name = "load", image = "plain_index", repo_tags = ["app:v1"], **manual)

def ship_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    _fixtures()
    repository = ["--repository", "example.com/a"]
    _arguments_test(
        name = "push_test",
        target_under_test = "push",
        arguments = _IMAGE + _LAYER + repository + ["--tag", "v1", "--tag", "v2"],
        files = _FILES,
    )
    _arguments_test(
        name = "push_files_test",
        target_under_test = "push_files",
        arguments = _IMAGE + _LAYER + ["--repository-file", "kv.txt", "--tags-file", "remote_tags.txt"],
        files = sorted(_FILES + ["kv.txt", "remote_tags.txt"]),
    )
    _arguments_test(
        name = "push_stamped_test",
        target_under_test = "push_stamped",
        arguments = _IMAGE + _LAYER + repository + _STATUS,
        files = sorted(_FILES + ["stable-status.txt", "volatile-status.txt"]),
    )
    _stamped_test(
        name = "push_by_flag_test",
        target_under_test = "push",
        arguments = _IMAGE + _LAYER + repository + ["--tag", "v1", "--tag", "v2"] + _STATUS,
        files = sorted(_FILES + ["stable-status.txt", "volatile-status.txt"]),
    )
    _stamped_test(
        name = "push_never_stamped_test",
        target_under_test = "push_never_stamped",
        arguments = _IMAGE + _LAYER + repository,
        files = _FILES,
    )
    _arguments_test(
        name = "push_layout_test",
        target_under_test = "push_layout",
        arguments = ["--label", "//tests/rules:foreign", "--layout", "foreign"] + repository,
        files = ["foreign"],
    )
    failure_test(
        name = "push_both_test",
        target_under_test = "push_both",
        message = "//tests/rules:push_both: `repository` and `repository_file` are both set (hint: set one)",
    )
    failure_test(
        name = "push_set_test",
        target_under_test = "push_set",
        message = "//tests/rules:push_set: //tests/rules:no_image is not an image: it has 2 files",
    )
    _load_test(name = "load_test", target_under_test = "load")
    _modules_test(name = "modules_test")
    _repository_test(name = "repository_test")
    _platform_test(name = "platform_test")
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "load",
            "modules",
            "platform",
            "push",
            "push_both",
            "push_by_flag",
            "push_files",
            "push_layout",
            "push_never_stamped",
            "push_set",
            "push_stamped",
            "repository",
        ]],
    )
