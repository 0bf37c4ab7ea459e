package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	pb "node-doctor.io/plugins/async-io/externalv1"
)

// requests are those of io_setup(2) of the whole kernel. Where none is left, databases and virtual machines do not start.
type requests struct{ used, limit uint64 }

func readNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %.40q is no number", path, text)
	}
	return number, nil
}

func readRequests(root string) (requests, error) {
	used, err := readNumber(filepath.Join(root, "proc/sys/fs/aio-nr"))
	if err != nil {
		return requests{}, err
	}
	limit, err := readNumber(filepath.Join(root, "proc/sys/fs/aio-max-nr"))
	return requests{used: used, limit: limit}, err
}

func unknown(message string) *pb.Condition {
	return &pb.Condition{Status: pb.ConditionStatus_CONDITION_STATUS_UNKNOWN, Reason: "AsyncRequestsNotSeen", Message: message}
}

// judge is pure. While nothing is wrong the words stay the same: each other word is sent on as a change.
func judge(found requests, err error, threshold uint64) *pb.Condition {
	if err != nil {
		return unknown(err.Error())
	}
	// The kernel lets root go a little beyond the limit, and a limit of 0 lets nobody have any.
	if float64(found.used) >= float64(found.limit)*float64(threshold)/100 {
		return &pb.Condition{
			Status:  pb.ConditionStatus_CONDITION_STATUS_TRUE,
			Reason:  "AsyncRequestsNearLimit",
			Message: fmt.Sprintf("%d of %d requests for asynchronous I/O are in use; raise fs.aio-max-nr", found.used, found.limit),
		}
	}
	return &pb.Condition{
		Status:  pb.ConditionStatus_CONDITION_STATUS_FALSE,
		Reason:  "AsyncRequestsFree",
		Message: fmt.Sprintf("less than %d %% of %d requests for asynchronous I/O are in use", threshold, found.limit),
	}
}

// look is one reading; done is closed when it has ended.
type look struct {
	done  chan struct{}
	found requests
	err   error
}

// looker has one reading at a time: who asks meanwhile gets the same, so that one that hangs costs one goroutine.
type looker struct {
	root    string
	mutex   sync.Mutex
	running *look
}

func (l *looker) look() *look {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.running == nil {
		l.running = &look{done: make(chan struct{})}
		go l.run(l.running)
	}
	return l.running
}

func (l *looker) run(one *look) {
	one.found, one.err = readRequests(l.root)
	l.mutex.Lock()
	l.running = nil
	l.mutex.Unlock()
	close(one.done)
}
