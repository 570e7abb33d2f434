"""Tests of the macro `user`: what its parts are made of."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//rules:deb.bzl", "PartsInfo")
load("//rules:rootfs.bzl", "user")

visibility("private")

def _parts_test_impl(ctx):
    env = analysistest.begin(ctx)
    parts = analysistest.target_under_test(env)[PartsInfo].parts.to_list()
    asserts.equals(env, ["passwd", "group", "home"], [part.label.split("_")[-1] for part in parts])
    return analysistest.end(env)

_parts_test = analysistest.make(_parts_test_impl)

def _file_test_impl(ctx):
    env = analysistest.begin(ctx)
    contents = [action.content for action in analysistest.target_actions(env) if action.mnemonic == "FileWrite"]
    asserts.true(env, [each for each in contents if ctx.attr.text in each], repr(contents))
    return analysistest.end(env)

_file_test = analysistest.make(_file_test_impl, attrs = {"text": attr.string()})

# What the files have, by the target.
_TEXTS = {
    "other_group": "operator:x:2000:",
    "other_home": '"path":"/srv/data"',
    "other_passwd": "operator:x:1000:2000:operator:/srv/data:/sbin/nologin",
    "plain_group": "plain:x:1000:",
    "plain_home": '"path":"/home/plain"',
    "plain_passwd": "plain:x:1000:1000:plain:/home/plain:/sbin/nologin",
}

def user_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    user(name = "plain", tags = ["manual"], uid = 1000)
    user(name = "other", directory = "/srv/data", gid = 2000, tags = ["manual"], uid = 1000, username = "operator")
    _parts_test(name = "user_parts_test", target_under_test = "plain")
    for target, text in _TEXTS.items():
        _file_test(name = "user_%s_test" % target, target_under_test = target, text = text)
    native.test_suite(name = name, tests = ["user_parts_test"] + ["user_%s_test" % target for target in _TEXTS])
