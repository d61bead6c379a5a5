module relto.example/interop/wrapping

go 1.25.0

require github.com/opentdf/platform/lib/ocrypto v0.14.0

require (
	github.com/cloudflare/circl v1.6.3 // indirect
	golang.org/x/crypto v0.52.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
