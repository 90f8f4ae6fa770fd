# Second half of a guest's start, in its own root: what a distribution's start does for a node, then busybox init for good.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /run/lab/node.env
hostname "$NODE_NAME"
echo "$NODE_NAME" >/etc/hostname
mkdir -p /dev/pts /dev/shm /run/lock/lvm /run/sshd /var/lib/lxc /var/lib/svcmgr
mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
mkdir -p /lib/modules
ln -sfn "$NODE_MODULES" "/lib/modules/$(uname -r)"
# Nothing loads these when they are opened: their devices do not exist before.
modprobe -a loop dm_mod
# The host's own loop devices, locks and lists of mounts mean nothing here.
ln -sf /proc/self/mounts /etc/mtab
echo 1 >/proc/sys/kernel/panic_on_oops
ip link set lo up
for one in $NODE_NET; do
  ip address add "${one#*=}" dev "${one%%=*}"
  ip link set "${one%%=*}" up
done
cp -a /run/lab/files/. /
if [ -n "$NODE_SSHD" ]; then /usr/sbin/sshd -f /etc/ssh/lab_sshd_config -E /var/log/sshd.log & fi
# svcmgr as a package would install it: no services.d beside it, so that it uses /etc, /var and /run.
mkdir -p /usr/lib/svcmgr/bin /usr/lib/svcmgr/dist
mount --bind "$NODE_PROJECT/bin" /usr/lib/svcmgr/bin
mount --bind "$NODE_PROJECT/dist" /usr/lib/svcmgr/dist
cp "$NODE_PROJECT/package.json" /usr/lib/svcmgr/package.json
ln -sfn /usr/lib/svcmgr/bin/svcmgr /usr/bin/svcmgr
cat >/etc/inittab <<END
::respawn:$NODE_EXEC /run/lab/agent.mjs
::ctrlaltdel:/run/lab/busybox poweroff -f
END
exec /run/lab/busybox init
