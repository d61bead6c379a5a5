// A front that lets clients who know only gRPC reach nodes of this machine: what an operator's gateway would do.
//
// It listens as an HTTP proxy. Inside CONNECT it speaks HTTP/2 in the clear and hands each unary call on as the Connect
// protocol over HTTP/1.1: the same path, the same protobuf message, the same token. Other requests it passes on as they
// are. It reads no message, keeps nothing, and reaches names under .localhost only. The first line it prints is its address.
// With -drop-proofs it takes the proof of possession (DPoP) from each call: what a stolen token alone would look like.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	prefix       = 5 // compressed flag and length, before each gRPC message
	messageLimit = 4 << 20
)

// The numbers of gRPC for the code names of Connect.
var codes = map[string]int{
	"unknown": 2, "invalid_argument": 3, "not_found": 5, "already_exists": 6, "permission_denied": 7,
	"resource_exhausted": 8, "aborted": 10, "unimplemented": 12, "internal": 13, "unavailable": 14, "unauthenticated": 16,
}

var dropProofs = flag.Bool("drop-proofs", false, "take the proof of possession from each call")

// To a node every name under .localhost is this machine.
var toNode = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
	DisableKeepAlives: true,
	DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	},
}}

// handed is a listener over connections that CONNECT brought.
type handed struct {
	connections chan net.Conn
	address     net.Addr
}

func (h handed) Accept() (net.Conn, error) { return <-h.connections, nil }
func (h handed) Close() error              { return nil }
func (h handed) Addr() net.Addr            { return h.address }

func main() {
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	inside := handed{make(chan net.Conn), listener.Addr()}
	calls := &http.Server{Handler: http.HandlerFunc(call), ReadHeaderTimeout: time.Minute, Protocols: new(http.Protocols)}
	calls.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = calls.Serve(inside) }()
	fmt.Println(listener.Addr())
	go func() { // it ends with whoever started it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	outside := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			connect(w, r, inside.connections)
		} else {
			pass(w, r)
		}
	}), ReadHeaderTimeout: time.Minute}
	_ = outside.Serve(listener)
}

func isHere(host string) bool {
	name, _, err := net.SplitHostPort(host)
	return err == nil && strings.HasSuffix(name, ".localhost")
}

func connect(w http.ResponseWriter, r *http.Request, connections chan<- net.Conn) {
	if !isHere(r.Host) {
		http.Error(w, "only names under .localhost", http.StatusBadGateway)
		return
	}
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if _, err := io.WriteString(connection, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		connection.Close()
		return
	}
	connections <- connection
}

// pass hands an ordinary request on: discovery and tokens.
func pass(w http.ResponseWriter, r *http.Request) {
	if r.URL.Scheme != "http" || !isHere(r.URL.Host) {
		http.Error(w, "only names under .localhost", http.StatusBadGateway)
		return
	}
	r.RequestURI = ""
	answered, err := toNode.Do(r)
	if err != nil {
		http.Error(w, "the node does not answer", http.StatusBadGateway)
		return
	}
	defer answered.Body.Close()
	w.Header().Set("Content-Type", answered.Header.Get("Content-Type"))
	w.WriteHeader(answered.StatusCode)
	_, _ = io.Copy(w, answered.Body)
}

func call(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	answer, code, said := hand(r)
	if code == 0 {
		head := make([]byte, prefix)
		binary.BigEndian.PutUint32(head[1:], uint32(len(answer)))
		_, _ = w.Write(append(head, answer...))
	} else {
		w.WriteHeader(http.StatusOK)
	}
	w.Header().Set("Grpc-Status", fmt.Sprint(code))
	w.Header().Set("Grpc-Message", url.PathEscape(said))
}

// hand gives one call to the node: its answer, or the code and words of its refusal.
func hand(r *http.Request) ([]byte, int, string) {
	framed, err := io.ReadAll(io.LimitReader(r.Body, messageLimit))
	if err != nil || len(framed) < prefix || framed[0] != 0 || int(binary.BigEndian.Uint32(framed[1:])) != len(framed)-prefix {
		return nil, codes["invalid_argument"], "not one plain message"
	}
	if !isHere(r.Host) {
		return nil, codes["unavailable"], "not a name under .localhost"
	}
	asked, err := http.NewRequestWithContext(
		r.Context(), http.MethodPost, "http://"+r.Host+r.URL.Path, bytes.NewReader(framed[prefix:]))
	if err != nil {
		return nil, codes["internal"], "no such address"
	}
	asked.Header.Set("Content-Type", "application/proto")
	asked.Header.Set("Connect-Protocol-Version", "1")
	for _, name := range []string{"Authorization", "Dpop"} {
		value := r.Header.Get(name)
		if value != "" && !(name == "Dpop" && *dropProofs) {
			asked.Header.Set(name, value)
		}
	}
	answered, err := toNode.Do(asked)
	if err != nil {
		return nil, codes["unavailable"], "the node does not answer"
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answered.Body, messageLimit))
	if err != nil {
		return nil, codes["unavailable"], "the node's answer broke off"
	}
	if answered.StatusCode == http.StatusOK {
		return body, 0, ""
	}
	var refused struct{ Code, Message string }
	if json.Unmarshal(body, &refused) != nil || codes[refused.Code] == 0 {
		return nil, codes["unknown"], answered.Status
	}
	return nil, codes[refused.Code], refused.Message
}
