"""Takes an archive as `docker load --input FILE` does, and keeps it."""

import os
import shutil
import sys

with (
    open(sys.argv[3], "rb") as archive,
    open(os.environ["BUILD_WORKSPACE_DIRECTORY"] + "/loaded.tar", "wb") as out,
):
    shutil.copyfileobj(archive, out)
