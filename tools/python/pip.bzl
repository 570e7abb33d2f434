"""pip, for other repository rules."""

load("//tools/python/private:pip_install.bzl", _pip_install = "pip_install")

visibility("//tests/...")

pip_install = _pip_install
