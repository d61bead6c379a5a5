// Makes keys, wraps and unwraps shares with the OpenTDF platform's own library: one JSON request a line, one answer.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"

	"github.com/opentdf/platform/lib/ocrypto"
)

type request struct{ Do, Algorithm, Key, Data, Ephemeral string }

type answer map[string]string

func generate(asked request) (answer, error) {
	pair, err := ocrypto.NewKeyPair(ocrypto.KeyType(asked.Algorithm))
	if err != nil {
		return nil, err
	}
	public, err := pair.PublicKeyInPemFormat()
	if err != nil {
		return nil, err
	}
	private, err := pair.PrivateKeyInPemFormat()
	return answer{"public": public, "private": private}, err
}

func wrap(asked request) (answer, error) {
	encryptor, err := ocrypto.FromPublicPEM(asked.Key)
	if err != nil {
		return nil, err
	}
	share, err := hex.DecodeString(asked.Data)
	if err != nil {
		return nil, err
	}
	wrapped, err := encryptor.Encrypt(share)
	if err != nil {
		return nil, err
	}
	made := answer{"data": hex.EncodeToString(wrapped), "type": string(encryptor.Type()), "ephemeral": ""}
	if point := encryptor.EphemeralKey(); point != nil {
		made["ephemeral"] = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: point}))
	}
	return made, nil
}

func unwrap(asked request) (answer, error) {
	decryptor, err := ocrypto.FromPrivatePEM(asked.Key)
	if err != nil {
		return nil, err
	}
	wrapped, err := hex.DecodeString(asked.Data)
	if err != nil {
		return nil, err
	}
	var share []byte
	if block, _ := pem.Decode([]byte(asked.Ephemeral)); block != nil {
		onCurve, ok := decryptor.(ocrypto.ECDecryptor)
		if !ok {
			return nil, errors.New("no curve key")
		}
		share, err = onCurve.DecryptWithEphemeralKey(wrapped, block.Bytes)
	} else {
		share, err = decryptor.Decrypt(wrapped)
	}
	return answer{"data": hex.EncodeToString(share)}, err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	out := json.NewEncoder(os.Stdout)
	verbs := map[string]func(request) (answer, error){"generate": generate, "wrap": wrap, "unwrap": unwrap}
	for lines.Scan() {
		var asked request
		made, err := answer(nil), json.Unmarshal(lines.Bytes(), &asked)
		if err == nil {
			made, err = verbs[asked.Do](asked)
		}
		if err != nil {
			made = answer{"error": err.Error()}
		}
		if out.Encode(made) != nil {
			return
		}
	}
}
