package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// policy is a network's tlog-policy: one log, its witnesses, and how many of them must be there.
type policy struct {
	log       note.Verifier
	witnesses []note.Verifier
	needed    int
}

// parsePolicy reads the form that docs/spec/policy.md gives to a network's own policy.
func parsePolicy(text string) (*policy, error) {
	made := &policy{needed: -1}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "#"):
			// A comment, which says of which committee the policy is.
		case len(words) == 2 && words[0] == "log" && made.log == nil:
			verifier, err := note.NewVerifier(words[1])
			if err != nil {
				return nil, err
			}
			made.log = verifier
		case len(words) == 3 && words[0] == "witness":
			verifier, err := newCosigner(words[2])
			if err != nil {
				return nil, err
			}
			made.witnesses = append(made.witnesses, verifier)
		case len(words) == 3+len(made.witnesses) && words[0] == "group" && made.needed < 0:
			needed, err := strconv.Atoi(words[2])
			if err != nil || needed < 1 || needed > len(made.witnesses) {
				return nil, fmt.Errorf("threshold %q", words[2])
			}
			made.needed = needed
		case len(words) == 2 && words[0] == "quorum":
		default:
			return nil, fmt.Errorf("line %q", line)
		}
	}
	if made.log == nil || made.needed < 0 {
		return nil, errors.New("no log or no group")
	}
	return made, nil
}

// open verifies a checkpoint and returns its tree, and how many witnesses cosigned it.
func (p *policy) open(text []byte) (tlog.Tree, int, error) {
	opened, err := note.Open(text, note.VerifierList(append([]note.Verifier{p.log}, p.witnesses...)...))
	if err != nil {
		return tlog.Tree{}, 0, err
	}
	logged, cosigners := false, map[string]bool{}
	for _, signature := range opened.Sigs {
		if signature.Name == p.log.Name() && signature.Hash == p.log.KeyHash() {
			logged = true
		} else {
			cosigners[signature.Name] = true
		}
	}
	if !logged || len(cosigners) < p.needed {
		return tlog.Tree{}, 0, fmt.Errorf("log signature %v, %d of %d cosigners", logged, len(cosigners), p.needed)
	}
	tree, err := parseTree(opened.Text, p.log.Name())
	return tree, len(cosigners), err
}

// parseTree reads a tlog-checkpoint; x/mod's own reader knows only the one of the Go checksum database.
func parseTree(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("checkpoint %q", text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// cosigner verifies C2SP cosignature/v1, which x/mod does not know, behind x/mod's own interface.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("vkey %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("vkey %q", vkey)
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", id[:4]) != parts[1] {
		return nil, fmt.Errorf("key id of %q", vkey)
	}
	return &cosigner{parts[0], binary.BigEndian.Uint32(id[:4]), key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	header := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(signature))
	return ed25519.Verify(c.key, append([]byte(header), text...), signature[8:])
}
