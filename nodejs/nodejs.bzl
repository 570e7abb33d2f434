"""Node.js's images: what the lock of releases has, on cc."""

load("@nodejs//:versions.bzl", "VENDOR_ONLY", "VERSIONS")
load("//private:distributions.bzl", "DISTRIBUTIONS")
load("//private:distroless_image.bzl", "distroless_image", "image_level")

def nodejs(name, release_line, packages = None):
    """Images of a release line, on the architectures that it is released for.

    Args:
      name: name of the image.
      release_line: its major version, as the lock has it.
      packages: name of a package set that the release line needs besides cc's.
    """
    versions = VERSIONS[release_line]
    distroless_image(
        name = name,
        architectures = {
            distribution: [architecture for architecture in spec.architectures if architecture in versions]
            for distribution, spec in DISTRIBUTIONS.items()
        },
        base = "//cc",
        debug = image_level(tests = ["testdata/debug.yaml"]),
        level = image_level(
            annotations = {"org.opencontainers.image.version": "{node}"},
            data = [
                "testdata/check.mjs",
                "//private/testdata/tls:ca.pem",
                "//private/testdata/tls:server.key",
                "//private/testdata/tls:server.pem",
            ],
            entrypoint = ["/nodejs/bin/node"],
            packages = packages,
            parts = ["@nodejs//:node%s_{architecture}" % release_line],
            plain_tests = ["//private/testdata:no_shell.yaml"],
            tests = ["testdata/nodejs.yaml.in"],
            values = {architecture: {"node": version} for architecture, version in versions.items()},
        ),
        vendor_only = VENDOR_ONLY[release_line],
    )
