"""The rule `release_plan`: repositories and tags of a release, with digests."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":release_entry_info.bzl", "ReleaseEntriesInfo")
load(":release_settings.bzl", "DEFAULT_DISTRIBUTION")

visibility(["//", "//private/...", "//tests/..."])

ReleasePlanInfo = provider(
    doc = "A release: what, and where to.",
    fields = {
        "entries": "List of ReleaseEntryInfo.",
        "plan": "File: the plan as JSON, see docs/formats.md.",
    },
)

def _release_plan_impl(ctx):
    entries = [entry for target in ctx.attr.entries for entry in target[ReleaseEntriesInfo].entries]
    plan = ctx.actions.declare_file(ctx.label.name + ".json")
    table = ctx.actions.declare_file(ctx.label.name + ".txt")
    args = ctx.actions.args()
    args.add("--plan-out", plan)
    args.add("--table-out", table)
    args.add("--default-distribution", DEFAULT_DISTRIBUTION)
    for entry in entries:
        variant = [name for name, is_set in [("debug", entry.debug), ("nonroot", entry.nonroot)] if is_set]
        args.add_all("--entry", [
            entry.repository,
            entry.distribution,
            "-".join(variant) or "latest",
            entry.label,
            entry.index.index,
        ])
    args.add("--lifecycle", ctx.file._lifecycle)
    run_python_tool(
        ctx,
        ctx.attr._release_plan,
        arguments = args,
        inputs = [entry.index.index for entry in entries] + [ctx.file._lifecycle],
        outputs = [plan, table],
        mnemonic = "ReleasePlan",
        progress_message = "Planning the release %{label}",
    )
    return [
        DefaultInfo(files = depset([plan, table])),
        ReleasePlanInfo(entries = entries, plan = plan),
    ]

release_plan = rule(
    doc = """The plan of a release: `<name>.json`, and `<name>.txt`, a table.

It has the digests of all images, so they are all built.""",
    implementation = _release_plan_impl,
    attrs = {
        "entries": attr.label_list(
            mandatory = True,
            providers = [ReleaseEntriesInfo],
            doc = "What is released: targets of `release_entries` and `release_entry`.",
        ),
        "_lifecycle": attr.label(
            default = "//private:lifecycle.json",
            allow_single_file = True,
            doc = "How long images are supported. All images of a plan must be in it.",
        ),
        "_release_plan": python_tool_attr("//tools/release_plan"),
    },
    provides = [ReleasePlanInfo],
)
