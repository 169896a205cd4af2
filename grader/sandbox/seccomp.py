"""A system-call filter (seccomp), the last step of isolating a submission. Plain Python and ctypes.

It refuses what no notebook needs and what was used to attack kernels in the past: namespaces, mounts,
tracing, keys, BPF, io_uring, memory files that no limit counts, and socket families that are not
namespaced. It is no allow-list.
"""

import ctypes
import errno
import platform
import struct
from typing import Any

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD_WORD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET, FIRST_ARGUMENT_OFFSET = 0, 4, 16
NEW_NAMESPACE_FLAGS = 0x7E020080  # every CLONE_NEW* flag
ALLOWED_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; the last two end in an empty network namespace

# name: (x86_64, aarch64)
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "syslog": (103, 116),
    "quotactl": (179, 60),
    "personality": (135, 92),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
}
CLONE, CLONE3, SOCKET = (56, 220), (435, 435), (41, 198)
PROCESSORS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def _program(column, architecture):
    """The filter as BPF instructions (code, jump if true, jump if false, operand)."""
    refuse, unknown, family = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS, ERRNO | errno.EAFNOSUPPORT
    steps = [
        (LOAD_WORD, 0, 0, ARCHITECTURE_OFFSET),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD_WORD, 0, 0, NUMBER_OFFSET),
    ]
    if column == 0:  # the x32 calls of x86_64 have numbers of their own
        steps += [(JUMP_GREATER_EQUAL, 0, 1, 0x40000000), (RETURN, 0, 0, refuse)]
    for numbers in REFUSED.values():
        steps += [(JUMP_EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, refuse)]
    # clone3 keeps its flags in memory, where a filter cannot look; the C library falls back on clone
    steps += [(JUMP_EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, unknown)]
    steps += [
        (JUMP_EQUAL, 0, 4, CLONE[column]),
        (LOAD_WORD, 0, 0, FIRST_ARGUMENT_OFFSET),
        (JUMP_BITS, 0, 1, NEW_NAMESPACE_FLAGS),
        (RETURN, 0, 0, refuse),
        (RETURN, 0, 0, ALLOW),
    ]
    steps += [
        (JUMP_EQUAL, 1, 0, SOCKET[column]),
        (RETURN, 0, 0, ALLOW),
        (LOAD_WORD, 0, 0, FIRST_ARGUMENT_OFFSET),
    ]
    for number in ALLOWED_FAMILIES:
        steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    return [*steps, (RETURN, 0, 0, family)]


def install(libc: Any) -> None:
    """Set the filter for the calling process and all that it starts; needs no_new_privs.

    Raises
    ------
    OSError
        If the processor's numbers are not known here, or the kernel has no seccomp.
    """
    machine = platform.machine()
    if machine not in PROCESSORS:
        raise OSError(errno.ENOSYS, f"the numbers of the system calls of {machine} are not known here")
    steps = _program(*PROCESSORS[machine])
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(steps), ctypes.addressof(buffer))
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "the filter of system calls was refused")
