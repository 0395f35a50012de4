#!/usr/bin/python3
"""without.py landlock|seccomp COMMAND...: runs the command as on a kernel that lacks this."""
import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LANDLOCK_CREATE_RULESET = 444                      # The same on every architecture.
PRCTL = {"x86_64": 157, "aarch64": 167}[os.uname().machine]
SECCOMP = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06        # BPF; struct seccomp_data: the number at 0, the first argument at 16
ALLOW, REFUSE = 0x7FFF0000, 0x00050000


def step(code, value, if_true=0, if_false=0):
    return struct.pack("=HBBI", code, if_true, if_false, value)


def refused(number, why):
    return [step(LOAD, 0), step(JUMP_EQUAL, number, 0, 1), step(RETURN, REFUSE | why)]


def refused_option(number, option, why):
    return [step(LOAD, 0), step(JUMP_EQUAL, number, 0, 3), step(LOAD, 16), step(JUMP_EQUAL, option, 0, 1),
            step(RETURN, REFUSE | why)]


FILTERS = {
    "landlock": refused(LANDLOCK_CREATE_RULESET, errno.ENOSYS),
    "seccomp": refused(SECCOMP, errno.ENOSYS) + refused_option(PRCTL, PR_SET_SECCOMP, errno.EINVAL),
}


def install(steps):
    program = b"".join([*steps, step(RETURN, ALLOW)])
    kept = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(kept))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, first, second in ((PR_SET_NO_NEW_PRIVS, 1, None), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header)):
        if libc.prctl(option, ctypes.c_ulong(first), second, 0, 0):
            sys.exit(f"without.py: {os.strerror(ctypes.get_errno())}")


install(FILTERS[sys.argv[1]])
os.execvp(sys.argv[2], sys.argv[2:])
