"""A monitor for Node Doctor: did the kernel go on after a fault? Serves npd.external.v1.ExternalMonitor at a Unix socket."""

import argparse
import logging
import os
import signal
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import empty_pb2, timestamp_pb2
from look import Looker
from npd.external.v1 import external_monitor_pb2 as pb
from npd.external.v1 import external_monitor_pb2_grpc as pb_grpc
from place import take_place
from taint import flags_of, judge, read_taint, unknown

NAME = "kernel-taint"
CONDITION = "KernelTainted"
# Seconds that a look may take before the answer is that nobody knows, and calls under way once the end was asked for.
PATIENCE = 5
DRAIN = 2
# Choices of flags whose times are kept: a caller may ask by any.
CHOICES_MAX = 16


class Monitor(pb_grpc.ExternalMonitorServicer):
    def __init__(self, root, faults, stop):
        self._root = root
        self._looker = Looker(lambda: read_taint(root))
        self._faults = faults
        self._stop = stop
        self._lock = threading.Lock()
        self._said = {}

    def _faults_of(self, parameters):
        """The caller's choice where it is one: it holds for this answer alone."""
        if "flags" not in parameters:
            return self._faults
        try:
            return flags_of(parameters["flags"])
        except ValueError as error:
            logging.warning("flags: passed over: %s", error)
            return self._faults

    def _transition(self, faults, status):
        """Since when the status is what it is."""
        choice = "".join(faults)
        with self._lock:
            if self._said.get(choice, (None, None))[0] != status:
                if choice not in self._said and len(self._said) == CHOICES_MAX:
                    self._said.clear()
                now = timestamp_pb2.Timestamp()
                now.GetCurrentTime()
                self._said[choice] = (status, now)
            return self._said[choice][1]

    def CheckHealth(self, request, context):
        logging.info("CheckHealth called (sequence: %d)", request.sequence)
        faults = self._faults_of(request.parameters)
        look = self._looker.look()
        # Without a deadline there is no time remaining, and PATIENCE alone counts.
        if not look.done.wait(min(PATIENCE, context.time_remaining() or PATIENCE)):
            verdict = unknown(f"a look at {self._root} has not ended")
        elif look.error is not None:
            verdict = unknown(look.error)
        else:
            verdict = judge(look.found, faults)
        status, reason, message = verdict
        condition = pb.Condition(type=CONDITION, status=status, reason=reason, message=message)
        condition.transition.CopyFrom(self._transition(faults, status))
        return pb.Status(source=NAME, conditions=[condition])

    def GetMetadata(self, request, context):
        return pb.MonitorMetadata(
            name=NAME,
            version="1.0.0",
            description="Faults after which the kernel went on",
            supported_conditions=[CONDITION],
            capabilities={"flags": "true"},
            api_version="v1",
        )

    def Stop(self, request, context):
        self._stop.set()
        return empty_pb2.Empty()


def serve(path, monitor, stop):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    pb_grpc.add_ExternalMonitorServicer_to_server(monitor, server)
    take_place(path)
    # Never of another mode, not even for a moment.
    before = os.umask(0o117)
    try:
        server.add_insecure_port(f"unix:{path}")
    except RuntimeError as error:
        sys.exit(f"cannot listen on {path}: {error}")
    os.umask(before)
    server.start()
    logging.info("listening on %s", path)
    stop.wait()
    logging.info("ending")
    server.stop(DRAIN).wait()


def parse_arguments():
    env = os.environ.get
    parser = argparse.ArgumentParser(description=__doc__)
    place = f"/run/node-doctor/monitors/{NAME}/{NAME}.sock"
    parser.add_argument("--socket", default=env("SOCKET") or place, help="Unix socket to serve (also $SOCKET)")
    parser.add_argument("--root", default=env("ROOT") or "/", help="folder below which proc lies (also $ROOT)")
    flags = "letters of the kernel's flags that are a problem (also $FLAGS)"
    parser.add_argument("--flags", default=env("FLAGS") or "MBDL", help=flags)
    arguments = parser.parse_args()
    try:
        arguments.flags = flags_of(arguments.flags)
    except ValueError as error:
        parser.error(f"--flags: {error}")
    return arguments


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    arguments = parse_arguments()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serve(arguments.socket, Monitor(arguments.root, arguments.flags, stop), stop)


if __name__ == "__main__":
    main()
