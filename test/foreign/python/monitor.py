"""A monitor of somebody else's in Python: grpcio, and nothing but npd.external.v1.ExternalMonitor.

What it answers is what a state file says: healthy, problem, unknown or hang. Its messages are made from the protocol's
descriptors at start, which is what generated code does too.
"""

import argparse
import os
import signal
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2, message_factory, timestamp_pb2

STATUS = {"problem": 1, "healthy": 2, "unknown": 3}
SERVICE = "npd.external.v1.ExternalMonitor"


def load_messages(path):
    """The protocol's message classes by name."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as descriptors:
        files.ParseFromString(descriptors.read())
    pool = descriptor_pool.Default()
    for file in files.file:
        if file.name.startswith("npd/external/v1/"):
            pool.AddSerializedFile(file.SerializeToString())
    factory = message_factory.MessageFactory(pool)

    def message(name):
        return factory.GetPrototype(pool.FindMessageTypeByName("npd.external.v1." + name))

    return {name: message(name) for name in ("HealthCheckRequest", "Status", "MonitorMetadata")}


class Monitor:
    def __init__(self, messages, state_file, stop):
        self.messages = messages
        self.state_file = state_file
        self.stop_event = stop

    def state(self):
        try:
            with open(self.state_file, encoding="utf-8") as file:
                return file.read().strip() or "healthy"
        except OSError:
            return "healthy"

    def check_health(self, _request, context):
        state = self.state()
        while state == "hang" and context.is_active():
            time.sleep(0.1)
        now = timestamp_pb2.Timestamp()
        now.GetCurrentTime()
        status = self.messages["Status"](source="foreign-python")
        condition = status.conditions.add(type="ForeignPythonHealthy", status=STATUS.get(state, 3), transition=now)
        condition.reason = {"healthy": "ForeignFine", "problem": "ForeignSick"}.get(state, "ForeignNotSeen")
        word = {"healthy": "is fine", "problem": "is sick"}.get(state, "cannot be seen")
        condition.message = f"the foreign part {word}"
        return status

    def get_metadata(self, _request, _context):
        return self.messages["MonitorMetadata"](
            name="foreign-python",
            version="3.0.1",
            description="a monitor written in Python",
            supported_conditions=["ForeignPythonHealthy"],
            api_version="v1",
        )

    def stop(self, _request, _context):
        self.stop_event.set()
        return empty_pb2.Empty()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--state-file", default="")
    parser.add_argument("--descriptors", required=True)
    arguments = parser.parse_args()
    messages = load_messages(arguments.descriptors)
    stop = threading.Event()
    monitor = Monitor(messages, arguments.state_file, stop)
    handlers = {
        "CheckHealth": (monitor.check_health, messages["HealthCheckRequest"], messages["Status"]),
        "GetMetadata": (monitor.get_metadata, empty_pb2.Empty, messages["MonitorMetadata"]),
        "Stop": (monitor.stop, empty_pb2.Empty, empty_pb2.Empty),
    }
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                SERVICE,
                {
                    name: grpc.unary_unary_rpc_method_handler(
                        call, request_deserializer=request.FromString, response_serializer=response.SerializeToString
                    )
                    for name, (call, request, response) in handlers.items()
                },
            ),
        )
    )
    if os.path.exists(arguments.socket):
        os.remove(arguments.socket)
    server.add_insecure_port("unix:" + arguments.socket)
    server.start()
    os.chmod(arguments.socket, 0o660)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    main()
