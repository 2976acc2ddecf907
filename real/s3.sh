#!/usr/bin/env bash
# Checks the object store against a real S3 server: versitygw, from the Go module proxy,
# on a folder of its own that is removed afterwards.
#
#   s3.sh
#
# S3_DIR      the program; data/s3 by default
# S3_PORT     19000
# S3_VERSION  of the server
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${S3_DIR:-$root/data/s3}
port=${S3_PORT:-19000}
version=${S3_VERSION:-v1.8.0}
program=$dir/versitygw-$version

fail() {
	echo "s3.sh: $*" >&2
	exit 1
}

taken() {
	(: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

if [[ ! -x $program ]]; then
	echo "Building versitygw $version"
	mkdir -p "$dir"
	# Outside of this module: it is no dependency of the shop.
	(cd / && GOBIN=$dir go install "github.com/versity/versitygw/cmd/versitygw@$version")
	mv "$dir/versitygw" "$program"
fi
! taken || fail "port $port is taken by another program; set S3_PORT"

objects=$(mktemp -d)
"$program" --access cartograph --secret only-for-this-check --port "127.0.0.1:$port" posix "$objects" >"$dir/versitygw.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$objects"' EXIT
for _ in {1..100}; do
	taken && break
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
taken || { tail -n 20 "$dir/versitygw.log" >&2; fail "the server did not start"; }

cd "$root"
S3_TEST_URL="http://cartograph:only-for-this-check@127.0.0.1:$port/uploads" go test -count=1 -v -run TestARealServerConforms ./internal/objectstore/
