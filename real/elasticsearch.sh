#!/usr/bin/env bash
# An Elasticsearch node of a single machine without Docker: Elastic's distribution for
# integration tests, from Maven Central, on Java 17 or newer. It has no plugins and no
# analyzers beyond the server's own.
#
#   elasticsearch.sh start | stop | status | wipe
#
# ES_DIR      programs, data and log; data/elasticsearch by default
# ES_PORT     19200; the port 100 above is used too
# ES_HEAP     512m
# ES_VERSION  of the server
# ES_USER     nobody; Elasticsearch refuses to run as root
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${ES_DIR:-$(dirname "$scripts")/data/elasticsearch}
port=${ES_PORT:-19200}
heap=${ES_HEAP:-512m}
version=${ES_VERSION:-8.19.9}
user=${ES_USER:-nobody}
program=$dir/elasticsearch-$version
state=$dir/state
pidfile=$state/pid
url=http://127.0.0.1:$port

fail() {
	echo "elasticsearch.sh: $*" >&2
	exit 1
}

# The number in the file may by now belong to another program.
running() {
	[[ -s $pidfile ]] && grep -qaF "$program" "/proc/$(<"$pidfile")/cmdline" 2>/dev/null
}

taken() {
	(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port stays taken for a moment after its process was killed.
await_free() {
	for _ in {1..30}; do
		taken "$1" || return 0
		sleep 0.1
	done
	fail "port $1 is taken by another program; set ES_PORT"
}

unprivileged() {
	if [[ $EUID -eq 0 ]]; then
		setpriv --reuid="$(id -u "$user")" --regid="$(id -g "$user")" --clear-groups -- "$@"
	else
		"$@"
	fi
}

download() {
	[[ -e $program/.complete ]] && return
	command -v mvn >/dev/null || fail "mvn is missing"
	echo "Downloading Elasticsearch $version (97 MB)"
	local work log=$dir/download.log
	mkdir -p "$dir"
	# Maven skips what a marker in its working folder has as unpacked already.
	work=$(mktemp -d "$dir/download.XXXXXX")
	if ! (cd "$work" && mvn -B -ntp org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack -DoutputDirectory="$dir" \
		-Dartifact="org.elasticsearch.distribution.integ-test-zip:elasticsearch:$version:zip" >"$log" 2>&1); then
		rm -rf "$work"
		tail -n 20 "$log" >&2
		fail "the download failed"
	fi
	rm -rf "$work"
	chmod -R a+rX "$program"
	chmod a+x "$program"/bin/*
	touch "$program/.complete"
}

healthy() { # a request for / is refused by this distribution
	curl -fs "$url/_cluster/health?wait_for_status=yellow&timeout=1s" >/dev/null 2>&1
}

start() {
	if running; then
		echo "ELASTICSEARCH_URL=$url (already running)"
		return
	fi
	for tool in java curl setsid setpriv; do
		command -v "$tool" >/dev/null || fail "$tool is missing"
	done
	await_free "$port"
	await_free $((port + 100))
	download
	mkdir -p "$state"/{config,data,logs,tmp}
	cp "$scripts"/elasticsearch/* "$state/config/"
	[[ $EUID -ne 0 ]] || chown -R "$user:" "$state"
	unprivileged test -w "$state" || fail "the user $user cannot enter $dir; set ES_DIR"
	rm -f "$pidfile"
	local java
	java=$(readlink -f "$(command -v java)")
	(cd "$state" && unprivileged env -i PATH="$PATH" LANG=C.UTF-8 HOME="$state" ES_JAVA_HOME="${java%/bin/java}" \
		ES_PATH_CONF="$state/config" ES_TMPDIR="$state/tmp" ES_JAVA_OPTS="-Xms$heap -Xmx$heap" \
		setsid "$program/bin/elasticsearch" -p "$pidfile" -E path.data="$state/data" -E path.logs="$state/logs" \
		-E http.port="$port" -E transport.port="$((port + 100))") \
		>"$dir/elasticsearch.log" 2>&1 </dev/null &
	local launcher=$!
	for _ in {1..240}; do
		if healthy; then
			echo "ELASTICSEARCH_URL=$url"
			return
		fi
		if ! kill -0 "$launcher" 2>/dev/null; then
			tail -n 30 "$dir/elasticsearch.log" >&2
			fail "the node stopped while it started"
		fi
		sleep 0.5
	done
	fail "the node did not start within two minutes; see $dir/elasticsearch.log"
}

stop() {
	running || return 0
	local pid
	pid=$(<"$pidfile")
	kill "$pid"
	for _ in {1..300}; do
		running || return 0
		sleep 0.1
	done
	kill -9 "$pid"
}

case ${1:-} in
start) start ;;
stop) stop ;;
status) running && echo "running, process $(<"$pidfile")" || fail "not running" ;;
wipe) stop && rm -rf "$state" ;;
*) fail "usage: elasticsearch.sh start|stop|status|wipe" ;;
esac
