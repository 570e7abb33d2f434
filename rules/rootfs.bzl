"""What an image needs besides its packages: users, groups, directories, files, certificates.

    load("@distroless//rules:rootfs.bzl", "files", "group", "home", "passwd", "tmp")
"""

load("//rules/private:accounts.bzl", _group = "group", _passwd = "passwd")
load("//rules/private:alternatives.bzl", _alternatives = "alternatives")
load("//rules/private:busybox.bzl", _busybox = "busybox")
load("//rules/private:ca_bundle.bzl", _ca_bundle = "ca_bundle")
load("//rules/private:directories.bzl", _home = "home", _tmp = "tmp")
load("//rules/private:dpkg_status.bzl", _dpkg_status = "dpkg_status")
load("//rules/private:etc_files.bzl", _nsswitch = "nsswitch", _os_release = "os_release")
load("//rules/private:files.bzl", _files = "files", _symlinks = "symlinks")
load("//rules/private:flatten.bzl", _flatten = "flatten")
load("//rules/private:java_keystore.bzl", _java_keystore = "java_keystore")
load("//rules/private:ld_so_cache.bzl", _ld_so_cache = "ld_so_cache")
load("//rules/private:locale.bzl", _locale = "locale")
load("//rules/private:trust_store.bzl", _trust_store = "trust_store")
load("//rules/private:user.bzl", _user = "user")

alternatives = _alternatives
busybox = _busybox
ca_bundle = _ca_bundle
dpkg_status = _dpkg_status
files = _files
flatten = _flatten
group = _group
home = _home
java_keystore = _java_keystore
ld_so_cache = _ld_so_cache
locale = _locale
nsswitch = _nsswitch
os_release = _os_release
passwd = _passwd
symlinks = _symlinks
tmp = _tmp
trust_store = _trust_store
user = _user
