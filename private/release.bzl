"""The rule `release`: a program that publishes what a plan names."""

load("//rules/private:cas.bzl", "CAS_ATTRS", "cas_arguments", "in_cas")
load("//tools/python:tool.bzl", "python_tool_attr", "write_python_program")
load(":release_plan.bzl", "ReleasePlanInfo")
load(":release_settings.bzl", "SOURCE")

visibility(["//", "//private/...", "//tests/..."])

def _release_impl(ctx):
    info = ctx.attr.plan[ReleasePlanInfo]
    arguments = ["--plan", info.plan, "--source", SOURCE, "--lifecycle", ctx.file._lifecycle]
    cas = cas_arguments(ctx)
    arguments += cas
    layers = {}
    reports = []
    for entry in info.entries:
        arguments += ["--index", entry.index.index]
        for predicate in entry.predicates:
            arguments += ["--predicate", entry.index.index, predicate.type, predicate.file]
        for each in entry.images:
            arguments += ["--image", each.image.manifest, each.image.config]
            for predicate in each.predicates:
                arguments += ["--predicate", each.image.manifest, predicate.type, predicate.file]
            for layer in each.image.layers:
                layers[layer.blob] = layer.metadata
            reports.append(each.image.reports)
    for blob, metadata in layers.items():
        if not (cas and in_cas(blob)):
            arguments += ["--layer", metadata, blob]
    return [
        write_python_program(ctx, ctx.attr._release, arguments = arguments),
        OutputGroupInfo(_validation = depset(transitive = reports)),
    ]

release = rule(
    doc = "Publishes a release: `bazel run` of it takes the flags that docs/releases.md describes.",
    implementation = _release_impl,
    attrs = CAS_ATTRS | {
        "plan": attr.label(mandatory = True, providers = [ReleasePlanInfo], doc = "The plan."),
        "_lifecycle": attr.label(
            allow_single_file = True,
            default = "//private:lifecycle.json",
            doc = "How long images are supported.",
        ),
        "_release": python_tool_attr("//tools/release"),
    },
    executable = True,
)
