#!/bin/sh
# Style, types, then every test (floors and the build of the documentation are tests, under tests/house).
# Says first what this machine lacks and which tests therefore skip. One closing line of all tests comes last.
set -u
bin=$1

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

# A portion after the other on each of two cores; which is which stands in the program.
exec "$bin/python" tools/run_portions.py "$bin"
