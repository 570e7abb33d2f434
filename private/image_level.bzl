"""What one image adds to its base, declared once for all distributions and architectures."""

load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

def image_level(
        packages = None,
        parts = [],
        links = {},
        ld_so_cache = False,
        env = {},
        entrypoint = None,
        annotations = {},
        values = {},
        versions = {},
        exceptions = [],
        tests = [],
        plain_tests = [],
        data = []):
    """What one level adds to an image.

    Texts and labels may hold `{distribution}`, `{release}` (its VERSION_ID), `{architecture}` (OCI's name),
    `{debian_architecture}`, `{loader}` (the dynamic loader's path), `{triplet}` (of folders of libraries), and the names
    of `values` and `versions`; so may configs of tests that are called `*.yaml.in`.

    Args:
      packages: name of a package set of the distribution's lock.
      parts: labels of further parts.
      links: dict from a symlink's path in the image to its target's text.
      ld_so_cache: whether the level ends with an ld.so.cache of all libraries up to it.
      env: environment that the level sets.
      entrypoint: entrypoint that the level sets, a list.
      annotations: annotations of manifests.
      values: dict from a distribution, or from an architecture, to a dict of names and texts to fill in.
      versions: dict from a name to a package of the lock: its upstream version is filled in, without what Debian and
        a build number (`+10`) add.
      exceptions: labels of what the image's checks let pass (docs/checks.md), or a dict from a distribution to such.
      tests: configs of structure tests of the image and its debug image.
      plain_tests: those of the image alone, such as that it has no shell.
      data: labels of files that the configs mount.

    Returns:
      A struct, for `distroless_image`.
    """
    return struct(
        packages = packages,
        parts = parts,
        links = links,
        ld_so_cache = ld_so_cache,
        env = env,
        entrypoint = entrypoint,
        annotations = annotations,
        values = values,
        versions = versions,
        exceptions = exceptions,
        tests = tests,
        plain_tests = plain_tests,
        data = data,
    )

def _upstream(version):
    """The upstream version of a Debian version, less a build number: `17.0.19+10-1~deb12u1` is `17.0.19`."""
    return version.split(":")[-1].rsplit("-", 1)[0].split("+")[0]

def _values(level, distribution, architecture):
    debian_architecture = ARCHITECTURES[architecture].debian
    locked = DISTRIBUTIONS[distribution].versions
    values = {
        "architecture": architecture,
        "debian_architecture": debian_architecture,
        "distribution": distribution,
        "loader": ARCHITECTURES[architecture].loader,
        "release": DISTRIBUTIONS[distribution].os_release["VERSION_ID"],
        "triplet": ARCHITECTURES[architecture].triplet,
    } | level.values.get(distribution, {}) | level.values.get(architecture, {})
    return values | {
        name: _upstream(locked[package.format(**values)][debian_architecture])
        for name, package in level.versions.items()
    }

def filled(level, distribution, architecture):
    """A level at one distribution and architecture.

    Args:
      level: an `image_level`.
      distribution: a key of DISTRIBUTIONS.
      architecture: a key of ARCHITECTURES.

    Returns:
      struct(parts: labels of packages and further parts; links, ld_so_cache, env, entrypoint, annotations, exceptions,
      tests, plain_tests, data), with all names filled in; and values, the dict that they were filled in from.
    """
    values = _values(level, distribution, architecture)

    def fill(texts):
        return [text.format(**values) for text in texts]

    def fill_dict(texts):
        return {key.format(**values): value.format(**values) for key, value in texts.items()}

    packages = ["@{distribution}//:%s.{debian_architecture}" % level.packages] if level.packages else []
    return struct(
        parts = fill(packages + level.parts),
        links = fill_dict(level.links),
        ld_so_cache = level.ld_so_cache,
        env = fill_dict(level.env),
        entrypoint = fill(level.entrypoint) if level.entrypoint else None,
        annotations = fill_dict(level.annotations),
        exceptions = fill(level.exceptions.get(distribution, []) if type(level.exceptions) == "dict" else level.exceptions),
        tests = fill(level.tests),
        plain_tests = fill(level.plain_tests),
        data = fill(level.data),
        values = values,
    )
