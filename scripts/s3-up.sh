#!/usr/bin/env bash
# Starts an S3 server for tests on 127.0.0.1: Ceph's object gateway over one OSD that keeps all in memory.
#
#   s3-up.sh run DIR PORT MON_PORT   takes MON_PORT + 1 too; prints the endpoint when it is ready, serves until its input ends
#   s3-up.sh start DIR [PORT]        the same in the background (PORT: 7480), to be ended by
#   s3-up.sh stop DIR
#
# Key and secret are "lfsbtest"; buckets are addressed by path. Nothing outlives the server.
set -euo pipefail

readonly NEEDED=(ceph-mon ceph-osd radosgw)
readonly READY_TRIES_MAX=240 # of 0.25 s
readonly STEP_SECONDS_MAX=60

fail() { printf '%s\n' "$*" >&2; exit 2; }

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

need_tools() {
  for tool in "${NEEDED[@]}"; do
    command -v "$tool" >/dev/null ||
      fail "missing $tool: apt-get install --no-install-recommends ${NEEDED[*]}"
  done
}

write_config() {
  cat > "$dir/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$mon_port/0,v1:127.0.0.1:$((mon_port + 1))/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms client mode = crc
ms service mode = crc
ms cluster mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 8589934592
mon allow pool size one = true
mon max pg per osd = 500
mon data = $dir/mon
osd data = $dir/osd
rgw data = $dir/rgw
# Real stores ask for parts of 5 MiB; tests use smaller ones.
rgw multipart min part size = 65536
run dir = $dir/run
pid file = $dir/run/\$name.pid
admin socket = $dir/run/\$name.asok
log file = $dir/\$name.log
keyring = $dir/keyring
CONF
}

# The daemons go to the background by themselves and leave their process ids in run/. A step that fails ends it: with no
# monitor, as when another process took its port, the others would wait for one until their time is over.
start_daemons() {
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' &&
    ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' &&
    monmaptool --create --fsid "$(sed -n 's/^fsid = //p' "$dir/ceph.conf")" \
      --addv a "[v2:127.0.0.1:$mon_port,v1:127.0.0.1:$((mon_port + 1))]" "$dir/monmap" &&
    ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring" &&
    timeout "$STEP_SECONDS_MAX" ceph-mon -i a &&
    ceph-osd --mkfs -i 0 --osd-uuid "$(cat /proc/sys/kernel/random/uuid)" &&
    timeout "$STEP_SECONDS_MAX" ceph-osd -i 0 &&
    timeout "$STEP_SECONDS_MAX" radosgw -n client.admin --rgw_frontends="beast endpoint=127.0.0.1:$port"
}

wait_until_ready() {
  for ((try = 0; try < READY_TRIES_MAX; try++)); do
    curl -sf -o /dev/null "http://127.0.0.1:$port/" && return
    sleep 0.25
  done
  fail "no answer on port $port; see $dir/*.log"
}

stop_daemons() {
  for file in "$dir"/run/*.pid; do
    [ -f "$file" ] || continue
    # Nothing here is worth an orderly end.
    kill -9 "$(cat "$file")" 2>/dev/null || true
    rm -f "$file"
  done
}

start() {
  need_tools
  if [ -e "$dir/ceph.conf" ]; then stop_daemons; elif [ -n "$(ls -A "$dir")" ]; then fail "$dir is not empty"; fi
  rm -rf "$dir"/{mon,osd,rgw,run,keyring,monmap}
  mkdir -p "$dir"/{mon,osd,rgw,run}
  write_config
  export CEPH_CONF="$dir/ceph.conf"
  start_daemons > "$dir/start.log" 2>&1 || fail "could not start; see $dir/start.log"
  wait_until_ready
  timeout "$STEP_SECONDS_MAX" radosgw-admin user create --uid=lfsbtest --display-name=lfsbtest \
    --access-key=lfsbtest --secret-key=lfsbtest > "$dir/user.log" 2>&1 || fail "no user; see $dir/user.log"
  echo "http://127.0.0.1:$port"
}

[ $# -ge 2 ] || usage
dir=$(mkdir -p "$2" && cd "$2" && pwd)
port=${3:-7480}
mon_port=${4:-$((port + 1000))}
case $1 in
  run)
    trap stop_daemons EXIT
    start
    cat > /dev/null
    ;;
  start) start ;;
  stop) stop_daemons ;;
  *) usage ;;
esac
