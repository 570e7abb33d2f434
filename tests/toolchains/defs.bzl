"""Rules that compile test programs with the compilers of the machine.

A workspace that reaches Bazel's registry has rules_go, rules_rust, rules_cc and rules_java instead.
"""

load("//tests/toolchains/private:cc_binary.bzl", _cc_binary = "cc_binary")
load("//tests/toolchains/private:go_binary.bzl", _go_binary = "go_binary")
load("//tests/toolchains/private:java_binary.bzl", _java_binary = "java_binary")
load("//tests/toolchains/private:java_jar.bzl", _java_jar = "java_jar")
load("//tests/toolchains/private:layer_file.bzl", _layer_file = "layer_file")
load("//tests/toolchains/private:rust_binary.bzl", _rust_binary = "rust_binary")

visibility("//tests/...")

cc_binary = _cc_binary
go_binary = _go_binary
java_binary = _java_binary
java_jar = _java_jar
layer_file = _layer_file
rust_binary = _rust_binary
