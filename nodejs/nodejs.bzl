"""The images of Node.js: the releases of private/lock/nodejs.json, on cc."""

load("@nodejs//:versions.bzl", "VERSIONS")
load("//private:distributions.bzl", "DISTRIBUTIONS")
load("//private:distroless_image.bzl", "distroless_image", "image_spec")

visibility("private")

def nodejs(name, release_line, packages = None):
    """Declares the images of a release line, for the architectures that it is released for.

    Args:
      name: string, name of the image.
      release_line: string, the major version, as in the lock.
      packages: string, name of a package set that the release line needs in addition to those of cc.
    """
    versions = VERSIONS[release_line]
    distroless_image(
        name = name,
        architectures = {
            distribution: [architecture for architecture in spec.architectures if architecture in versions]
            for distribution, spec in DISTRIBUTIONS.items()
        },
        base = "//cc",
        description = "Node.js %s, for applications in JavaScript" % release_line,
        debug_spec = image_spec(tests = ["testdata/debug.yaml"]),
        spec = image_spec(
            annotations = {"org.opencontainers.image.version": "{node}"},
            data = [
                "testdata/check.mjs",
                "//private/testdata/tls:ca.pem",
                "//private/testdata/tls:server.key",
                "//private/testdata/tls:server.pem",
            ],
            entrypoint = ["/nodejs/bin/node"],
            licenses = ["Apache-2.0", "GPL-2.0-or-later", "LGPL-2.1-or-later", "MIT", "MPL-2.0"],
            packages = packages,
            parts = ["@nodejs//:node%s_{architecture}" % release_line],
            non_debug_tests = ["//private/testdata:no_shell.yaml"],
            nonroot_tests = ["testdata/arbitrary_user.yaml"],
            tests = ["testdata/nodejs.yaml.in"],
            substitutions = {architecture: {"node": version} for architecture, version in versions.items()},
        ),
        locks = ["nodejs" + release_line],
        repository = name,
    )
