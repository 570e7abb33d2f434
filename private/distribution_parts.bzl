"""Parts that are made once per distribution, for all images that contain them."""

load("//rules:deb.bzl", "deb")
load("//rules:rootfs.bzl", "ca_bundle", "java_keystore", "os_release")
load(":architecture_settings.bzl", "compatible_if_enabled")
load(":distributions.bzl", "DISTRIBUTIONS")

visibility("private")

# buildifier: disable=unnamed-macro
def distribution_parts():
    """Declares `os_release_<distribution>` and the like, and `locale_<architecture>_<distribution>` and the like."""
    for name, distribution in DISTRIBUTIONS.items():
        os_release(
            name = "os_release_" + name,
            content = distribution.os_release,
        )

        # The package is for all architectures.
        ca_certificates = "@%s//:ca-certificates_amd64.deb" % name
        ca_bundle(
            name = "ca_bundle_" + name,
            deb = ca_certificates,
        )
        java_keystore(
            name = "java_keystore_" + name,
            deb = ca_certificates,
            paths = [
                "/etc/ssl/certs/java/cacerts",
                # Temurin's packages read this one.
                "/etc/ssl/certs/adoptium/cacerts",
            ],
        )
        for architecture in distribution.architectures:
            libc_bin = "@%s//:libc-bin_%s.deb" % (name, architecture)

            # Only the locale: the programs of libc-bin are for installing packages.
            deb(
                name = "locale_%s_%s" % (architecture, name),
                deb = libc_bin,
                target_compatible_with = compatible_if_enabled(architecture, [name]),
                exclude = ["**"],
                include = ["usr/lib/locale/C.utf8"],
            )

            # Python's ctypes.util.find_library runs `ldconfig -p` to read the cache of libraries.
            deb(
                name = "locale_ldconfig_%s_%s" % (architecture, name),
                deb = libc_bin,
                target_compatible_with = compatible_if_enabled(architecture, [name]),
                exclude = ["**"],
                include = [
                    "etc/ld.so.conf",
                    "etc/ld.so.conf.d",
                    "sbin/ldconfig",
                    "usr/lib/locale/C.utf8",
                    "usr/sbin/ldconfig",
                ],
            )
