"""The images of Java: Debian's OpenJDK if the release has it, else Eclipse Temurin."""

load("@temurin//:versions.bzl", "VERSIONS")
load("//private:distroless_image.bzl", "distroless_image", "image_spec")

visibility([
    "//java",
    "//tests/temurin",
])

_ARCHITECTURES = {
    "debian12": ["amd64", "arm64", "s390x", "ppc64le"],
    "debian13": ["amd64", "arm64", "s390x", "ppc64le", "riscv64"],
}

# Programs on the PATH of all images.
_JRE_PROGRAMS = ["java", "keytool"]

# Programs of the JDK on the PATH of debug images.
_JDK_PROGRAMS = ["jar", "javac", "jcmd", "jshell"]

def java_base(name, **kwargs):
    """Declares the image that all images of Java have as their base.

    Args:
      name: string, name of the image.
      **kwargs: further arguments of `distroless_image`.
    """
    distroless_image(name = name, architectures = _ARCHITECTURES, **kwargs)

def _java(name, *, vendor, version, architectures, jre, jdk, spec, debug_spec, golden_listings = True, locks = [], repository = None):
    """Declares images of Java.

    Args:
      name: string, name of the image.
      vendor: string, what the runtime is called.
      version: string, Java's version, such as `21`.
      architectures: dict from a distribution to a list of OCI architectures.
      jre: string, path of the JRE in the image.
      jdk: string, path of the JDK in the debug image.
      spec: dict, arguments of `image_spec` for the image.
      debug_spec: dict, arguments of `image_spec` for the debug image, or None if it has no JDK.
      golden_listings: bool, as for `distroless_image`.
      locks: list of strings, as for `distroless_image`.
      repository: string, as for `distroless_image`.
    """
    distroless_image(
        name = name,
        architectures = architectures,
        base = "//java:java_base",
        description = "%s %s, for applications in Java" % (vendor, version),
        debug_spec = image_spec(
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jdk, program) for program in _JDK_PROGRAMS},
            tests = ["//java:testdata/debug.yaml"],
            **debug_spec
        ) if debug_spec else None,
        golden_listings = golden_listings,
        spec = image_spec(
            annotations = {"org.opencontainers.image.version": "{java}"},
            data = ["//tests/programs:java_checks"],
            entrypoint = ["/usr/bin/java", "-jar"],
            env = {"JAVA_VERSION": "{java}"},
            licenses = ["GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-or-later", "LGPL-2.1-or-later", "MPL-2.0"],
            links = {"/usr/bin/" + program: "%s/bin/%s" % (jre, program) for program in _JRE_PROGRAMS},
            non_debug_tests = ["//private/testdata:no_shell.yaml", "//java:testdata/plain.yaml"],
            nonroot_tests = ["//java:testdata/arbitrary_user.yaml"],
            tests = ["//java:testdata/java.yaml.in", "//java:testdata/checks.yaml"],
            **spec
        ),
        locks = locks,
        repository = repository,
    )

def openjdk(name, version, distributions):
    """Declares images with Debian's OpenJDK: the JRE, and in debug images the JDK.

    Args:
      name: string, name of the image, and of its package set; `<name>-debug` is that of the debug image.
      version: string, Java's version, such as `21`.
      distributions: list of the distributions that have it.
    """
    home = "/usr/lib/jvm/java-%s-openjdk-{debian_architecture}" % version
    _java(
        name,
        vendor = "Debian's OpenJDK",
        version = version,
        architectures = {distribution: _ARCHITECTURES[distribution] for distribution in distributions},
        debug_spec = {
            "packages": name + "-debug",
            "waivers": ["//private/waivers:openjdk_debug.json"],
        },
        jdk = home,
        jre = home,
        repository = name,
        spec = {
            "packages": name,
            "version_substitutions": {"java": "openjdk-%s-jre-headless" % version},
            "waivers": ["//private/waivers:java.json", "//private/waivers:openjdk.json"],
        },
    )

def temurin(name, version, distributions):
    """Declares images with Eclipse Temurin. Only Adoptium's site has its packages.

    Args:
      name: string, name of the image.
      version: string, Java's version, such as `21`.
      distributions: list of distributions.
    """
    temurin_images(
        name,
        distributions = distributions,
        jdk = ["@temurin//:java%s-debug.{architecture}" % version],
        jre = ["@temurin//:java%s.{architecture}" % version],
        locks = ["temurin"],
        repository = name.replace("_", "-"),
        version = version,
        versions = VERSIONS["temurin-%s-jre" % version],
    )

def temurin_images(name, *, version, distributions, jre, versions, jdk = None, locks = [], repository = None, waivers = []):
    """Declares images of packages of Temurin, wherever they come from.

    Args:
      name: string, name of the image.
      version: string, Java's version, such as `21`.
      distributions: list of distributions.
      jre: list of labels of the JRE's parts.
      versions: dict from OCI architectures, for which images are declared, to the version of the JRE package.
      jdk: list of labels of parts that debug images add. Without them debug images add only busybox.
      locks: list of strings, as for `distroless_image`.
      repository: string, as for `distroless_image`.
      waivers: list of labels of waivers, in addition to those that all images of Temurin need.
    """
    home = "/usr/lib/jvm/temurin-%s-%s-{debian_architecture}"
    _java(
        name,
        vendor = "Eclipse Temurin",
        version = version,
        architectures = {
            distribution: [architecture for architecture in _ARCHITECTURES[distribution] if architecture in versions]
            for distribution in distributions
        },
        debug_spec = {"parts": jdk} if jdk else None,
        # They cannot be built on a machine that does not reach Adoptium's site.
        golden_listings = False,
        jdk = home % (version, "jdk"),
        jre = home % (version, "jre"),
        spec = {
            "parts": jre,
            "substitutions": {
                architecture: {"java": java_version(package_version)}
                for architecture, package_version in versions.items()
            },
            "waivers": ["//private/waivers:java.json", "//private/waivers:temurin.json"] + waivers,
        },
        locks = locks,
        repository = repository,
    )

def java_version(version):
    """Java's own version for the version of a package of Temurin: `21.0.12.1` for `21.0.12.1.0+1-0`.

    Args:
      version: string, the version of the package, which has five numbers.

    Returns:
      A string.
    """
    version = version.split("+")[0]
    for _ in range(version.count(".")):
        version = version.removesuffix(".0")
    return version
