/** The service of crash-lab.ts: its file, and the programs of its two applications. */

export const address = '10.9.7.1';

/** `shims`: the folder of the tools that count. */
export function serviceText(folder: string, shims: string): string {
  return `[vg#1]
type = loop
file = ${folder}/image
[fs#1]
type = ext4
dev = ${folder}/image
mnt = ${folder}/data
[fs#2]
type = tmpfs
size = 1m
mnt = ${folder}/data/sub
[ip#1]
type = host
ipname = ${address}
netmask = 24
ipdev = svc0
check_conflict = false
[app#1]
type = simple
start = ${shims}/serve run
check = ${shims}/serve check
timeout = 20s
[app#2]
type = forking
script = ${shims}/ctl
start = true
stop = true
check = true
`;
}

/** Two of them at once would write `twice`. At TERM it may kill the command line that sent it, before or instead of ending. */
export function serveText(box: string): string {
  return `#!/bin/sh
box=${box}
case $1 in check) exec [ -e "$box/serve.up" ] ;; esac
cd "$box" || exit 1
mkdir serve.up 2>/dev/null || echo serve >> twice
ended() {
  trap '' TERM
  what=nothing
  [ ! -e on-term ] || read -r what < on-term
  rm -f on-term
  case $what in
  during) kill -9 "$(cat cli)"; : > held; while [ ! -e go ]; do sleep 0.02; done ;;
  after) kill -9 "$(cat cli)" ;;
  esac
  kill $!
  rmdir serve.up
  exit 0
}
trap ended TERM
sleep 3600 &
wait
ended
`;
}

/** The start, stop and check of an application that goes into the background. */
export function ctlText(box: string): string {
  return `#!/bin/sh
cd ${box} || exit 1
case $1 in
check) exec [ -e daemon.pid ] ;;
start) [ ! -e daemon.pid ] || echo daemon >> twice
  ./daemon </dev/null >/dev/null 2>&1 &
  echo $! > daemon.pid ;;
stop) kill "$(cat daemon.pid)"; rm -f daemon.pid ;;
esac
`;
}

/** What it leaves running. */
export const daemonText = `#!/bin/sh
trap 'kill $!; exit 0' TERM
sleep 3600 &
wait
`;
