#!/usr/bin/env bash
# Ceph's S3 gateway as an independent judge: checks signatures for real, on a real storage engine.
#
#   radosgw.sh install      install it by package name; a second call returns at once
#   radosgw.sh run PORT     start a monitor, a store in memory and the gateway on 127.0.0.1:PORT (0 = any
#                           free port) in the foreground; prints "endpoint: http://..." as soon as it answers
#
# The access key pair is AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, by default cordon / cordon-dev-secret.
# Everything lives in one temporary folder, which goes away with the script; no system service is started.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly access_key=${AWS_ACCESS_KEY_ID:-cordon}
readonly secret_key=${AWS_SECRET_ACCESS_KEY:-cordon-dev-secret}
readonly start_seconds_max=120

# shellcheck source=tests/peers/apt.sh
source "$here/apt.sh"

install_radosgw() { install_packages ceph-mon ceph-osd ceph-common radosgw curl; }

free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

daemons=()
work=

# Daemons first, in the reverse order of their start, then the folder: nothing is left behind.
stop_all() {
  local status=$? index
  trap - EXIT INT TERM HUP
  for ((index = ${#daemons[@]} - 1; index >= 0; index--)); do
    kill -TERM "${daemons[index]}" 2>/dev/null || continue
    for _ in {1..50}; do
      kill -0 "${daemons[index]}" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "${daemons[index]}" 2>/dev/null || true
    wait "${daemons[index]}" 2>/dev/null || true
  done
  if [[ -n $work ]]; then rm -rf "$work"; fi
  exit "$status"
}

fail() {
  echo "radosgw.sh: $1" >&2
  tail -n 20 "$work"/log/* >&2 || true
  exit 4
}

# Runs a step that may hang in such a way that a signal still stops the script at once: bash handles
# signals between foreground commands only, but in the middle of a wait.
attend() {
  "$@" >/dev/null 2>>"$work/log/setup" &
  daemons+=($!)
  wait $! || return
  unset 'daemons[-1]'
}

write_settings() {
  local monitor_port=$1 port=$2
  cat >"$work/ceph.conf" <<END
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$monitor_port/0]
mon initial members = a
public addr = 127.0.0.1
ms bind msgr1 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = true
run dir = $work/run
admin socket = $work/run/\$name.\$pid.sock
pid file =
crash dir = $work/crash
log file = $work/log/\$name.log
log to stderr = false
err to stderr = true
mon cluster log file = $work/log/cluster.log
keyring = $work/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon warn on pool no redundancy = false
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.05
mon osd adjust heartbeat grace = false
mon tick interval = 1
mon data = $work/mon
mon data avail crit = 1
mon data avail warn = 2
osd data = $work/osd
osd objectstore = memstore
memstore device bytes = 6442450944
osd memory target = 1073741824
osd class load list = *
osd class default list = *

[client.admin]
# Without tcp_nodelay each small answer waits 40 ms for an acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $work/rgw
rgw enable usage log = false
rgw enable gc threads = true
rgw gc obj min wait = 60
rgw thread pool size = 64
rgw dns name = 127.0.0.1
END
}

run_radosgw() {
  local port=$1 monitor_port
  command -v radosgw ceph-mon ceph-osd >/dev/null || { echo "radosgw.sh: not installed; run: $0 install" >&2; exit 4; }
  [[ $port != 0 ]] || port=$(free_port)
  monitor_port=$(free_port)
  work=$(mktemp -d "${TMPDIR:-/tmp}/cordon-radosgw.XXXXXX")
  trap stop_all EXIT
  trap 'exit 0' INT TERM HUP
  mkdir -p "$work"/{run,log,mon,osd,rgw,crash}
  write_settings "$monitor_port" "$port"
  local conf=(-c "$work/ceph.conf" --setuser root --setgroup root)
  local tool=(-c "$work/ceph.conf")

  # The gateway talks to authenticated monitors only, so each daemon gets a key; all know all of them.
  local keys=$work/keyring
  ceph-authtool --create-keyring "$keys" --gen-key -n mon. --cap mon 'allow *' >/dev/null
  ceph-authtool "$keys" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' >/dev/null
  ceph-authtool "$keys" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' >/dev/null
  monmaptool --create --fsid "$(sed -n 's/^fsid = //p' "$work/ceph.conf")" \
    --addv a "[v2:127.0.0.1:$monitor_port/0]" "$work/monmap" >/dev/null
  ceph-mon "${conf[@]}" --mkfs -i a --monmap "$work/monmap" --keyring "$keys" 2>>"$work/log/setup" || fail "the monitor's store could not be made"
  ceph-mon "${conf[@]}" -f -i a 2>>"$work/log/mon.err" &
  daemons+=($!)
  local store_id
  store_id=$(cat /proc/sys/kernel/random/uuid)
  attend timeout 60 ceph "${tool[@]}" --connect-timeout 60 osd new "$store_id" 0 || fail "the monitor does not answer"
  ceph-osd "${conf[@]}" --mkfs -i 0 --osd-uuid "$store_id" 2>>"$work/log/setup" || fail "the store could not be made"
  ceph-osd "${conf[@]}" -f -i 0 2>>"$work/log/osd.err" &
  daemons+=($!)
  attend timeout "$start_seconds_max" radosgw-admin "${tool[@]}" user create --uid cordon --display-name cordon \
    --access-key "$access_key" --secret "$secret_key" || fail "the user could not be made"
  radosgw "${tool[@]}" -f -n client.admin 2>>"$work/log/rgw.err" &
  daemons+=($!)
  local tries
  for ((tries = 0; tries < start_seconds_max * 5; tries++)); do
    kill -0 "${daemons[2]}" 2>/dev/null || fail "the gateway died at start"
    if curl -s -o /dev/null --noproxy '*' --max-time 2 "http://127.0.0.1:$port/"; then break; fi
    sleep 0.2
  done
  ((tries < start_seconds_max * 5)) || fail "the gateway does not answer"
  echo "endpoint: http://127.0.0.1:$port"
  # A daemon that ends by itself ends the peer; a signal comes through at once because wait is a builtin.
  wait -n || true
  fail "a daemon ended by itself"
}

case "${1:-}:$#" in
  install:1) install_radosgw ;;
  run:2) run_radosgw "$2" ;;
  *) echo "usage: $0 install | run PORT" >&2; exit 2 ;;
esac
