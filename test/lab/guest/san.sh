#!/bin/bash
# Exports a disk of this guest as one LUN of an iSCSI target, with real SCSI-3 persistent reservations (LIO); without a disk, it only makes LIO ready.
# Usage: san.sh [DISK ADDRESS...]
set -euo pipefail
# Where LIO keeps reservations; without them it answers the first change of each with NOT READY.
mkdir -p /etc/target/pr /var/target/pr
modprobe -a target_core_mod target_core_iblock target_core_file iscsi_target_mod
mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
[ $# -gt 0 ] || exit 0
disk=$1
shift
core=/sys/kernel/config/target/core/iblock_0/lun0
tpg=/sys/kernel/config/target/iscsi/iqn.2026-11.svcmgr.lab:san/tpgt_1
mkdir -p "$core"
echo "udev_path=$disk" >"$core/control"
echo 1 >"$core/enable"
echo 00000000-0000-4000-8000-000000000001 >"$core/wwn/vpd_unit_serial"
mkdir -p "$tpg/lun/lun_0"
ln -s "$core" "$tpg/lun/lun_0/disk"
for setting in authentication=0 generate_node_acls=1 cache_dynamic_acls=1 demo_mode_write_protect=0; do
  echo "${setting#*=}" >"$tpg/attrib/${setting%%=*}"
done
for address; do mkdir -p "$tpg/np/$address:3260"; done
echo 1 >"$tpg/enable"
