#!/usr/bin/env bash
# Runs provision.sh for real in a debootstrap root, starts the console by hand under its service account, and signs in.
# Wants root, debootstrap and `make wheelhouse`; where it may not run, it says why and ends well (status 0).
set -euo pipefail

suite=${TANOS_SUITE:-trixie}
here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || { echo "vm-smoke: skipped, it needs root"; exit 0; }
for program in debootstrap unshare ip ssh-keygen ssh setpriv; do
    command -v "$program" >/dev/null || { echo "vm-smoke: skipped, $program is missing"; exit 0; }
done
compgen -G "$here/../wheelhouse/tanos-*.whl" >/dev/null || { echo "vm-smoke: run 'make wheelhouse' first"; exit 1; }

# The mirror is the one this machine's own apt uses.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | awk 'NR == 1')
work=$(mktemp -d)
root=$work/root
clean_up() {
    for place in dev/pts dev proc; do umount "$root/$place" 2>/dev/null || true; done
    rm -rf --one-file-system "$work"
}
trap clean_up EXIT

echo "vm-smoke: debootstrap $suite"
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log"; exit 1; }
for file in /etc/resolv.conf /etc/apt/apt.conf.d/*proxy* /etc/ssl/certs/ca-certificates.crt; do
    [ -e "$file" ] && install -D -m 0644 "$file" "$root$file"
done
ssh-keygen -q -t ed25519 -N '' -f "$work/operator"

mkdir -p "$root/tmp/tanos"
cp -r "$here/../wheelhouse" "$root/tmp/tanos/wheelhouse"
cp -r "$here" "$root/tmp/tanos/vagrant"
provision() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TANOS_SOURCE=/tmp/tanos TANOS_NAME=zs1 \
        TANOS_FQDN=zs1.lab.test TANOS_ROLE=zone-server TANOS_ADDRESS=192.168.56.12 TANOS_OPTIONS='' \
        TANOS_OPERATOR_KEY="$(cat "$work/operator.pub")" chroot "$root" /tmp/tanos/vagrant/provision.sh
}
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts devpts "$root/dev/pts" -o ptmxmode=0666
echo "vm-smoke: provision.sh"
provision
echo "vm-smoke: provision.sh again"
provision

echo "vm-smoke: serve under the service account, in a network of its own, and sign in"
export root work
# shellcheck disable=SC2016
unshare --net bash -euo pipefail -c '
    ip link set lo up
    ip address add 192.168.56.12/24 dev lo
    account=$(chroot "$root" id -u tanos)
    group=$(chroot "$root" id -g tanos)
    chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin LANG=C.UTF-8 setpriv --reuid="$account" --regid="$group" \
        --clear-groups --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service \
        --bounding-set=-all,+net_bind_service --no-new-privs \
        /opt/tanos/bin/tanos serve /var/lib/tanos/appliance --listen 192.168.56.12 --ssh-port 22 >"$work/serve.log" &
    serve=$!
    trap "kill $serve; wait $serve || true" EXIT
    until grep -q "^listening" "$work/serve.log"; do
        kill -0 "$serve" || { cat "$work/serve.log"; exit 1; }
        sleep 0.1
    done
    printf "192.168.56.12 %s\n" "$(cut -d" " -f1,2 "$root/var/lib/tanos/appliance/ssh/ssh_host_ed25519_key.pub")" \
        >"$work/known_hosts"
    ssh -F /dev/null -i "$work/operator" -o IdentitiesOnly=yes -o UserKnownHostsFile="$work/known_hosts" \
        -o StrictHostKeyChecking=yes -o BatchMode=yes tanadmin@192.168.56.12 status --json
'
echo "vm-smoke: passed"
