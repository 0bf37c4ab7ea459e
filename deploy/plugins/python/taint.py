"""Of what the kernel says that happened to it since it started: /proc/sys/kernel/tainted, a sum of bits."""

import os

# Letter of each bit, in order, and what it says; https://docs.kernel.org/admin-guide/tainted-kernels.html
FLAGS = {
    "P": "a module that is not free",
    "F": "a module loaded by force",
    "S": "a processor out of specification",
    "R": "a module unloaded by force",
    "M": "a machine check",
    "B": "a bad page",
    "U": "somebody asked for this flag",
    "D": "an oops or a bug",
    "A": "an ACPI table of somebody's",
    "W": "a warning",
    "C": "a driver of the staging tree",
    "I": "a fault of the firmware worked around",
    "O": "a module from outside of the tree",
    "E": "an unsigned module",
    "L": "a soft lockup",
    "K": "a live patch",
    "X": "a flag of the distribution",
    "T": "structures laid out at random",
    "N": "a test",
}
UNKNOWN, PROBLEM, WELL = 3, 1, 2


def flags_of(text):
    """The letters among a text's, in the kernel's order. ValueError for one that is no flag, and for none."""
    strange = sorted(set(text) - set(FLAGS))
    if strange or not text:
        raise ValueError(f"{text!r}: expected letters of {''.join(FLAGS)}")
    return [letter for letter in FLAGS if letter in text]


def read_taint(root):
    """Letters that are set. OSError or ValueError where nobody can tell."""
    path = os.path.join(root, "proc/sys/kernel/tainted")
    with open(path, encoding="ascii", errors="replace") as file:
        text = file.read(40).strip()
    # An unsigned long has 20 digits at most.
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError(f"{path}: {text!r} is no number of the kernel's")
    return [letter for bit, letter in enumerate(FLAGS) if int(text) >> bit & 1]


def unknown(message):
    return UNKNOWN, "KernelTaintNotSeen", message


def judge(found, faults):
    """Pure: (status, reason, message) of the letters that are set, where those in `faults` are a problem."""
    bad = [f"{FLAGS[letter]} ({letter})" for letter in found if letter in faults]
    if bad:
        return PROBLEM, "KernelWentOnAfterFault", f"since it started the kernel had {', '.join(bad)}; reboot the node"
    return WELL, "KernelHadNoFault", f"the kernel has none of the flags {''.join(faults)}"
