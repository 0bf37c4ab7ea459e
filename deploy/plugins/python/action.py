"""An action for Node Doctor: has the kernel compact its memory. Serves nodedoctor.v1.ActionRunner at a Unix socket."""

import argparse
import logging
import os
import re
import signal
import sys
import threading
import time
from concurrent import futures

import grpc
from attempts import Attempts, TooLate
from nodedoctor.v1 import action_pb2 as pb
from nodedoctor.v1 import action_pb2_grpc as pb_grpc
from nodedoctor.v1 import remediation_pb2 as words
from place import take_place

NAME = "memory"
ACTION = "compact-memory"
# As the remediator calls them: it is part of the name of a file.
ATTEMPT = re.compile(r"[0-9a-f]{8}-[0-9]{1,10}")
LINE_MAX = 1024
# Seconds: no act may take longer, and what runs when the end is asked for.
PATIENCE = 3600
# Seconds: so often it is looked whether the caller is there.
LISTEN = 0.2
DRAIN = 2


class Runner(pb_grpc.ActionRunnerServicer):
    def __init__(self, root, attempts):
        self._file = os.path.join(root, "proc/sys/vm/compact_memory")
        self._attempts = attempts

    def _refusal(self, act):
        """Why it is not done; believe nobody: do what you know by yourself, and nothing else."""
        name = act.target.rpartition("/")[2]
        if name != ACTION:
            return f"there is no action {name[:64]!r}; there is {ACTION}"
        return "" if os.path.exists(self._file) else f"this kernel has no {self._file}"

    def _work(self):
        """What is done. It is called once for each attempt, whoever asks how often."""
        try:
            with open(self._file, "w", encoding="ascii") as file:
                file.write("1\n")
        except OSError as error:
            return words.ATTEMPT_OUTCOME_FAILED, str(error)[:LINE_MAX]
        return words.ATTEMPT_OUTCOME_SUCCEEDED, "the kernel has compacted its memory"

    def Describe(self, request, context):
        description = pb.ActionDescription(strategy=ACTION, description="Has the kernel compact its memory")
        return pb.ActionRunnerDescribeResponse(name=NAME, version="1.0.0", actions=[description])

    def CanRun(self, request, context):
        return pb.CanRunResponse(refusal=self._refusal(request.act), act=request.act)

    def Run(self, request, context):
        name = request.attempt
        if not ATTEMPT.fullmatch(name):
            yield self._ended(name[:64], words.ATTEMPT_OUTCOME_DECLINED, "an attempt is called as 3f2a91c0-17")
            return
        attempt = self._attempts.find(name, is_told=request.join)
        if attempt is None and request.join:
            yield self._ended(name, words.ATTEMPT_OUTCOME_LOST, "nobody here knows of this attempt")
            return
        refusal = self._refusal(request.act) if attempt is None else ""
        if refusal:
            yield self._ended(name, words.ATTEMPT_OUTCOME_DECLINED, refusal)
            return
        try:
            begun, attempt = self._attempts.begin(name, self._work, request.begin_by_ms)
        except TooLate as late:
            yield self._ended(name, words.ATTEMPT_OUTCOME_DECLINED, str(late))
            return
        yield pb.RunResponse(begun=pb.Begun(joined=not begun))
        # It goes on when its caller leaves, who asks for it again; nobody waits for it here then: threads are few.
        until = time.monotonic() + (min(request.deadline_ms / 1000, PATIENCE) or PATIENCE)
        while context.is_active() and time.monotonic() < until and not attempt.done.wait(LISTEN):
            pass
        if attempt.done.is_set():
            yield self._ended(name, *attempt.end)

    def Cancel(self, request, context):
        # What takes a moment is not ended: say so, and it is heard how it ended.
        return pb.CancelResponse(ran=self._attempts.call_off(request.attempt))

    @staticmethod
    def _ended(name, outcome, message):
        return pb.RunResponse(ended=words.AttemptEnded(attempt=name, outcome=outcome, message=message))


def parse_arguments():
    env = os.environ.get
    parser = argparse.ArgumentParser(description=__doc__)
    place = f"/run/node-doctor/actions/{NAME}/{NAME}.sock"
    parser.add_argument("--socket", default=env("SOCKET") or place, help="Unix socket to serve (also $SOCKET)")
    parser.add_argument("--root", default=env("ROOT") or "/", help="folder below which proc lies (also $ROOT)")
    kept = "folder that keeps attempts; a reboot may empty it (also $STATE)"
    parser.add_argument("--state", default=env("STATE") or f"/run/{NAME}-action", help=kept)
    return parser.parse_args()


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    arguments = parse_arguments()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    pb_grpc.add_ActionRunnerServicer_to_server(Runner(arguments.root, Attempts(arguments.state)), server)
    take_place(arguments.socket)
    # Never of another mode, not even for a moment: whoever may connect has it done.
    before = os.umask(0o117)
    try:
        server.add_insecure_port(f"unix:{arguments.socket}")
    except RuntimeError as error:
        sys.exit(f"cannot listen on {arguments.socket}: {error}")
    os.umask(before)
    server.start()
    logging.info("listening on %s", arguments.socket)
    stop.wait()
    server.stop(DRAIN).wait()


if __name__ == "__main__":
    main()
