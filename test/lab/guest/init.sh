#!/bin/busybox sh
# First process of a guest, in its initramfs: the root is the host's own tree, read only, below an overlay that lives on the node's disk.
# So a node has the very programs and the project of the host, can break nothing of it, and keeps what it wrote when its plug is pulled.
set -e
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod "/modules/$module"; done
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host /host
mount -t ext4 /dev/vda /disk
mkdir -p /disk/upper /disk/work
mount -t overlay -o lowerdir=/host,upperdir=/disk/upper,workdir=/disk/work node /new
mount -t tmpfs -o mode=755 run /new/run
mount -t tmpfs -o mode=1777 tmp /new/tmp
cp -a /lab /new/run/lab
cp /bin/busybox /new/run/lab/busybox
# /dev: the lower one is the host's.
for folder in proc sys dev; do mount --move "/$folder" "/new/$folder"; done
exec switch_root /new /run/lab/busybox sh /run/lab/rc.sh
