// Logreader checks a copy of the log with code that this project did not write: signed notes and
// trees are golang.org/x/mod/sumdb/note and .../tlog, as Debian packages them.
//
// Usage:
//
//	logreader -policy FILE [-proof FILE]… COPY [LATER COPY]…
//
// A copy is a folder or the URL of a log. Of each one: the policy is fulfilled by its checkpoint, its
// tiles have the root that was signed, every entry is where it says and in the tree, and each copy
// begins with the one before it. Of each proof: its checkpoint fulfils the policy, and its leaf is in
// that tree. Exit status 1 with a sentence where anything does not hold.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

type files []string

func (f *files) String() string         { return strings.Join(*f, " ") }
func (f *files) Set(value string) error { *f = append(*f, value); return nil }

func main() {
	var proofs files
	policyFile := flag.String("policy", "", "tlog-policy `file`")
	flag.Var(&proofs, "proof", "tlog-proof `file`; may be given again")
	flag.Parse()
	if err := run(*policyFile, proofs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "logreader:", err)
		os.Exit(1)
	}
}

func run(policyFile string, proofs, copies []string) error {
	text, err := os.ReadFile(policyFile)
	if err != nil {
		return err
	}
	policy, err := parsePolicy(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", policyFile, err)
	}
	var before *logCopy
	for _, place := range copies {
		held, err := openCopy(place, policy)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		entries, blocks, err := held.checkEntries()
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		fmt.Printf("%s: size %d, %d entries and %d blocks included, cosigned by %d\n",
			place, held.tree.N, entries, blocks, held.cosigners)
		if before != nil {
			if err := held.checkGrewFrom(before); err != nil {
				return fmt.Errorf("%s: %w", place, err)
			}
			fmt.Printf("%s: begins with the %d leaves before\n", place, before.tree.N)
		}
		before = held
	}
	for _, place := range proofs {
		index, err := checkProof(place, policy)
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		fmt.Printf("%s: leaf %d included\n", place, index)
	}
	return nil
}
