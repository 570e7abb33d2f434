"""Tests of the versions of Temurin's packages."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//java:java.bzl", "java_version")
load(":made.bzl", "temurin_version")

visibility("private")

def _version_test_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "21.0.12.1", java_version("21.0.12.1.0+1-0"))
    asserts.equals(env, "17.0.20", java_version("17.0.20.0.0+8-0"))
    asserts.equals(env, "25", java_version("25.0.0.0.0+36-0"))
    asserts.equals(env, "21.0.13.0.0+9-0", temurin_version("21.0.13+9-1~deb13u2"))
    return unittest.end(env)

_version_test = unittest.make(_version_test_impl)

def version_test_suite(name):
    """Declares the tests.

    Args:
      name: string, name of the suite.
    """
    unittest.suite(name, _version_test)
