"""Tests of the entries of `passwd` and `group` that are refused."""

load("//rules:rootfs.bzl", "group", "passwd")
load(":failure_test.bzl", "failure_test")

visibility("private")

# By the name of a target: the rule, its entries, and the error.
_FAILURES = {
    "group_twice": (group, [dict(name = "x", gid = 0), dict(name = "x", gid = 1)], "entries[1].name: duplicate entry 'x'"),
    "group_with_bad_user": (group, [dict(name = "x", gid = 0, users = ["a,b"])], 'entries[0].users[0]: invalid name "a,b"'),
    "group_with_text": (group, [dict(name = "x", gid = 0, users = "a")], 'entries[0].users: invalid list "a"'),
    "group_without_gid": (group, [dict(name = "x")], "entries[0].gid: invalid id None"),
    "user_minus": (passwd, [dict(username = "-x", uid = 0, gid = 0)], 'username: invalid name "-x"'),
    "user_number": (passwd, [dict(username = "0", uid = 0, gid = 0)], 'username: invalid name "0"'),
    "user_space": (passwd, [dict(username = "a b", uid = 0, gid = 0)], 'username: invalid name "a b"'),
    "user_too_large": (passwd, [dict(username = "x", uid = 4294967295, gid = 0)], "entries[0].uid: invalid id 4294967295"),
    "user_twice": (passwd, [dict(username = "x", uid = i, gid = i) for i in range(2)], "entries[1].username: duplicate entry 'x'"),
    "user_unknown": (passwd, [dict(username = "x", uid = 0, gid = 0, name = "x")], "unknown field 'name'"),
    "user_unnamed": (passwd, [dict(username = "", uid = 0, gid = 0)], 'username: invalid name ""'),
    "user_with_colon": (passwd, [dict(username = "x", uid = 0, gid = 0, home = "/:")], 'entries[0].home: invalid text "/:"'),
    "user_with_text": (passwd, [dict(username = "x", uid = "x", gid = 0)], 'entries[0].uid: invalid id "x"'),
}

def accounts_test_suite(name):
    """Declares the tests and the targets that they look at.

    Args:
      name: string, name of the suite.
    """
    for target, (rule, entries, message) in _FAILURES.items():
        rule(name = target, entries = entries, tags = ["manual"])
        failure_test(name = target + "_test", target_under_test = target, message = message)
    native.test_suite(name = name, tests = [target + "_test" for target in _FAILURES])
