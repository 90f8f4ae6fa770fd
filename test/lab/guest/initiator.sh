#!/bin/bash
# Logs in to the target of the san at each of these addresses: a path to the LUN each. Prints the paths' devices, one a line.
# Not by discovery: a login to all that is discovered would hang on the portal of the other node.
# Usage: initiator.sh ADDRESS...
set -euo pipefail
target=iqn.2026-11.svcmgr.lab:san
modprobe -a iscsi_tcp sd_mod sg
mkdir -p /run/lock/iscsi
pidof iscsid >/dev/null || iscsid
for address; do
  iscsiadm -m node -o new -T "$target" -p "$address:3260" >/dev/null
  iscsiadm -m node -T "$target" -p "$address:3260" -l >/dev/null
done
for ((tries = 0; tries < 200; tries++)); do
  disks=(/sys/class/iscsi_session/session*/device/target*/*/block/sd*)
  [ -e "${disks[0]}" ] && [ ${#disks[@]} -ge $# ] && break
  sleep 0.1
done
for disk in "${disks[@]}"; do
  device=/dev/${disk##*/}
  # The first command of a path may find a unit attention: it tells that the path is new, once.
  for _ in 1 2 3; do sg_turs "$device" >/dev/null 2>&1 && break; done
  echo "$device"
done
