#!/bin/sh
# Resolve pyproject.toml again and write both locks: hashes of every file of every version, markers
# for every supported Python, no addresses. What stands in a lock stays as it is while
# pyproject.toml allows it; `setup/lock.sh --upgrade` takes the newest versions instead.
set -eu
cd "$(dirname "$0")/.."

workshop=$(mktemp -d)
trap 'rm -rf "$workshop"' EXIT
setup/bootstrap.sh "$workshop"
"$workshop/bin/python" -m pip install --quiet --disable-pip-version-check "uv==0.13.*"

# Calendar and holiday libraries still ask for a python-dateutil below 3; with 4 in the lock, a
# resolver would quietly roll them back by years.
echo "python-dateutil<3" > "$workshop/held-back"

resolve() {
    "$workshop/bin/uv" pip compile pyproject.toml "$@" --quiet --constraints "$workshop/held-back" \
        --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate \
        --custom-compile-command "make lock"
}
resolve --group build --output-file requirements.lock "$@"
resolve --group build --group dev --constraints requirements.lock \
    --output-file requirements-dev.lock "$@"
