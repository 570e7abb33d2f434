package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// Starts a server on a free port, and is its client.
func selfTest(directory string) error {
	if os.Getuid() == 0 {
		return errors.New("root: run it as another user")
	}
	if err := os.WriteFile("/etc/server", nil, 0o600); err == nil {
		return errors.New("/etc can be written to")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := "http://" + listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- serve(listener, directory) }()

	request, err := http.NewRequest(http.MethodPut, address+"/notes/first", strings.NewReader("kept"))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("PUT: %s", response.Status)
	}
	for path, expected := range map[string]string{"/healthz": "ok\n", "/notes/first": "kept"} {
		found, err := get(address + path)
		if err != nil {
			return err
		}
		if found != expected {
			return fmt.Errorf("%s: %q, not %q", path, found, expected)
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		return err
	}
	if err := <-ended; err != nil {
		return err
	}
	fmt.Println("served, and ended by SIGTERM")
	return nil
}
