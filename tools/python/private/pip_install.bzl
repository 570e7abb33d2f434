"""pip, as repository rules run it: wheels alone, each by its hash, none of their code."""

load(":find_interpreter.bzl", "HINT", "find_interpreter")

def pip_install(rctx, subject, requirements, flags = []):
    """Installs what a requirements.txt names into `site-packages`; fails in one line.

    Args:
      rctx: the repository rule's context.
      subject: what is installed, for the message.
      requirements: path of the requirements.txt, with a hash for each wheel.
      flags: further flags of pip.
    """
    result = rctx.execute([
        find_interpreter(rctx).path,
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
        "--root-user-action=ignore",
    ] + flags + [
        "--target=site-packages",
        "--requirement=%s" % requirements,
    ])
    if result.return_code != 0:
        fail("%s: pip could not install it: %s (hint: %s; pip takes its index, proxy and CA from its own settings)" % (
            subject,
            result.stderr.strip(),
            HINT,
        ))
