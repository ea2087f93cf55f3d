# What every script shares: the package's root as working directory, a writable HOME, a scratch folder. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# A clone built by one user cannot be written by another: each further user gets a folder of their own.
scratch=.build
if [ -e "$scratch" ] && [ ! -w "$scratch" ]; then
    scratch=".build-$(id -un)"
fi
mkdir -p "$scratch" 2>/dev/null || die "$root is not writable for $(id -un). Clone it where you may write, or run as its owner."

# Swift keeps caches in HOME, and writes into the working directory when there is none.
if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ] || [ ! -w "$HOME" ]; then
    export HOME="$root/$scratch/home"
    mkdir -p "$HOME"
fi

# Where people unpack Swift; a login shell may know, a cron job or a CI runner does not.
if ! command -v swift >/dev/null 2>&1; then
    for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin "$HOME/.local/share/swiftly/bin"; do
        if [ -x "$folder/swift" ]; then
            PATH="$folder:$PATH"
            break
        fi
    done
fi
