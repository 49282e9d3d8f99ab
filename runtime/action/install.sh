#!/bin/sh
# Builds holdfast from the sources around this script, for the action `install`.
#
# usage: install.sh key|build
#
# `key` prints `key=` and a digest of the lock file and of all sources, so that a binary in a cache is never used for others.
# `build` builds with the locked versions and writes ~/.holdfast/bin/holdfast. Needs the cargo of Rust.
set -eu
cd "$(dirname "$0")/../.."
case ${1:-} in
    key)
        # The names belong to the digest.
        files=$(find Cargo.toml Cargo.lock compiler runtime/Cargo.toml runtime/src schema -type f | LC_ALL=C sort)
        printf '%s\n' "$files" | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | sed 's/^\([0-9a-f]*\).*/key=\1/'
        ;;
    build)
        cargo build --release --locked --package holdfast --bin holdfast
        mkdir -p "$HOME/.holdfast/bin"
        cp "${CARGO_TARGET_DIR:-target}/release/holdfast" "$HOME/.holdfast/bin/holdfast"
        ;;
    *)
        echo 'usage: install.sh key|build' >&2
        exit 64
        ;;
esac
