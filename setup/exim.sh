#!/bin/sh
# Print the folder of a mail server for the tests, from Debian's own packages: setup/exim.sh
#
# Nothing is installed and nobody has to be root: apt fetches and checks the packages (Exim, what it
# needs that is not there, and a library that lends it the user whom it asks for), and they are
# unpacked into .mail-server, once. Where there is no apt, the line to type is printed.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/.mail-server
packages="exim4-daemon-light libnss-wrapper"

apt() {
    apt-get -qq -o Dir::Cache="$loan/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}

apt_with_own_lists() {
    apt -o Dir::State="$loan/state" -o Dir::State::status=/var/lib/dpkg/status "$@"
}

fetch() {
    "$@" install -y --download-only --no-install-recommends $packages
    (cd "$loan" && "$@" download $packages)
}

unpack() {
    mkdir "$loan/whole"
    for package in "$loan"/*.deb "$loan"/cache/archives/*.deb; do
        [ ! -e "$package" ] || dpkg-deb -x "$package" "$loan/whole"
    done
    chmod u-s "$loan/whole/usr/sbin/exim4" # it runs as whoever starts it
    mv -T "$loan/whole" "$folder" 2>/dev/null || [ -x "$folder/usr/sbin/exim4" ]
}

if [ ! -x "$folder/usr/sbin/exim4" ] && command -v apt-get >/dev/null; then
    loan=$(mktemp -d -p "$root" .mail-server-XXXXXX)
    trap 'rm -rf "$loan"' EXIT
    mkdir -p "$loan/state/lists/partial" "$loan/cache/archives/partial"
    {
        fetch apt || { apt_with_own_lists update && fetch apt_with_own_lists; }
        unpack
    } >&2 || true
fi
if [ -x "$folder/usr/sbin/exim4" ]; then
    echo "$folder"
    exit
fi
printf '\nThe tests need a mail server, which apt could not fetch. Type once as root:\n\n  apt-get update\n\nand repeat.\n\n' >&2
exit 1
