#!/bin/sh
# Print the program of a Chromium: setup/chromium.sh
#
# CHROMIUM in the environment names another one. Where there is none, root installs Debian's
# package, and so does sudo where it asks for no password; else the one line to type is printed.
set -eu

find_program() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [ -n "$name" ] && command -v "$name"; then
            return
        fi
    done
    return 1
}

install_package() {
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { "$@" apt-get update -qq && "$@" apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >&2
}

find_program && exit
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        install_package env
    elif sudo -n true 2>/dev/null; then
        install_package sudo -n
    fi
fi
find_program && exit
printf '\nThe tests need Chromium. Type once as root:\n\n  apt-get update && apt-get install -y chromium\n\n' >&2
exit 1
