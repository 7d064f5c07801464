#!/bin/sh
# Print the folder with PostgreSQL's server programs (initdb, postgres): setup/postgresql.sh
#
# Where they are missing, root installs Debian's package, and so does sudo where it asks for no
# password; else the one line to type is printed. Nothing that runs already is touched.
set -eu

find_programs() {
    for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -Vr) \
        $(command -v initdb >/dev/null && dirname "$(command -v initdb)"); do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

install_package() {
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    { "$@" apt-get update -qq && "$@" apt-get install -y -qq --no-install-recommends postgresql; } >&2
}

find_programs && exit
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        install_package env
    elif sudo -n true 2>/dev/null; then
        install_package sudo -n
    fi
fi
find_programs && exit
printf '\nThe tests need PostgreSQL 15 or newer. Type once as root:\n\n  apt-get update && apt-get install -y postgresql\n\n' >&2
exit 1
