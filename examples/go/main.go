// Greets, with the time of a place: what a statically linked program finds in the image.
package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

func main() {
	place := "Europe/Berlin"
	if len(os.Args) > 1 {
		place = os.Args[1]
	}
	location, err := time.LoadLocation(place)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	noon := time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)
	fmt.Printf("hello from %s, user %d\n", runtime.GOARCH, os.Getuid())
	fmt.Printf("noon of Greenwich is %s\n", noon.In(location).Format("15:04 MST"))
}
