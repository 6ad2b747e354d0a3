package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height     = 8
	width      = 1 << height
	fileMax    = 1 << 20
	entryStart = "\x96\xa5entry"
	blockStart = "\x9f\xa5block"
)

// logCopy is a log somewhere, under a checkpoint that fulfils the policy.
type logCopy struct {
	place     string
	tree      tlog.Tree
	cosigners int
	reader    tlog.HashReader
}

func openCopy(place string, policy *policy) (*logCopy, error) {
	text, err := fetch(place, "checkpoint")
	if err != nil {
		return nil, err
	}
	tree, cosigners, err := policy.open(text)
	if err != nil {
		return nil, err
	}
	// This reader gives no hash before its tile has been proved to be in the tree.
	reader := tlog.TileHashReader(tree, &tiles{place, map[string][]byte{}})
	return &logCopy{place, tree, cosigners, reader}, nil
}

// checkEntries proves every leaf's inclusion, and counts entries and blocks.
func (c *logCopy) checkEntries() (entries, blocks int, err error) {
	for first := int64(0); first < c.tree.N; first += width {
		bundle := tlog.Tile{H: height, L: -1, N: first / width, W: width}
		if left := c.tree.N - first; left < width {
			bundle.W = int(left)
		}
		data, err := fetch(c.place, strings.Replace(c2spPath(bundle), "/data/", "/entries/", 1))
		if err != nil {
			return 0, 0, err
		}
		for index := first; index < first+int64(bundle.W); index++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return 0, 0, fmt.Errorf("bundle of leaf %d is too short", index)
			}
			leaf := data[2 : 2+binary.BigEndian.Uint16(data)]
			data = data[2+len(leaf):]
			proof, err := tlog.ProveRecord(c.tree.N, index, c.reader)
			if err != nil {
				return 0, 0, err
			}
			if err := tlog.CheckRecord(proof, c.tree.N, c.tree.Hash, index, tlog.RecordHash(leaf)); err != nil {
				return 0, 0, fmt.Errorf("leaf %d: %w", index, err)
			}
			switch {
			case bytes.HasPrefix(leaf, []byte(entryStart)):
				entries++
			case bytes.HasPrefix(leaf, []byte(blockStart)):
				blocks++
			default:
				return 0, 0, fmt.Errorf("leaf %d is neither an entry nor a block", index)
			}
		}
		if len(data) != 0 {
			return 0, 0, fmt.Errorf("bundle of leaf %d is too long", first)
		}
	}
	return entries, blocks, nil
}

// checkGrewFrom proves that this log begins with an earlier one.
func (c *logCopy) checkGrewFrom(before *logCopy) error {
	proof, err := tlog.ProveTree(c.tree.N, before.tree.N, c.reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, c.tree.N, c.tree.Hash, before.tree.N, before.tree.Hash)
}

// tiles is a tlog.TileReader over a copy.
type tiles struct {
	place string
	kept  map[string][]byte
}

func (t *tiles) Height() int { return height }

func (t *tiles) SaveTiles(asked []tlog.Tile, data [][]byte) {
	for i, tile := range asked {
		t.kept[c2spPath(tile)] = data[i]
	}
}

func (t *tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(asked))
	for i, tile := range asked {
		data, kept := t.kept[c2spPath(tile)]
		if !kept {
			var err error
			if data, err = fetch(t.place, c2spPath(tile)); err != nil {
				return nil, err
			}
		}
		read[i] = data
	}
	return read, nil
}

// c2spPath is the path of a tile; x/mod's has the height in it, which tlog-tiles leaves out.
func c2spPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// fetch reads a file of a copy, in a folder or at a URL.
func fetch(place, path string) ([]byte, error) {
	if !strings.HasPrefix(place, "http://") && !strings.HasPrefix(place, "https://") {
		return os.ReadFile(filepath.Join(place, filepath.FromSlash(path)))
	}
	answer, err := http.Get(place + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, fileMax))
}
