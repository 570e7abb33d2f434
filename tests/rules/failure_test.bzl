"""The rule `failure_test`: the analysis of a target fails with a message."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")

visibility("private")

def _failure_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

failure_test = analysistest.make(
    _failure_test_impl,
    expect_failure = True,
    attrs = {"message": attr.string(mandatory = True, doc = "A part of the error.")},
)
