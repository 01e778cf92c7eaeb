#!/usr/bin/env bash
# Brings a Debian or Ubuntu machine to where `make demo`, `make test` or `make bench` can work: installs the packages
# that are missing and says what to do about everything it cannot or should not do itself. Nothing is asked on stdin,
# except the password by sudo when there is a terminal.
#
#   tests/setup.sh demo|test|bench
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

purpose=${1:-demo}
# The compiler's side: a linker, OpenSSL and PC/SC headers.
packages=(build-essential pkg-config libssl-dev libpcsclite-dev)
case $purpose in
    bench) ;;
    # pcscd with virtual readers; OpenSC and openssl are the independent judges of cards and certificates.
    demo | test) packages+=(pcscd vsmartcard-vpcd opensc openssl util-linux) ;;
    *) echo "setup: unknown purpose '$purpose' (demo, test or bench)" >&2; exit 2 ;;
esac

say() { printf 'setup: %s\n' "$*"; }
stop() {
    printf '\nsetup: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '       %s\n' "$@" >&2
    exit 1
}
installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }
have() { command -v "$1" >/dev/null 2>&1; }
available() { [[ -n $(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v '^(none)$') ]]; }

# Chromium and its driver, under any of the names they have. Ubuntu's `chromium-browser` is a doorway to a snap, which
# apt cannot install everywhere, so there the browser is the user's choice.
browser() { have chromium || have google-chrome || have google-chrome-stable || have chromium-browser; }
driver() { have chromedriver || have chromium.chromedriver; }
distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}" || echo unknown)
if [[ $purpose == test ]] && ! { browser && driver; }; then
    if [[ $distribution == ubuntu ]]; then
        stop "the system tests need Chromium or Chrome with its driver, and Ubuntu's package is a snap. Either" \
            "  sudo snap install chromium            (brings chromium and chromium.chromedriver)" \
            "or install Google Chrome and the chromedriver of the same version" \
            "(https://googlechromelabs.github.io/chrome-for-testing/), then run make test again."
    fi
    packages+=(chromium chromium-driver)
fi

missing=()
if have dpkg-query; then
    for package in "${packages[@]}"; do
        installed "$package" || missing+=("$package")
    done
else
    say "this is neither Debian nor Ubuntu: install what corresponds to: ${packages[*]}"
fi

if ((${#missing[@]})); then
    as_root=()
    if ((EUID != 0)); then
        have sudo || stop "these packages are missing and there is no sudo. As root:" \
            "  apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
        # Without a terminal nobody can type a password: fail at once rather than hang.
        [[ -t 0 ]] || as_root=(sudo -n)
        say "sudo is used once, to install the missing Debian packages: ${missing[*]}"
    else
        say "installing: ${missing[*]}"
    fi
    # needrestart on Ubuntu asks questions unless told to answer them itself.
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a apt-get -q -o Dpkg::Use-Pty=0)
    updated=
    update() {
        say "refreshing the package lists"
        "${apt[@]}" update || stop "the package lists cannot be refreshed: see apt's message above."
        updated=1
    }
    for package in "${missing[@]}"; do
        available "$package" || { update; break; }
    done
    for package in "${missing[@]}"; do
        available "$package" && continue
        if [[ $distribution == ubuntu ]]; then
            stop "Ubuntu has '$package' in its component universe, which is off on this machine:" \
                "  sudo add-apt-repository universe"
        fi
        stop "no package source of this machine has '$package'; see /etc/apt/sources.list."
    done
    install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
    # Old lists name versions that the mirror no longer has.
    if ! "${install[@]}"; then
        [[ -z $updated ]] && update
        "${install[@]}" || stop "the packages cannot be installed: see apt's message above. The command was" \
            "  ${install[*]}"
    fi
fi

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rustup_line="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c clippy -c rustfmt"
have cargo || stop "Rust $wanted or newer is needed and there is no cargo. Debian's and Ubuntu's own is too old; take rustup:" \
    "  $rustup_line" "and run make again."
# The leading v makes pre-releases such as 1.96.0-nightly sort as their number.
found=$(cargo --version | sed -n 's/^cargo \([0-9.]*\).*/\1/p')
if [[ -z $found || $(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1) != "$wanted" ]]; then
    if have rustup; then
        stop "Rust $wanted or newer is needed; $(command -v cargo) is ${found:-unknown}. Update it:" "  rustup update stable"
    fi
    stop "Rust $wanted or newer is needed; $(command -v cargo) is ${found:-unknown} (Debian's and Ubuntu's own is too old). Take rustup:" \
        "  $rustup_line" "and run make again."
fi
if [[ $purpose != demo ]]; then
    for part in clippy fmt; do
        cargo "$part" --version >/dev/null 2>&1 || stop "cargo $part is missing:" "  rustup component add clippy rustfmt"
    done
fi

# pcscd has one fixed place for its socket; a private one for the virtual cards needs a mount namespace.
if [[ $purpose != bench ]]; then
    namespace=(unshare -m)
    ((EUID == 0)) || namespace=(unshare -Urm)
    if ! "${namespace[@]}" mount -t tmpfs tmpfs /mnt 2>/dev/null; then
        if [[ $(sysctl -n kernel.apparmor_restrict_unprivileged_userns 2>/dev/null) == 1 ]]; then
            stop "the virtual cards need a pcscd of their own in a user namespace, which this Ubuntu forbids. Until the next start allow it:" \
                "  sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        fi
        stop "the virtual cards need a pcscd of their own in a mount namespace, which is forbidden here." \
            "In a container allow it: docker run --cap-add SYS_ADMIN --security-opt apparmor=unconfined ..."
    fi
fi
