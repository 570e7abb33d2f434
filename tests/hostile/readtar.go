// Command readtar prints what Go's archive/tar reads of archives: a JSON line for each file given.
package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
)

type entry struct {
	Name, Link, Type, Content string
	Mode, Uid, Gid, Size      int64
	Major, Minor              int64
}

func read(path string) ([]entry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	entries := []entry{}
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		} else if err != nil {
			return nil, err
		}
		hash := sha256.New()
		if _, err := io.Copy(hash, reader); err != nil {
			return nil, err
		}
		entries = append(entries, entry{
			Name: hex.EncodeToString([]byte(header.Name)),
			Link: hex.EncodeToString([]byte(header.Linkname)),
			Type: string(header.Typeflag), Content: hex.EncodeToString(hash.Sum(nil)),
			Mode: header.Mode, Uid: int64(header.Uid), Gid: int64(header.Gid), Size: header.Size,
			Major: header.Devmajor, Minor: header.Devminor,
		})
	}
}

func main() {
	encoder := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		entries, err := read(path)
		if err != nil {
			entries = nil
		}
		if err := encoder.Encode(entries); err != nil {
			panic(err)
		}
	}
}
