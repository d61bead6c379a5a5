#!/bin/sh
# Style, types, then every test (floors and the build of the documentation are tests, under tests/house).
# Says first what this machine lacks and which tests therefore skip. One closing line of all tests comes last.
set -u
bin=$1
first=

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

# Two halves beside each other, one for each of two cores: style, types, the repetition on PostgreSQL and the tests that
# open no port, because they play whole nodes in one process; and all other tests. What the first finds is said when both
# have ended.
notes=$(mktemp -d)
trap 'kill $first 2>/dev/null; rm -rf "$notes"' EXIT
trap 'exit 130' INT TERM
usual='not accept and not interop'
apart='tests/unit/services tests/unit/procedures tests/unit/alignment tests/unit/rules tests/unit/labels tests/unit/adapters tests/story/capabilities'
echo "test: ruff, mypy --strict, the tests on PostgreSQL and $apart, beside all other tests"
{
    "$bin/ruff" check --quiet . || echo "test: FAILED: ruff"
    "$bin/mypy" --no-error-summary || echo "test: FAILED: mypy"
    "$bin/python" -m pytest -q -ra -p no:cacheprovider -m "$usual and postgresql" >"$notes/postgresql" 2>&1 ||
        echo "test: FAILED: PostgreSQL"
    # shellcheck disable=SC2086  several folders
    "$bin/python" -m pytest -q -ra -p no:cacheprovider --durations=10 -m "$usual and not postgresql" $apart \
        >"$notes/apart" 2>&1 || echo "test: FAILED: $apart"
} >"$notes/first" 2>&1 &
first=$!

left=
for folder in $apart; do left="$left --ignore=$folder"; done
{
    # shellcheck disable=SC2086  several options
    PYTHONUNBUFFERED=1 "$bin/python" -m pytest -q -ra --durations=10 -m "$usual and not postgresql" $left
    echo $? >"$notes/status"
} | tee "$notes/pytest"
wait "$first"
cat "$notes/apart"
if grep -q '^test: FAILED' "$notes/first"; then
    cat "$notes/postgresql" "$notes/first"
fi
echo "test: on PostgreSQL: $(tail -n 1 "$notes/postgresql")"
status=$(cat "$notes/status")
if grep -q '^test: FAILED' "$notes/first"; then status=1; fi
"$bin/python" tools/add_up.py "$notes/pytest" "$notes/apart"
exit "$status"
