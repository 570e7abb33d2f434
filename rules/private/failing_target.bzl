"""The rule `failing_target`: a name of an install that cannot be used."""

# Generated repositories load it.
visibility("public")

def _apt_failure_impl(ctx):
    fail(ctx.attr.message)

failing_target = rule(
    doc = "A target whose analysis fails: the lock is missing, stale or without the package, or modules disagree.",
    implementation = _apt_failure_impl,
    attrs = {"message": attr.string(mandatory = True, doc = "The error.")},
)
