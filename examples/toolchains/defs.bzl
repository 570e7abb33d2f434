"""Rules for the examples' programs, by the compilers of the machine.

They stand where rules_go, rules_rust, rules_cc and rules_java stand in a workspace that reaches Bazel's registry.
"""

load("//examples/toolchains/private:cc_binary.bzl", _cc_binary = "cc_binary")
load("//examples/toolchains/private:go_binary.bzl", _go_binary = "go_binary")
load("//examples/toolchains/private:java_jar.bzl", _java_jar = "java_jar")
load("//examples/toolchains/private:layer_file.bzl", _layer_file = "layer_file")
load("//examples/toolchains/private:rust_binary.bzl", _rust_binary = "rust_binary")

cc_binary = _cc_binary
go_binary = _go_binary
java_jar = _java_jar
layer_file = _layer_file
rust_binary = _rust_binary
