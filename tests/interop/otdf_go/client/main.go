// A command line over the OpenTDF platform's Go SDK: what a person does with it, and nothing else.
//
//	client seal -platform URL -credential FILE -in DOCUMENT -out CONTAINER [-attributes FQN,FQN] [-segment BYTES] [-assertion TEXT]
//	client open -platform URL -credential FILE -in CONTAINER -out DOCUMENT
//
// The SDK is used as it is; no check of its own is switched off. A failure is one line on the error stream and exit 1,
// and leaves no output file.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/opentdf/platform/sdk"
)

type credential struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

type order struct {
	platform, credential, in, out  string
	attributes, assertion, version string
	tokenEndpoint                  string
	segment                        int64
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		fmt.Println(sdk.Version)
		return
	}
	if len(os.Args) < 2 || (os.Args[1] != "seal" && os.Args[1] != "open") {
		fmt.Fprintln(os.Stderr, "usage: client seal|open -platform URL -credential FILE -in FILE -out FILE")
		os.Exit(2)
	}
	var asked order
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&asked.platform, "platform", "", "origin of the node's key service")
	flags.StringVar(&asked.credential, "credential", "", "JSON file with clientId and clientSecret")
	flags.StringVar(&asked.in, "in", "", "file to read")
	flags.StringVar(&asked.out, "out", "", "file to write")
	flags.StringVar(&asked.attributes, "attributes", "", "attribute value names, separated by commas")
	flags.StringVar(&asked.assertion, "assertion", "", "text of a handling statement")
	flags.StringVar(&asked.version, "version", "", "version of the format to write, where not the newest")
	flags.StringVar(&asked.tokenEndpoint, "token-endpoint", "", "another token endpoint than the platform names")
	flags.Int64Var(&asked.segment, "segment", 0, "bytes in a segment")
	_ = flags.Parse(os.Args[2:])
	if err := carryOut(os.Args[1], asked); err != nil {
		_ = os.Remove(asked.out)
		fmt.Fprintln(os.Stderr, explain(err))
		os.Exit(1)
	}
}

// explain gives the denial or the tampering in the SDK's own words first, then the whole of what it said.
func explain(err error) string {
	said := strings.ReplaceAll(err.Error(), "\n", " | ")
	switch {
	case errors.Is(err, sdk.ErrTampered):
		return "TAMPERED: " + said
	case errors.Is(err, sdk.ErrRewrapForbidden):
		return "DENIED: " + said
	default:
		return "FAILED: " + said
	}
}

func carryOut(verb string, asked order) error {
	text, err := os.ReadFile(asked.credential)
	if err != nil {
		return err
	}
	var who credential
	if err := json.Unmarshal(text, &who); err != nil {
		return err
	}
	options := []sdk.Option{
		sdk.WithClientCredentials(who.ClientID, who.ClientSecret, nil),
		sdk.WithConnectionValidation(),
		sdk.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	}
	if strings.HasPrefix(asked.platform, "http://") {
		options = append(options, sdk.WithInsecurePlaintextConn())
	}
	if asked.tokenEndpoint != "" {
		options = append(options, sdk.WithTokenEndpoint(asked.tokenEndpoint))
	}
	client, err := sdk.New(asked.platform, options...)
	if err != nil {
		return err
	}
	defer client.Close()
	if verb == "open" {
		return client.DecryptFile(context.Background(), asked.in, asked.out)
	}
	return seal(client, asked)
}

func seal(client *sdk.SDK, asked order) error {
	document, err := os.Open(asked.in)
	if err != nil {
		return err
	}
	defer document.Close()
	container, err := os.Create(asked.out)
	if err != nil {
		return err
	}
	defer container.Close()
	options := []sdk.TDFOption{
		sdk.WithKasInformation(sdk.KASInfo{URL: asked.platform, Default: true}),
		sdk.WithMimeType("application/octet-stream"),
	}
	if asked.attributes != "" {
		options = append(options, sdk.WithDataAttributes(strings.Split(asked.attributes, ",")...))
	}
	if asked.segment > 0 {
		options = append(options, sdk.WithSegmentSize(asked.segment))
	}
	if asked.version != "" {
		options = append(options, sdk.WithTargetMode(asked.version))
	}
	if asked.assertion != "" {
		options = append(options, sdk.WithAssertions(sdk.AssertionConfig{
			ID:             "handling-note",
			Type:           sdk.HandlingAssertion,
			Scope:          sdk.PayloadScope,
			AppliesToState: sdk.Unencrypted,
			Statement:      sdk.Statement{Format: "string", Schema: "text", Value: asked.assertion},
		}))
	}
	if _, err := client.CreateTDF(container, document, options...); err != nil {
		return err
	}
	return container.Close()
}
