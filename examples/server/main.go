// Serves HTTP as a user without rights: what containers of such images mostly do.
//
// Configured by PORT (8080) and DATA_DIR (its home). `server -check` asks the server of the same PORT for its health, so the
// image needs no curl; `server -self-test` starts a server, uses it as a client would, and ends it by SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func handler(directory string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/notes/", func(w http.ResponseWriter, r *http.Request) {
		path := filepath.Join(directory, filepath.Base(r.URL.Path)+".note")
		switch r.Method {
		case http.MethodPut:
			content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
			if err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.WriteHeader(http.StatusCreated)
		case http.MethodGet:
			http.ServeFile(w, r, path)
		default:
			http.Error(w, "GET or PUT", http.StatusMethodNotAllowed)
		}
	})
	return mux
}

// Serves until SIGTERM or SIGINT, then ends the requests that have begun.
func serve(listener net.Listener, directory string) error {
	server := &http.Server{Handler: handler(directory), ReadHeaderTimeout: 5 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		<-stop.Done()
		patience, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		ended <- server.Shutdown(patience)
	}()
	fmt.Printf("user %d serves on %s\n", os.Getuid(), listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func get(url string) (string, error) {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, response.Status)
	}
	return string(body), err
}

func run() error {
	check := flag.Bool("check", false, "ask the running server for its health")
	test := flag.Bool("self-test", false, "try the server out")
	flag.Parse()
	port := environment("PORT", "8080")
	directory := environment("DATA_DIR", environment("HOME", "."))
	switch {
	case *check:
		_, err := get("http://127.0.0.1:" + port + "/healthz")
		return err
	case *test:
		return selfTest(directory)
	}
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	return serve(listener, directory)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}
