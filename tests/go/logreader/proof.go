package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// checkProof proves the leaf of a tlog-proof; returns its index.
func checkProof(place string, policy *policy) (int64, error) {
	text, err := os.ReadFile(place)
	if err != nil {
		return 0, err
	}
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return 0, errors.New("not a tlog-proof with extra data")
	}
	leaf, err := leafIn(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return 0, err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return 0, err
	}
	var path tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, err
		}
		path = append(path, hash)
	}
	tree, _, err := policy.open([]byte(checkpoint))
	if err != nil {
		return 0, err
	}
	return index, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

// leafIn is the data of the leaf in the receipt that a proof carries: docs/spec/tlog_proof.md.
func leafIn(extra string) ([]byte, error) {
	text, err := base64.StdEncoding.DecodeString(extra)
	if err != nil {
		return nil, err
	}
	var receipt struct {
		Entry struct {
			Leaf []byte `json:"leaf"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(text, &receipt); err != nil {
		return nil, err
	}
	if len(receipt.Entry.Leaf) == 0 {
		return nil, fmt.Errorf("no entry.leaf in the extra data")
	}
	return receipt.Entry.Leaf, nil
}
