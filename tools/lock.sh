#!/bin/sh
# Solves both lock files again: for every platform, with hashes, without host names. ARGS of uv may follow the first word.
set -eu
uv=$1/uv
shift
compile() {
    "$uv" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
        --no-emit-find-links --python-version 3.11 pyproject.toml --extra postgresql --extra pkcs11 --extra parquet \
        --extra s3 --extra bulk --extra telemetry "$@"
}
compile --output-file requirements/runtime.lock "$@"
compile --group dev -c requirements/runtime.lock --output-file requirements/dev.lock "$@"
