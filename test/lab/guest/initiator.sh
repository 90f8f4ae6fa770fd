#!/bin/bash
# Logs in to a target at each of these addresses: a path to the LUN each. Several are joined by device-mapper's multipath
# target as /dev/mapper/lun, with the UUID that multipathd would give it, so that LVM knows what to look at; read-only while they are.
# There is no multipathd: a path that failed comes back by `dmsetup message lun 0 reinstate_path MAJOR:MINOR`.
# Not by discovery: a login to all that is discovered would hang on the portal of the other node.
# Usage: initiator.sh TARGET ADDRESS...
set -euo pipefail
target=$1
shift
modprobe -a iscsi_tcp sd_mod sg
mkdir -p /run/lock/iscsi
pidof iscsid >/dev/null || iscsid
# A pulled plug may have torn the records of the last boot.
rm -rf /etc/iscsi/nodes /etc/iscsi/send_targets
for address; do
  iscsiadm -m node -o new -T "$target" -p "$address:3260" >/dev/null
  iscsiadm -m node -T "$target" -p "$address:3260" -l >/dev/null
done
for ((tries = 0; tries < 200; tries++)); do
  disks=(/sys/class/iscsi_session/session*/device/target*/*/block/sd*)
  [ -e "${disks[0]}" ] && [ ${#disks[@]} -ge $# ] && break
  sleep 0.1
done
paths=
for disk in "${disks[@]##*/}"; do
  # The first command of a path may find a unit attention: it tells that the path is new, once.
  for _ in 1 2 3; do sg_turs "/dev/$disk" >/dev/null 2>&1 && break; done
  paths+=" $(cat "/sys/block/$disk/dev") 1"
done
[ ${#disks[@]} -gt 1 ] || exit 0
export DM_DISABLE_UDEV=1
modprobe -a dm_multipath dm_round_robin
wwid=3$(sed 's/^naa\.//' "/sys/block/${disks[0]##*/}/device/wwid")
readonly=
[ "$(cat "/sys/block/${disks[0]##*/}/ro")" = 0 ] || readonly=--readonly
dmsetup create lun $readonly --uuid "mpath-$wwid" \
  --table "0 $(cat "/sys/block/${disks[0]##*/}/size") multipath 0 0 1 1 round-robin 0 ${#disks[@]} 1$paths"
