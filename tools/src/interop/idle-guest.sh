#!/usr/bin/env bash
# Makes the initrd of an idle Linux guest for `aerostat bench migration --qemu --qemu-kernel KERNEL --qemu-initrd OUT`.
#
#   idle-guest.sh MODULES_DIR BUSYBOX OUT [MIB]
#
# MODULES_DIR  where virtio.ko, virtio_ring.ko, virtio_pci*.ko and virtio_balloon.ko lie (…/kernel/drivers/virtio)
# BUSYBOX      a static busybox
# MIB          random bytes to fill memory with, default 0: with the structs of its pages, Linux alone has some 240 MiB of 8 GiB
#              in use, about what our idle guest is filled with
#
# Needs cpio and gzip.
set -euo pipefail
[ $# -eq 3 ] || [ $# -eq 4 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
modules=$1 busybox=$2 out=$3 fill=${4:-0}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/fill"
cp "$busybox" "$root/bin/busybox"
for m in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_balloon; do cp "$modules/$m.ko" "$root/"; done
cat > "$root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t devtmpfs dev /dev; mount -t tmpfs fill /fill
for m in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_balloon; do insmod /\$m.ko; done
[ $fill -eq 0 ] || dd if=/dev/urandom of=/fill/content bs=1M count=$fill
echo READY
while true; do sleep 1000; done
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$out"
