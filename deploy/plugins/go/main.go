// Command async-io is a monitor for Node Doctor: are the kernel's requests for asynchronous I/O nearly used up? It serves
// npd.external.v1.ExternalMonitor at a Unix socket.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"

	pb "node-doctor.io/plugins/async-io/externalv1"
)

// How long calls that are under way may take once the end was asked for.
const drain = 2 * time.Second

// fromEnv is an environment variable, or what stands in for one that is not set.
func fromEnv(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// listen makes the folder, takes the place of a socket that nobody serves any more, and lets owner and group connect.
func listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if connection, err := net.Dial("unix", path); err == nil {
		connection.Close()
		return nil, fmt.Errorf("cannot listen on %s: another process does", path)
	}
	if file, err := os.Lstat(path); err == nil && file.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	// Never of another mode, not even for a moment.
	defer syscall.Umask(syscall.Umask(0o117))
	return net.Listen("unix", path)
}

// serve answers until it is told to end: by SIGTERM, SIGINT, or Stop, which may come more than once.
func serve(listener net.Listener, root string, threshold uint64) error {
	server := grpc.NewServer()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			log.Print("ending")
			time.AfterFunc(drain, server.Stop)
			server.GracefulStop()
		})
	}
	pb.RegisterExternalMonitorServer(server, newMonitor(root, threshold, stop))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
	}()
	return server.Serve(listener)
}

func main() {
	socket := flag.String("socket", fromEnv("SOCKET", "/run/node-doctor/monitors/async-io/async-io.sock"), "Unix socket to serve (also $SOCKET)")
	root := flag.String("root", fromEnv("ROOT", "/"), "folder below which proc lies (also $ROOT)")
	percent := flag.String("threshold-percent", fromEnv("THRESHOLD_PERCENT", "80"), "share of the limit that is a problem, 1 to 100 (also $THRESHOLD_PERCENT)")
	flag.Parse()
	threshold, err := strconv.ParseUint(*percent, 10, 64)
	if err != nil || threshold < 1 || threshold > 100 {
		fmt.Fprintf(os.Stderr, "threshold-percent: %q; expected a number from 1 to 100\n", *percent)
		os.Exit(2)
	}
	listener, err := listen(*socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on %s", *socket)
	if err := serve(listener, *root, threshold); err != nil {
		log.Fatal(err)
	}
}
