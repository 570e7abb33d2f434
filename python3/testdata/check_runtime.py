"""What programs rely on besides imports: databases, libraries by name, time zones, texts."""

from __future__ import annotations

import bz2
import concurrent.futures
import ctypes
import ctypes.util
import curses
import datetime
import decimal
import getpass
import hashlib
import locale
import lzma
import multiprocessing
import os
import platform
import pwd
import random
import readline
import socket
import sqlite3
import sys
import tempfile
import time
import uuid
import zlib
import zoneinfo
from collections.abc import Callable, Iterator

_NAME = "grüße-日本-🎉.txt"
_CHECKS: list[Callable[[], bool]] = []


def check(function: Callable[[], bool]) -> Callable[[], bool]:
    """A check: its docstring says what is true if it returns True."""
    _CHECKS.append(function)
    return function


@check
def sqlite() -> bool:
    """sqlite3 keeps a database in a file, and searches texts and JSON"""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "x.db")
        with sqlite3.connect(path) as database:
            database.execute("create virtual table notes using fts5(body)")
            database.execute("insert into notes values ('grüße aus dem abbild')")
        with sqlite3.connect(path) as database:
            found = database.execute("select body from notes where notes match 'abbild'").fetchall()
            (value,) = database.execute(
                """select json_extract('{"a": [1, 2]}', '$.a[1]')"""
            ).fetchone()
    return found == [("grüße aus dem abbild",)] and value == 2


@check
def libraries() -> bool:
    """ctypes.util.find_library finds libraries of all layers, and they load"""
    return all(_loads(name) for name in ("c", "m", "ssl", "crypto", "z", "stdc++", "sqlite3"))


def _loads(name: str) -> bool:
    found = ctypes.util.find_library(name)
    return found is not None and found.startswith(f"lib{name}.so.") and bool(ctypes.CDLL(found))


@check
def unknown_library() -> bool:
    """ctypes.util.find_library finds none that is not there"""
    return ctypes.util.find_library("of-no-image") is None


@check
def calls() -> bool:
    """ctypes calls C, and C calls back"""
    compare = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
    )
    numbers = (ctypes.c_int * 4)(3, 1, 4, 2)
    libc = ctypes.CDLL("libc.so.6")
    libc.qsort(
        numbers, len(numbers), ctypes.sizeof(ctypes.c_int), compare(lambda a, b: a[0] - b[0])
    )
    return list(numbers) == [1, 2, 3, 4]


@check
def zones() -> bool:
    """zoneinfo has the zones of the image, old names too"""
    noon = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)
    berlin = noon.astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
    return (
        berlin.strftime("%H:%M %Z") == "14:00 CEST"
        and len(zoneinfo.available_timezones()) > 400
        and zoneinfo.ZoneInfo("US/Pacific").utcoffset(noon) == datetime.timedelta(hours=-7)
    )


@check
def local_time() -> bool:
    """TZ sets the local time"""
    os.environ["TZ"] = "Asia/Kolkata"
    time.tzset()
    return time.strftime("%H:%M", time.localtime(0)) == "05:30"


@check
def file_names() -> bool:
    """names and contents of files are UTF-8"""
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, _NAME), "w") as out:
            out.write("ß€🎉")
        names = os.listdir(directory)
        names_as_bytes = os.listdir(os.fsencode(directory))
        with open(os.path.join(directory, _NAME), "rb") as source:
            content = source.read()
    return names == [_NAME] and names_as_bytes == [_NAME.encode()] and content == "ß€🎉".encode()


@check
def encodings() -> bool:
    """the locale is UTF-8, and so is output"""
    locale.setlocale(locale.LC_ALL, "")
    return (
        sys.stdout.encoding.lower() == sys.getfilesystemencoding().lower() == "utf-8"
        and locale.getlocale()[1] == "UTF-8"
        and locale.strxfrm("ä") != ""
    )


@check
def compressions() -> bool:
    """zlib, bz2 and lzma compress"""
    data = bytes(range(256)) * 400
    return all(
        module.decompress(module.compress(data)) == data
        and len(module.compress(data)) < len(data) / 10
        for module in (zlib, bz2, lzma)
    )


@check
def hashes() -> bool:
    """hashlib has OpenSSL's hashes besides its own"""
    return {"sha256", "sha3_256", "blake2b", "sha512_256"} <= hashlib.algorithms_available and (
        hashlib.new("sha512_256", b"").hexdigest()[:8] == "c672b8d1"
    )


@check
def users() -> bool:
    """the user has a name and a home"""
    user = pwd.getpwuid(os.getuid())
    return (
        user.pw_name in ("root", "nonroot")
        and getpass.getuser() == user.pw_name
        and os.path.isdir(user.pw_dir)
    )


@check
def threads() -> bool:
    """threads and locks work"""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        squares: list[int] = list(pool.map(lambda number: number * number, range(100)))
    return sum(squares) == 328350


@check
def processes() -> bool:
    """multiprocessing forks, and shares a queue"""
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=queue.put, args=(os.getpid(),))
    child.start()
    value = queue.get(timeout=60)
    child.join(60)
    return value == os.getpid() and child.exitcode == 0


@check
def names_of_hosts() -> bool:
    """localhost and the services of /etc/services are known"""
    addresses = {
        each[4][0] for each in socket.getaddrinfo("localhost", "https", type=socket.SOCK_STREAM)
    }
    return "127.0.0.1" in addresses and socket.getservbyname("https") == 443


@check
def small_things() -> bool:
    """uuid, decimal, random, readline and curses have their libraries"""
    return (
        uuid.uuid4() != uuid.uuid4()
        and str(decimal.Decimal(2).sqrt())[:6] == "1.4142"
        and 0 <= random.SystemRandom().random() < 1
        and callable(readline.parse_and_bind)
        and curses.version is not None
    )


def _results() -> Iterator[tuple[str, bool]]:
    for function in _CHECKS:
        try:
            passed = function()
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
            passed = False
        yield function.__doc__ or "", passed


def main() -> int:
    print(f"Python {platform.python_version()} on {platform.machine()}, {_NAME}")
    failed = 0
    for name, passed in _results():
        print("ok  " if passed else "FAIL", name)
        failed += not passed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
