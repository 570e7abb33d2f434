"""Tests of oci_push and oci_load."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("@bazel_skylib//rules:write_file.bzl", "write_file")
load("//rules:oci.bzl", "oci_load", "oci_push")
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
    oci_push(name = "push_pulled", image = "//tests/rules/pulled:image", repository = "example.com/a", **manual)
    oci_push(name = "push_credentials", image = "plain_image", repository = "user:open sesame@example.com/a", **manual)
    oci_load(name = "load_credentials", image = "plain_index", repo_tags = ["app", "user:open sesame@example.com/a:v1"], **manual)
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
    _arguments_test(
        name = "push_pulled_test",
        target_under_test = "push_pulled",
        arguments = ["--label", "//tests/rules/pulled:image", "--manifest", "manifest.json", "--config", "config.json"] + [
            word
            for number in range(2)
            for word in ["--insecure-pulled-layer", "image.%d.layer.json" % number, "example.com/team/base"]
        ] + repository,
        # The layers are not among them.
        files = ["config.json", "image.0.layer.json", "image.1.layer.json", "manifest.json"],
    )
    failure_test(
        name = "push_credentials_test",
        target_under_test = "push_credentials",
        message = "//tests/rules:push_credentials: `repository` must not have credentials (hint: remove what is before @example.com,",
    )
    failure_test(
        name = "load_credentials_test",
        target_under_test = "load_credentials",
        message = "//tests/rules:load_credentials: `repo_tags` must not have credentials (hint: remove what is before @example.com,",
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
    native.test_suite(
        name = name,
        tests = [target + "_test" for target in [
            "load",
            "load_credentials",
            "push",
            "push_both",
            "push_by_flag",
            "push_credentials",
            "push_files",
            "push_layout",
            "push_never_stamped",
            "push_pulled",
            "push_set",
            "push_stamped",
        ]],
    )
