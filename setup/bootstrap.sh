#!/bin/sh
# Make a virtual environment that has pip: setup/bootstrap.sh FOLDER
#
# Debian's python3 comes without pip and cannot make an environment with it until python3-venv is
# installed. Where that is missing, in this order: root installs it; anybody else borrows Debian's
# own pip package, fetched into a private folder and checked by apt, so that the system stays as it
# is; where sudo asks for no password, it is used; else the one line to type is printed.
set -eu

folder=$1
lines_to_type="apt-get update && apt-get install -y"

stop() {
    printf '\n%s\n\n' "$1" >&2
    exit 1
}

find_python() {
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return
        fi
    done
    stop "careweave needs Python 3.11 or newer, and finds none. On Debian:  $lines_to_type python3"
}

make_environment() {
    "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv --clear "$folder"
}

install_venv_package() {
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    "$@" apt-get update -qq && "$@" apt-get install -y -qq "${python##*/}-venv"
}

private_apt() {
    apt-get -qq -o Dir::State="$loan/state" -o Dir::State::status=/var/lib/dpkg/status \
        -o Dir::Cache="$loan/cache" "$@"
}

fetch_debian_pip() {
    mkdir -p "$loan/state/lists/partial" "$loan/cache/archives/partial"
    cd "$loan"
    private_apt update && private_apt download python3-pip-whl && dpkg-deb -x ./*.deb .
}

borrow_pip() {
    loan=$(mktemp -d)
    trap 'rm -rf "$loan"' EXIT
    (fetch_debian_pip) || return 1
    wheel=$(echo "$loan"/usr/share/python-wheels/pip-*.whl)
    "$python" -m venv --clear --without-pip "$folder" &&
        PYTHONPATH="$wheel" "$folder/bin/python" -m pip install --quiet --no-index "$wheel"
}

find_python
make_environment && exit
if command -v apt-get >/dev/null; then
    echo "This Python cannot make an environment with pip (python3-venv is missing); arranging it."
    if [ "$(id -u)" = 0 ]; then
        install_venv_package env && make_environment && exit
    else
        borrow_pip && exit
        sudo -n true 2>/dev/null && install_venv_package sudo -n && make_environment && exit
    fi
    stop "Type this once as root, then repeat:  $lines_to_type ${python##*/}-venv"
fi
stop "This Python lacks the module ensurepip: install it with your system's packages, then repeat."
