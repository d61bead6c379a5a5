// Checks relto's ledger with other people's code: golang.org/x/mod/sumdb (the Go checksum database's own log),
// crypto/ed25519 and circl's ML-DSA. Nothing here knows relto; it knows C2SP tlog-tiles, tlog-checkpoint and
// tlog-cosignature, and RFC 6962.
//
//	interop folder -log VKEY [-line VKEY]... FOLDER    an exported ledger; exit 1 names the first thing that is wrong
//	interop proofs < cases                             one JSON case a line; answers "accepted" or "refused" for each
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	err := errors.New("say: folder or proofs")
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "folder":
			err = folderCommand(os.Args[2:])
		case "proofs":
			err = proofsCommand()
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

type keys []string

func (k *keys) String() string         { return fmt.Sprint(*k) }
func (k *keys) Set(value string) error { *k = append(*k, value); return nil }

func folderCommand(arguments []string) error {
	var pinned keys
	flags := flag.NewFlagSet("folder", flag.ContinueOnError)
	log := flags.String("log", "", "the log's Ed25519 verifier key")
	flags.Var(&pinned, "line", "verifier key (type 4 or 6) whose line must stand on an agreed checkpoint")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("one folder, please")
	}
	report, err := verifyFolder(flags.Arg(0), *log, pinned)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// A proofCase is one proof that relto made, or a damaged copy of it.
type proofCase struct {
	Kind                 string
	Old, Size, Index     int64
	Entry, OldRoot, Root string
	Path                 []string
}

func proofsCommand() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c proofCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		if checkProof(c) == nil {
			fmt.Println("accepted")
		} else {
			fmt.Println("refused")
		}
	}
	return lines.Err()
}

func checkProof(c proofCase) error {
	root, err := tlog.ParseHash(c.Root)
	if err != nil {
		return err
	}
	var path []tlog.Hash
	for _, text := range c.Path {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return err
		}
		path = append(path, hash)
	}
	switch c.Kind {
	case "inclusion":
		entry, err := base64.StdEncoding.DecodeString(c.Entry)
		if err != nil {
			return err
		}
		return tlog.CheckRecord(path, c.Size, root, c.Index, tlog.RecordHash(entry))
	case "consistency":
		old, err := tlog.ParseHash(c.OldRoot)
		if err != nil {
			return err
		}
		return tlog.CheckTree(path, c.Size, root, c.Old, old)
	}
	return errors.New("unknown kind of proof")
}
