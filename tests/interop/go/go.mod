module relto.example/interop

go 1.25.0

require (
	github.com/cloudflare/circl v1.6.5
	golang.org/x/mod v0.30.0
)

require golang.org/x/sys v0.47.0 // indirect
