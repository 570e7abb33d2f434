"""Imports every module of the standard library that the image is meant to carry.

What is missing is listed here with its reason; what is listed and can be imported is an error too,
for the list would hide what comes later.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import pkgutil
import sys
import sysconfig
import warnings

_WINDOWS = "for Windows"
_APPLE = "for macOS and iOS"
_TK = "Tk, in Debian's python3-tk: containers have no display"
_GDBM = "in Debian's python3-gdbm"
_TESTS = "of Python's own tests, in Debian's libpython3-testsuite"

# Of sys.stdlib_module_names, which has a platform's modules on all platforms.
_MISSING = {
    "_gdbm": _GDBM,
    "_overlapped": _WINDOWS,
    "_scproxy": _APPLE,
    "_tkinter": _TK,
    "_winapi": _WINDOWS,
    "idlelib": "an editor, in Debian's idle",
    "msvcrt": _WINDOWS,
    "nt": _WINDOWS,
    "tkinter": _TK,
    "turtle": _TK,
    "turtledemo": _TK,
    "winreg": _WINDOWS,
    "winsound": _WINDOWS,
}
_MISSING_OF = {
    (3, 11): {
        "_msi": _WINDOWS,
        "ensurepip": "pip's installer, in Debian's python3-venv",
        "lib2to3": "deprecated, in Debian's python3-lib2to3",
        "msilib": _WINDOWS,
    },
    (3, 13): {
        "_ios_support": _APPLE,
        "_wmi": _WINDOWS,
    },
}
# Modules that are there and do not work.
_FAILING = {
    "asyncio.windows_events": _WINDOWS,
    "asyncio.windows_utils": _WINDOWS,
    "dbm.gnu": _GDBM,
    "distutils._msvccompiler": _WINDOWS,
    "distutils.msvc9compiler": _WINDOWS,
    "encodings.mbcs": _WINDOWS,
    "encodings.oem": _WINDOWS,
    "_pyrepl.windows_console": _WINDOWS,
    "multiprocessing.popen_spawn_win32": _WINDOWS,
    "test.libregrtest.win_utils": _WINDOWS,
    "test.support.i18n_helper": _TESTS,
}
_FAILING_OF = {
    (3, 13): {"_distutils_system_mod": "for a distutils that setuptools brings"},
}
# Importing them does something else: a browser is opened, a poem is printed.
_NOT_IMPORTED = {"antigravity", "this"}


def _failure(name: str) -> str:
    """Why a module cannot be imported; empty if it can."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(name)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
    return ""


def _present() -> set[str]:
    """All modules that the image has files of, those of packages included."""
    paths = sysconfig.get_paths()
    directories = {paths["stdlib"], paths["platstdlib"], f"{paths['platstdlib']}/lib-dynload"}
    found = pkgutil.walk_packages(sorted(directories), onerror=lambda name: None)
    # A __main__ would start what it is the main module of.
    return {each.name for each in found if not each.name.endswith("__main__")}


def main() -> int:
    version = sys.version_info[:2]
    listed = {
        **_MISSING,
        **_FAILING,
        **_MISSING_OF.get(version, {}),
        **_FAILING_OF.get(version, {}),
    }
    names = (sys.stdlib_module_names | _present()) - _NOT_IMPORTED
    faults = []
    for name in sorted(names):
        why = _failure(name)
        if why and name not in listed:
            faults.append(f"{name} cannot be imported: {why}")
        elif not why and name in listed:
            faults.append(f"{name} can be imported, and is listed as missing")
    for fault in faults:
        print(fault)
    print(f"{len(names)} modules, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
