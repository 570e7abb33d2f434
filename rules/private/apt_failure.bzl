"""The rule `apt_failure`: a package or set that cannot be used yet."""

# Macros of generated repositories load it.
visibility("//rules/...")

def _apt_failure_impl(ctx):
    fail(ctx.attr.message)

apt_failure = rule(
    doc = "A target whose analysis fails: the lock is missing or stale, or modules disagree.",
    implementation = _apt_failure_impl,
    attrs = {"message": attr.string(mandatory = True, doc = "The error.")},
)
