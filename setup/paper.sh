#!/bin/sh
# See to it that papers can be made: setup/paper.sh PYTHON
#
# WeasyPrint draws with libraries of the system, in a font of it. Where they are missing, root
# installs Debian's packages, and so does sudo where it asks for no password; else the one line to
# type is printed.
set -eu

packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"

draws() {
    # Without the subset library it draws, too, but warns that one day it will not.
    "$python" -W error:HarfBuzz:DeprecationWarning -c 'import weasyprint; weasyprint.HTML(string="a").write_pdf()' 2>/dev/null
}

install_packages() {
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    # shellcheck disable=SC2086  # they are several
    { "$@" apt-get update -qq && "$@" apt-get install -y -qq --no-install-recommends $packages; } >&2
}

python=$1
draws && exit
if command -v apt-get >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        install_packages env
    elif sudo -n true 2>/dev/null; then
        install_packages sudo -n
    fi
fi
draws && exit
printf '\nPapers are drawn with libraries of the system. Type once as root:\n\n  apt-get update && apt-get install -y %s\n\n' "$packages" >&2
exit 1
