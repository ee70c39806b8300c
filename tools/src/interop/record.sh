#!/usr/bin/env bash
# Records what a stock Linux guest and QEMU's balloon device do, as one trace in Aerostat's format.
#
#   record.sh KERNEL MODULES_DIR BUSYBOX > linux-VERSION-qemu-VERSION.trace
#
# KERNEL       a bzImage with ACPI and PVH (Debian's linux-image package has one in boot/)
# MODULES_DIR  where virtio.ko, virtio_ring.ko, virtio_mmio.ko and virtio_balloon.ko lie (…/kernel/drivers/virtio)
# BUSYBOX      a static busybox
#
# Needs qemu-system-x86_64 (7.2 or later, for microvm's virtio-mmio), cpio and gzip. Emulation is enough; it takes about two minutes.
# -icount: guest time follows its instructions, so that a busy host does not upset the calibration of its clock.
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2; exit 2; }
kernel=$1 modules=$2 busybox=$3
aerostat=$(cd "$(dirname "$0")/../../.." && pwd)/aerostat
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT

mkdir -p "$work/root/bin" "$work/root/dev" "$work/root/proc" "$work/root/sys"
cp "$busybox" "$work/root/bin/busybox"
for m in virtio_ring virtio virtio_mmio virtio_balloon; do cp "$modules/$m.ko" "$work/root/"; done
cat > "$work/root/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in virtio_ring virtio virtio_mmio virtio_balloon; do insmod /$m.ko; done
echo READY
while read -r line; do eval "$line"; done < /dev/ttyS0
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/initrd.gz"

log=$work/qemu.log console=$work/console.txt qmp=$work/qmp.sock

boot() { # NAME BALLOON_OPTIONS APPEND
  echo "boot: $1" >&2
  rm -f "$log" "$work"/console.* "$work/marks"
  qemu-system-x86_64 -M microvm,acpi=on,rtc=on -cpu max -accel tcg -icount shift=2 -m 512M -nodefaults -no-user-config -nographic \
    -kernel "$kernel" -initrd "$work/initrd.gz" -append "console=ttyS0 quiet panic=-1 $3" \
    -object iothread,id=io0 -global virtio-mmio.force-legacy=false -device "virtio-balloon-device,id=balloon0,$2" \
    -chardev "pty,id=serial,logfile=$console" -serial chardev:serial -qmp "unix:$qmp,server=on,wait=off" \
    -d "trace:virtio_*,trace:virtqueue_*" -D "$log" > "$work/pty" &
  pid=$!
  for _ in $(seq 240); do grep -qs READY "$console" && break; sleep 0.5; done
  grep -qs READY "$console" || { echo "the guest does not boot:" >&2; cat "$console" >&2; exit 1; }
  sleep 1
  echo "0 $1" > "$work/marks"
}
mark() { sleep 1; echo "$(stat -c %s "$log") $1" >> "$work/marks"; }
tell() { "$aerostat" qmp "unix:$qmp" "$@"; }
finish() {
  tell quit > /dev/null 2>&1 || true
  wait "$pid" || true
  pid=
  local from name rest to
  while read -r from name; do
    to=$(awk -v f="$from" '$1 > f {print $1; exit}' "$work/marks")
    echo "# $name"
    head -c "${to:-$(stat -c %s "$log")}" "$log" | tail -c +$((from + 1))
  done < "$work/marks" >> "$work/all.log"
}

boot probe free-page-hint=on,free-page-reporting=on,page-poison=on,iothread=io0 ""
mark report; sleep 6
mark inflate; tell balloon value=520093696 > /dev/null; sleep 2
mark deflate; tell balloon value=536870912 > /dev/null; sleep 6
mark stats
tell qom-set path=/machine/peripheral/balloon0 property=guest-stats-polling-interval value=1 > /dev/null; sleep 3
tell qom-set path=/machine/peripheral/balloon0 property=guest-stats-polling-interval value=0 > /dev/null
mark hint
tell migrate 'uri=exec:cat > /dev/null' > /dev/null
for _ in $(seq 60); do tell query-migrate | grep -q completed && break; sleep 0.5; done
tell cont > /dev/null; sleep 1
finish

for hint in off on; do for reporting in off on; do
  boot "features hint=$hint reporting=$reporting poison=on" "page-poison=on,free-page-hint=$hint,free-page-reporting=$reporting$([ $hint = off ] || echo ,iothread=io0)" ""
  finish
done; done
for poison in off on; do for append in page_poison=1 init_on_free=1 "page_poison=1 init_on_free=1"; do
  boot "features poison=$poison append=${append// /,}" "free-page-hint=on,free-page-reporting=on,page-poison=$poison,iothread=io0" "$append"
  finish
done; done

"$aerostat" interop convert "$work/all.log"
