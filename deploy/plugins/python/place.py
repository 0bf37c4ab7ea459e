"""The place of a socket."""

import os
import socket
import stat
import sys


def take_place(path):
    """Makes the folder, and removes a socket that nobody serves any more; ends where somebody does."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except OSError as error:
        sys.exit(f"cannot listen on {path}: {error}")
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except OSError:
            os.remove(path)
        else:
            sys.exit(f"cannot listen on {path}: another process does")
