"""What an image needs besides its packages: users, groups, directories, files, certificates.

    load("@distroless//rules:rootfs.bzl", "files", "group", "home", "passwd", "tmp")
"""

load("//rules/private:accounts.bzl", _group = "group", _passwd = "passwd")
load("//rules/private:busybox.bzl", _busybox = "busybox")
load("//rules/private:ca_bundle.bzl", _ca_bundle = "ca_bundle")
load("//rules/private:directories.bzl", _home = "home", _tmp = "tmp")
load("//rules/private:etc_files.bzl", _nsswitch = "nsswitch", _os_release = "os_release")
load("//rules/private:files.bzl", _files = "files", _symlinks = "symlinks")
load("//rules/private:java_keystore.bzl", _java_keystore = "java_keystore")
load("//rules/private:ld_so_cache.bzl", _ld_so_cache = "ld_so_cache")

busybox = _busybox
ca_bundle = _ca_bundle
files = _files
group = _group
home = _home
java_keystore = _java_keystore
ld_so_cache = _ld_so_cache
nsswitch = _nsswitch
os_release = _os_release
passwd = _passwd
symlinks = _symlinks
tmp = _tmp
