#!/bin/sh
# Makes the virtual environment with every dependency at its locked version and hash, and the `relto` command in it.
# Writes only inside the project: no cache, no user site, temporary files inside the environment.
# Usage: set_up.sh VENV STAMP. PYTHON=... chooses the interpreter.
set -eu
venv=$1
stamp=$2

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER || true

if [ ! -x "$venv/bin/python" ]; then
    python=
    found=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            python=$candidate
            break
        fi
        found="$found $candidate ($("$candidate" --version 2>/dev/null || echo absent));"
    done
    [ -n "$python" ] || stop \
        "relto needs Python 3.11 or newer; found:$found" \
        "Install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: make setup PYTHON=/path/to/python3.12"
    echo "set-up: $("$python" --version), virtual environment in $venv"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv "$venv"
        pip="$venv/bin/python -m pip"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --without-pip "$venv"
        pip="$python -m pip --python $venv/bin/python"
    else
        stop "This Python has neither ensurepip nor pip, so no virtual environment can be filled." \
            "Install one of them (Debian, Ubuntu: apt-get install python3-venv) and run make setup again."
    fi
else
    is_new_enough "$venv/bin/python" || stop \
        "$venv holds $("$venv/bin/python" --version 2>&1), relto needs 3.11 or newer: run make clean, then make setup."
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        pip="$venv/bin/python -m pip"
    else
        pip="${PYTHON:-python3} -m pip --python $venv/bin/python"
    fi
fi

TMPDIR=$(pwd)/$venv/tmp
export TMPDIR
mkdir -p "$TMPDIR"
trap 'rm -rf "$TMPDIR"' EXIT

echo "set-up: installing the locked dependencies (a minute or two the first time)"
$pip install --quiet --disable-pip-version-check --no-cache-dir --no-input \
    --only-binary :all: --require-hashes -r requirements/dev.lock
# The project itself: from this folder, with the locked setuptools, without network.
$pip install --quiet --disable-pip-version-check --no-cache-dir --no-input \
    --no-index --no-build-isolation --no-deps --editable .
# As pip does for what it installs: otherwise, under PYTHONDONTWRITEBYTECODE, each process would compile it again.
"$venv/bin/python" -m compileall -q src || true
touch "$stamp"
echo "set-up: done; the command is $venv/bin/relto"
