package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

// A report says what was checked; it is only given when everything held.
type report struct {
	Origin      string
	Size        int64
	Entries     int
	Tiles       int
	Inclusion   int
	Consistency int
	Cosigned    map[string]int
	Agreed      int64
}

type checkpoint struct {
	origin   string
	tree     tlog.Tree
	cosigned map[string]bool
}

func verifyFolder(folder, logKey string, pinned []string) (*report, error) {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	lines, err := readLineKeys(pinned)
	if err != nil {
		return nil, err
	}
	final, err := readCheckpoint(filepath.Join(folder, "checkpoint"), log, lines)
	if err != nil {
		return nil, err
	}
	r := &report{Origin: final.origin, Size: final.tree.N, Cosigned: map[string]int{}, Agreed: -1}
	count(r, final, len(lines))
	hashes, entries, err := readEntries(folder, final.tree.N)
	if err != nil {
		return nil, err
	}
	r.Entries = len(entries)
	root, err := tlog.TreeHash(final.tree.N, hashes)
	if err != nil {
		return nil, err
	}
	if root != final.tree.Hash {
		return nil, errors.New("checkpoint: its root is not that of the entries")
	}
	if err := checkTiles(folder, hashes, r); err != nil {
		return nil, err
	}
	published := tlog.TileHashReader(final.tree, &tileFiles{folder: folder, held: map[string][]byte{}})
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(final.tree.N, int64(i), published)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, final.tree.N, final.tree.Hash, int64(i), tlog.RecordHash(entry)); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		r.Inclusion++
	}
	if err := checkKept(folder, log, lines, final, published, r); err != nil {
		return nil, err
	}
	if r.Agreed < 0 {
		return nil, errors.New("no checkpoint carries a line of each pinned key")
	}
	return r, nil
}

func count(r *report, c *checkpoint, demanded int) {
	for name := range c.cosigned {
		r.Cosigned[name]++
	}
	if len(c.cosigned) == demanded && c.tree.N > r.Agreed {
		r.Agreed = c.tree.N
	}
}

// readCheckpoint opens a signed note with Go's own note package and checks every further line of a pinned key.
func readCheckpoint(path string, log note.Verifier, lines []lineKey) (*checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(data, note.VerifierList(log))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	rows := strings.Split(strings.TrimSuffix(opened.Text, "\n"), "\n")
	if len(rows) < 3 || rows[0] != log.Name() {
		return nil, fmt.Errorf("%s: not a checkpoint of %s", filepath.Base(path), log.Name())
	}
	size, err := strconv.ParseInt(rows[1], 10, 64)
	if err != nil || size < 0 || rows[1] != strconv.FormatInt(size, 10) {
		return nil, fmt.Errorf("%s: size", filepath.Base(path))
	}
	root, err := tlog.ParseHash(rows[2])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	c := &checkpoint{origin: rows[0], tree: tlog.Tree{N: size, Hash: root}, cosigned: map[string]bool{}}
	for _, found := range opened.UnverifiedSigs {
		name, err := verifyLine(found, lines, opened.Text, c)
		if err != nil {
			return nil, fmt.Errorf("%s: line of %s: %w", filepath.Base(path), found.Name, err)
		}
		c.cosigned[name] = true
	}
	return c, nil
}

func bundlePath(level string, n int64, w int) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	if w < width {
		text = fmt.Sprintf("%s.p/%d", text, w)
	}
	return filepath.FromSlash("tile/" + level + "/" + text)
}

// readEntries reads every entry bundle and lets Go's tlog build its own stored hashes from the entries alone.
func readEntries(folder string, size int64) (tlog.HashReader, [][]byte, error) {
	var entries [][]byte
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, fmt.Errorf("hash %d is not there", index)
			}
			out[i] = stored[index]
		}
		return out, nil
	})
	for n := int64(0); n*width < size; n++ {
		w := int(min(width, size-n*width))
		path := bundlePath("entries", n, w)
		data, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return nil, nil, err
		}
		for range w {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, nil, fmt.Errorf("%s: too short", path)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entry := data[2:end]
			data = data[end:]
			hashes, err := tlog.StoredHashes(int64(len(entries)), entry, reader)
			if err != nil {
				return nil, nil, err
			}
			stored = append(stored, hashes...)
			entries = append(entries, entry)
		}
		if len(data) != 0 {
			return nil, nil, fmt.Errorf("%s: bytes after the last entry", path)
		}
	}
	return reader, entries, nil
}

// checkTiles compares each published tile with the one that Go makes from the entries.
func checkTiles(folder string, hashes tlog.HashReader, r *report) error {
	for _, tile := range tlog.NewTiles(height, 0, r.Size) {
		path := bundlePath(strconv.Itoa(tile.L), tile.N, tile.W)
		published, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		expected, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if !bytes.Equal(published, expected) {
			return fmt.Errorf("%s: not the hashes of these entries", path)
		}
		r.Tiles++
	}
	return nil
}

// tileFiles gives the published tiles to Go's authenticating tile reader.
type tileFiles struct {
	folder string
	held   map[string][]byte
}

func (t *tileFiles) Height() int                     { return height }
func (t *tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t *tileFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := bundlePath(strconv.Itoa(tile.L), tile.N, tile.W)
		if t.held[path] == nil {
			data, err := os.ReadFile(filepath.Join(t.folder, path))
			if err != nil {
				return nil, err
			}
			t.held[path] = data
		}
		out[i] = t.held[path]
	}
	return out, nil
}

var keptName = regexp.MustCompile(`^[0-9]{20}\.checkpoint$`)

// checkKept proves each kept checkpoint to be a prefix of the final tree.
func checkKept(folder string, log note.Verifier, lines []lineKey, final *checkpoint, published tlog.HashReader, r *report) error {
	files, err := os.ReadDir(filepath.Join(folder, "witness"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		name := file.Name()
		if !keptName.MatchString(name) {
			return fmt.Errorf("witness/%s: unknown name", name)
		}
		kept, err := readCheckpoint(filepath.Join(folder, "witness", name), log, lines)
		if err != nil {
			return err
		}
		if fmt.Sprintf("%020d.checkpoint", kept.tree.N) != name || kept.tree.N > final.tree.N {
			return fmt.Errorf("witness/%s: of another size", name)
		}
		if kept.tree.N > 0 {
			proof, err := tlog.ProveTree(final.tree.N, kept.tree.N, published)
			if err != nil {
				return fmt.Errorf("witness/%s: %w", name, err)
			}
			if err := tlog.CheckTree(proof, final.tree.N, final.tree.Hash, kept.tree.N, kept.tree.Hash); err != nil {
				return fmt.Errorf("witness/%s: %w", name, err)
			}
		}
		r.Consistency++
		count(r, kept, len(lines))
	}
	return nil
}
