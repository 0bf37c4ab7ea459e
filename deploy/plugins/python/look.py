"""One look at a time: who asks while one is under way gets the same, so that a look that hangs costs one thread."""

import threading


class _Look:
    def __init__(self, read):
        self.done = threading.Event()
        self.found = None
        self.error = None
        self._read = read

    def run(self):
        try:
            self.found = self._read()
        except (OSError, ValueError) as error:
            self.error = str(error)


class Looker:
    def __init__(self, read):
        self._read = read
        self._lock = threading.Lock()
        self._running = None

    def look(self):
        """The look under way, or a new one. Its `done` is set when it has ended; then it has `found`, or `error` in words."""
        with self._lock:
            if self._running is None:
                self._running = _Look(self._read)
                # A daemon: one that hangs holds up no end of the process.
                threading.Thread(target=self._run, args=(self._running,), daemon=True).start()
            return self._running

    def _run(self, look):
        look.run()
        with self._lock:
            self._running = None
        look.done.set()
