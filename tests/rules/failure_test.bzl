"""Rules such as `failure_test`: the analysis of a target fails with a message."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")

visibility("private")

def _failure_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_ATTRS = {"message": attr.string(mandatory = True, doc = "A part of the error.")}

failure_test = analysistest.make(_failure_test_impl, expect_failure = True, attrs = _ATTRS)

def _failure_test_for(platform):
    return analysistest.make(
        _failure_test_impl,
        expect_failure = True,
        attrs = _ATTRS,
        config_settings = {"//command_line_option:platforms": str(Label(platform))},
    )

failure_on_s390x_test = _failure_test_for("//rules/platforms:linux_s390x")
failure_without_cpu_test = _failure_test_for("//tests/rules:no_cpu")
