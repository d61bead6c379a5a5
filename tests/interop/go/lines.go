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

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"golang.org/x/mod/sumdb/note"
)

// Types of key that carry a time before the signature (C2SP tlog-cosignature).
const ed25519Cosignature, mldsa44Cosignature = 4, 6

type lineKey struct {
	name   string
	id     uint32
	kind   byte
	public []byte
}

// label tells the two keys of one cosigner apart.
func (k lineKey) label() string { return fmt.Sprintf("%s+%d", k.name, k.kind) }

func readLineKeys(texts []string) ([]lineKey, error) {
	var found []lineKey
	for _, text := range texts {
		name, rest, _ := strings.Cut(text, "+")
		hex, encoded, _ := strings.Cut(rest, "+")
		id, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return nil, err
		}
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(data) < 2 {
			return nil, fmt.Errorf("verifier key of %s", name)
		}
		sum := sha256.Sum256(append([]byte(name+"\n"), data...))
		if binary.BigEndian.Uint32(sum[:]) != uint32(id) {
			return nil, fmt.Errorf("verifier key of %s: its id is not that of its key", name)
		}
		found = append(found, lineKey{name: name, id: uint32(id), kind: data[0], public: data[1:]})
	}
	return found, nil
}

// verifyLine checks one line that Go's note package could not: it knows plain Ed25519 signatures only.
func verifyLine(line note.Signature, known []lineKey, text string, c *checkpoint) (string, error) {
	for _, key := range known {
		if key.name != line.Name || key.id != line.Hash {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(line.Base64)
		if err != nil || len(data) < 12 {
			return "", errors.New("not a timestamped signature")
		}
		time, signature := binary.BigEndian.Uint64(data[4:]), data[12:]
		switch key.kind {
		case ed25519Cosignature:
			message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
			if len(key.public) != ed25519.PublicKeySize || !ed25519.Verify(key.public, []byte(message), signature) {
				return "", errors.New("Ed25519 cosignature is wrong")
			}
		case mldsa44Cosignature:
			var public mldsa44.PublicKey
			if err := public.UnmarshalBinary(key.public); err != nil {
				return "", err
			}
			if !mldsa44.Verify(&public, subtreeMessage(key.name, time, c), nil, signature) {
				return "", errors.New("ML-DSA-44 cosignature is wrong")
			}
		default:
			return "", fmt.Errorf("type %d", key.kind)
		}
		return key.label(), nil
	}
	return "", errors.New("of no pinned key")
}

// subtreeMessage is what an ML-DSA-44 cosigner signs for a whole tree.
func subtreeMessage(name string, time uint64, c *checkpoint) []byte {
	message := append([]byte("subtree/v1\n\x00"), byte(len(name)))
	message = append(message, name...)
	message = binary.BigEndian.AppendUint64(message, time)
	message = append(message, byte(len(c.origin)))
	message = append(message, c.origin...)
	message = binary.BigEndian.AppendUint64(message, 0)
	message = binary.BigEndian.AppendUint64(message, uint64(c.tree.N))
	return append(message, c.tree.Hash[:]...)
}
