package main

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "node-doctor.io/plugins/async-io/externalv1"
)

const (
	conditionType = "AsyncRequestsHigh"
	// How long a look may take before the answer is that nobody knows.
	patience = 5 * time.Second
	// Thresholds whose times are kept: a caller may ask by any.
	thresholdsMax = 16
)

// since is what was last said by one threshold, and from when on.
type since struct {
	status pb.ConditionStatus
	when   *timestamppb.Timestamp
}

type monitor struct {
	pb.UnimplementedExternalMonitorServer
	looker    looker
	threshold uint64
	stop      func()

	mutex sync.Mutex
	said  map[uint64]since
}

func newMonitor(root string, threshold uint64, stop func()) *monitor {
	return &monitor{looker: looker{root: root}, threshold: threshold, stop: stop, said: map[uint64]since{}}
}

// thresholdOf is the caller's word where it is one: it holds for this answer alone.
func (m *monitor) thresholdOf(parameters map[string]string) uint64 {
	text, given := parameters["threshold_percent"]
	if !given {
		return m.threshold
	}
	threshold, err := strconv.ParseUint(text, 10, 64)
	if err != nil || threshold < 1 || threshold > 100 {
		log.Printf("threshold_percent: %q is passed over; expected a number from 1 to 100", text)
		return m.threshold
	}
	return threshold
}

// transition is since when the status is what it is.
func (m *monitor) transition(threshold uint64, now pb.ConditionStatus) *timestamppb.Timestamp {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	said, known := m.said[threshold]
	if known && said.status == now {
		return said.when
	}
	if !known && len(m.said) == thresholdsMax {
		clear(m.said)
	}
	m.said[threshold] = since{status: now, when: timestamppb.Now()}
	return m.said[threshold].when
}

func (m *monitor) CheckHealth(ctx context.Context, request *pb.HealthCheckRequest) (*pb.Status, error) {
	log.Printf("CheckHealth called (sequence: %d)", request.GetSequence())
	threshold := m.thresholdOf(request.GetParameters())
	look := m.looker.look()
	var condition *pb.Condition
	select {
	case <-look.done:
		condition = judge(look.found, look.err, threshold)
	case <-time.After(patience):
		condition = unknown(fmt.Sprintf("a look at %s has not ended", m.looker.root))
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	condition.Type = conditionType
	condition.Transition = m.transition(threshold, condition.Status)
	return &pb.Status{Source: "async-io", Conditions: []*pb.Condition{condition}}, nil
}

func (m *monitor) GetMetadata(context.Context, *emptypb.Empty) (*pb.MonitorMetadata, error) {
	return &pb.MonitorMetadata{
		Name: "async-io", Version: "1.0.0", Description: "Requests for asynchronous I/O in use, of those that the kernel allows",
		SupportedConditions: []string{conditionType}, ApiVersion: "v1",
		Capabilities: map[string]string{"threshold_percent": "true"},
	}, nil
}

// Stop answers first, and ends then.
func (m *monitor) Stop(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	go m.stop()
	return &emptypb.Empty{}, nil
}
