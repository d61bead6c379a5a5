#!/bin/sh
# Style, types, then every test (floors and the build of the documentation are tests, under tests/house).
# Says first what this machine lacks and which tests therefore skip. pytest's closing line comes last.
set -u
bin=$1
style=

need_browser() {
    ! { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; } ||
        ! command -v chromedriver >/dev/null 2>&1
}

if need_browser && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "test: installing chromium and chromium-driver for the page tests"
    { timeout 60 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 180 apt-get install -y -qq \
        --no-install-recommends chromium chromium-driver; } >/dev/null 2>&1 || true
fi
if need_browser; then
    echo "test: no chromium with chromedriver here: the page tests are skipped (Debian: apt-get install chromium chromium-driver)"
fi
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    echo "test: no PostgreSQL server binaries here: the same tests on PostgreSQL are skipped (Debian: apt-get install postgresql)"
fi
if [ ! -d ../shared/vectors ]; then
    echo "test: no ../shared/vectors beside the project: the tests with other people's vectors are skipped"
fi

# Many tests start the program as processes; compiled once, it is not compiled again by each of them.
"$bin/python" -m compileall -q src || true

# Style, types and the repetition on PostgreSQL take one core, the other tests mostly another. What they find is said when
# those have ended.
notes=$(mktemp -d)
trap 'kill $style 2>/dev/null; rm -rf "$notes"' EXIT
trap 'exit 130' INT TERM
echo "test: ruff, mypy --strict and the tests on PostgreSQL, beside pytest"
usual='not accept and not interop'
{
    "$bin/ruff" check --quiet . || echo "test: FAILED: ruff"
    "$bin/mypy" --no-error-summary || echo "test: FAILED: mypy"
    "$bin/python" -m pytest -q -ra -p no:cacheprovider -m "$usual and postgresql" || echo "test: FAILED: PostgreSQL"
} >"$notes/style" 2>&1 &
style=$!

echo "test: pytest"
{
    PYTHONUNBUFFERED=1 "$bin/python" -m pytest -q -ra --durations=10 -m "$usual and not postgresql"
    echo $? >"$notes/status"
} | tee "$notes/pytest"
wait "$style"
echo "test: on PostgreSQL: $(tail -n 1 "$notes/style")"
if grep -q '^test: FAILED' "$notes/style"; then
    cat "$notes/style"
    tail -n 1 "$notes/pytest"
    exit 1
fi
tail -n 1 "$notes/pytest"
exit "$(cat "$notes/status")"
