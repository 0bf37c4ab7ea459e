"""Attempts: each is done once, whoever asks how often, and over kills of this process."""

import json
import os
import threading
import time

from nodedoctor.v1 import remediation_pb2 as words

# So many are kept; the remediator asks for none that it has the end of.
KEPT_MAX = 64
# So many names are known that are not to be begun. In memory: what waits in a socket ends with this process, too.
DISOWNED_MAX = 256
KILLED = "the process that began it was ended, and nobody knows how far it came"


class Attempt:
    def __init__(self, end=None):
        self.end = end
        self.done = threading.Event()
        if end is not None:
            self.done.set()


class TooLate(Exception):
    """It was given up, or called off, before it came: nothing is begun."""


class Attempts:
    def __init__(self, folder):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._running = {}
        self._disowned = {}

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _kept(self, name):
        """What a file says: begun before this process, or over; None: nobody knows of it."""
        try:
            with open(self._path(name), encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        return Attempt(tuple(json.loads(text)) if text else (words.ATTEMPT_OUTCOME_LOST, KILLED))

    def _disown(self, name):
        self._disowned[name] = True
        if len(self._disowned) > DISOWNED_MAX:
            del self._disowned[next(iter(self._disowned))]

    def find(self, name, is_told):
        """One that is known, or None. Where somebody is told that nobody knows of it, it is begun no more."""
        with self._lock:
            known = self._running.get(name) or self._kept(name)
            if known is None and is_told:
                self._disown(name)
            return known

    def call_off(self, name):
        """Whether it runs. One that does not is begun no more: its Run may wait in the socket still."""
        with self._lock:
            if name in self._running:
                return True
            self._disown(name)
            return False

    def begin(self, name, work, begin_by_ms):
        """Begins it, unless that was done before. Returns whether it did, and the attempt. Raises TooLate."""
        with self._lock:
            known = self._running.get(name) or self._kept(name)
            if known is not None:
                return False, known
            if name in self._disowned:
                raise TooLate("it was called off, or told to be lost, before it came")
            # Whoever was stopped reads what was given up meanwhile.
            if begin_by_ms and time.monotonic() * 1000 > begin_by_ms:
                raise TooLate("it came too late to be begun")
            # On the disk before anything is done: whoever is killed from here on does not do it again.
            os.close(os.open(self._path(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            attempt = self._running[name] = Attempt()
            self._prune()
        threading.Thread(target=self._carry, args=(name, attempt, work), daemon=True).start()
        return True, attempt

    def _carry(self, name, attempt, work):
        try:
            end = work()
        except Exception as error:  # whatever it was, the attempt has an end
            end = (words.ATTEMPT_OUTCOME_FAILED, str(error)[:1024])
        fresh = f"{self._path(name)}.new"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(end, file)
        os.replace(fresh, self._path(name))
        with self._lock:
            attempt.end = end
            attempt.done.set()
            self._running.pop(name, None)

    def _prune(self):
        names = [name for name in os.listdir(self._folder) if name not in self._running]
        aged = sorted(names, key=lambda name: os.stat(self._path(name)).st_mtime)
        for name in aged[:-KEPT_MAX]:
            os.remove(self._path(name))
