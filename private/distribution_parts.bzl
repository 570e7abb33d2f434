"""What is made once of each release's packages, for the images that hold it."""

load("//rules:deb.bzl", "deb_layer")
load("//rules:distroless.bzl", "ca_bundle", "java_keystore", "os_release")
load(":architecture_settings.bzl", "only_if_built")
load(":distributions.bzl", "ARCHITECTURES", "DISTRIBUTIONS")

# buildifier: disable=unnamed-macro
def distribution_parts():
    """Declares `os_release_<distribution>` and the like, and `locale_<architecture>_<distribution>` and its like."""
    for name, distribution in DISTRIBUTIONS.items():
        os_release(
            name = "os_release_" + name,
            content = distribution.os_release,
        )

        # Of architecture `all`: made once, for every architecture.
        certificates = "@%s//:ca-certificates_amd64.deb" % name
        ca_bundle(
            name = "ca_bundle_" + name,
            package = certificates,
        )
        java_keystore(
            name = "java_keystore_" + name,
            package = certificates,
            paths = [
                "/etc/ssl/certs/java/cacerts",
                # Temurin's packages look there.
                "/etc/ssl/certs/adoptium/cacerts",
            ],
        )
        for architecture in distribution.architectures:
            # Of libc-bin nothing else: its programs are for those who install packages.
            libc_bin = "@%s//:libc-bin_%s.deb" % (name, ARCHITECTURES[architecture].debian)
            deb_layer(
                name = "locale_%s_%s" % (architecture, name),
                deb = libc_bin,
                target_compatible_with = only_if_built(architecture, name),
                exclude = ["**"],
                include = ["usr/lib/locale/C.utf8"],
            )

            # For Python besides: ctypes.util.find_library asks `ldconfig -p` what the cache of libraries has.
            deb_layer(
                name = "locale_ldconfig_%s_%s" % (architecture, name),
                deb = libc_bin,
                target_compatible_with = only_if_built(architecture, name),
                exclude = ["**"],
                include = [
                    "etc/ld.so.conf",
                    "etc/ld.so.conf.d",
                    "sbin/ldconfig",
                    "usr/lib/locale/C.utf8",
                    "usr/sbin/ldconfig",
                ],
            )
