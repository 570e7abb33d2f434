"""What one image adds to its base, declared once for all distributions and architectures."""

load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

def image_level(
        packages = None,
        parts = [],
        env = {},
        entrypoint = None,
        annotations = {},
        values = {},
        versions = {},
        exceptions = [],
        tests = [],
        plain_tests = []):
    """What one level adds to an image.

    Texts and labels may hold `{distribution}`, `{architecture}` (OCI's name), `{debian_architecture}`, and the names of
    `values` and `versions`.

    Args:
      packages: name of a package set of the distribution's lock.
      parts: labels of further parts.
      env: environment that the level sets.
      entrypoint: entrypoint that the level sets, a list.
      annotations: annotations of manifests.
      values: dict from a distribution to a dict of names and texts to fill in.
      versions: dict from a name to a package of the lock: its upstream version is filled in, without what Debian and
        a build number (`+10`) add.
      exceptions: labels of what the image's checks let pass (docs/checks.md).
      tests: configs of structure tests of the image and its debug image.
      plain_tests: those of the image alone, such as that it has no shell.

    Returns:
      A struct, for `distroless_image`.
    """
    return struct(
        packages = packages,
        parts = parts,
        env = env,
        entrypoint = entrypoint,
        annotations = annotations,
        values = values,
        versions = versions,
        exceptions = exceptions,
        tests = tests,
        plain_tests = plain_tests,
    )

def _upstream(version):
    """The upstream version of a Debian version, less a build number: `17.0.19+10-1~deb12u1` is `17.0.19`."""
    return version.split(":")[-1].rsplit("-", 1)[0].split("+")[0]

def _values(level, distribution, architecture):
    debian_architecture = ARCHITECTURES[architecture].debian
    locked = DISTRIBUTIONS[distribution].versions
    return {
        "architecture": architecture,
        "debian_architecture": debian_architecture,
        "distribution": distribution,
    } | level.values.get(distribution, {}) | {
        name: _upstream(locked[package][debian_architecture])
        for name, package in level.versions.items()
    }

def filled(level, distribution, architecture):
    """A level at one distribution and architecture.

    Args:
      level: an `image_level`.
      distribution: a key of DISTRIBUTIONS.
      architecture: a key of ARCHITECTURES.

    Returns:
      struct(parts: labels of packages and further parts; env, entrypoint, annotations, exceptions, tests, plain_tests),
      with all names filled in.
    """
    values = _values(level, distribution, architecture)

    def fill(texts):
        return [text.format(**values) for text in texts]

    packages = ["@{distribution}//:%s.{debian_architecture}" % level.packages] if level.packages else []
    return struct(
        parts = fill(packages + level.parts),
        env = {key: value.format(**values) for key, value in level.env.items()},
        entrypoint = fill(level.entrypoint) if level.entrypoint else None,
        annotations = {key: value.format(**values) for key, value in level.annotations.items()},
        exceptions = fill(level.exceptions),
        tests = fill(level.tests),
        plain_tests = fill(level.plain_tests),
    )
