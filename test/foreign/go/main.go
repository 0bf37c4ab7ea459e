// A monitor of somebody else's: grpc-go, and nothing but npd.external.v1.ExternalMonitor. It behaves like the gpu-monitor
// of the protocol's own examples (a socket of mode 0660, a stale one removed, gone after Stop); what it answers is what a
// state file says: healthy, problem, unknown or hang.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "node-doctor.io/test/foreign/externalv1"
)

type monitor struct {
	pb.UnimplementedExternalMonitorServer
	stateFile string
	stop      func()
}

func (m *monitor) state() string {
	text, err := os.ReadFile(m.stateFile)
	if err != nil {
		return "healthy"
	}
	return strings.TrimSpace(string(text))
}

func (m *monitor) CheckHealth(ctx context.Context, request *pb.HealthCheckRequest) (*pb.Status, error) {
	now := timestamppb.New(time.Now())
	condition := &pb.Condition{Type: "ForeignGoHealthy", Transition: now}
	status := &pb.Status{Source: "foreign-go", Conditions: []*pb.Condition{condition}}
	switch m.state() {
	case "hang":
		<-ctx.Done()
		return nil, ctx.Err()
	case "problem":
		condition.Status = pb.ConditionStatus_CONDITION_STATUS_TRUE
		condition.Reason, condition.Message = "ForeignSick", "the foreign part is sick"
		status.Events = []*pb.Event{{Severity: pb.Severity_SEVERITY_WARN, Timestamp: now, Reason: "ForeignSick", Message: "the foreign part is sick"}}
	case "unknown":
		condition.Status = pb.ConditionStatus_CONDITION_STATUS_UNKNOWN
		condition.Reason, condition.Message = "ForeignNotSeen", "the foreign part cannot be seen"
	default:
		condition.Status = pb.ConditionStatus_CONDITION_STATUS_FALSE
		condition.Reason, condition.Message = "ForeignFine", "the foreign part is fine"
	}
	return status, nil
}

func (m *monitor) GetMetadata(context.Context, *emptypb.Empty) (*pb.MonitorMetadata, error) {
	return &pb.MonitorMetadata{
		Name: "foreign-go", Version: "2.1.0", Description: "a monitor written in Go",
		SupportedConditions: []string{"ForeignGoHealthy"}, ApiVersion: "v1",
	}, nil
}

func (m *monitor) Stop(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	go m.stop()
	return &emptypb.Empty{}, nil
}

// fromEnv is an environment variable, or what stands in for one that is not set.
func fromEnv(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func main() {
	socket := flag.String("socket", fromEnv("SOCKET", "/var/run/npd/foreign-go.sock"), "Unix socket to listen on (also $SOCKET)")
	stateFile := flag.String("state-file", os.Getenv("STATE_FILE"), "file that says healthy, problem, unknown or hang (also $STATE_FILE)")
	flag.Parse()
	os.Remove(*socket)
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		log.Fatalf("cannot listen on %s: %v", *socket, err)
	}
	if err := os.Chmod(*socket, 0o660); err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	var once sync.Once
	stop := func() { once.Do(func() { server.GracefulStop(); os.Remove(*socket) }) }
	pb.RegisterExternalMonitorServer(server, &monitor{stateFile: *stateFile, stop: stop})
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() { <-signals; stop() }()
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
