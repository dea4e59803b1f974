#!/usr/bin/env bash
# What a box becomes: the console in an environment of its own, one service account, port 22. Running it again changes
# nothing that is already so. Wants TANOS_SOURCE (with wheelhouse/ and vagrant/), TANOS_NAME, TANOS_FQDN, TANOS_ROLE,
# TANOS_ADDRESS; takes TANOS_OPTIONS (for `tanos init`) and TANOS_OPERATOR_KEY (one public key line).
set -euo pipefail

: "${TANOS_SOURCE:?}" "${TANOS_NAME:?}" "${TANOS_FQDN:?}" "${TANOS_ROLE:?}" "${TANOS_ADDRESS:?}"
here="$TANOS_SOURCE/vagrant"
wheels="$TANOS_SOURCE/wheelhouse"
home=/var/lib/tanos/appliance
booted() { [ -d /run/systemd/system ]; }

if ! compgen -G "$wheels/tanos-*.whl" >/dev/null; then
    echo "No wheel of tanos in $wheels: run 'make wheelhouse' on the workstation first." >&2
    exit 1
fi

export DEBIAN_FRONTEND=noninteractive
missing=()
for package in python3-venv openssh-server nftables; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# One service account, with nothing but its state directory.
getent passwd tanos >/dev/null || useradd --system --home-dir /var/lib/tanos --shell /usr/sbin/nologin tanos
install -d -m 0700 -o tanos -g tanos /var/lib/tanos

# The product's own environment: from the wheels that were brought along, with hashes, and from nowhere else.
[ -x /opt/tanos/bin/python ] || python3 -m venv /opt/tanos
/opt/tanos/bin/pip install --quiet --disable-pip-version-check --no-index --find-links "$wheels" \
    --require-hashes -r "$here/requirements.lock"
/opt/tanos/bin/pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall \
    "$wheels"/tanos-*.whl
/opt/tanos/bin/python -m compileall -q /opt/tanos/lib || true
for program in tanos KeyUtility TaniumReceiver; do
    ln -sfn "/opt/tanos/bin/$program" "/usr/local/bin/$program"
done

# The appliance itself, once.
if ! [ -e "$home/appliance.toml" ]; then
    key=/run/tanos-operator.pub
    printf '%s\n' "${TANOS_OPERATOR_KEY:-}" | install -m 0644 /dev/stdin "$key"
    options=(--role "$TANOS_ROLE" --name "$TANOS_NAME" --fqdn "$TANOS_FQDN" --address "$TANOS_ADDRESS")
    read -ra more <<<"${TANOS_OPTIONS:-}"
    [ -z "${TANOS_OPERATOR_KEY:-}" ] || options+=(--authorized-key "$key")
    runuser -u tanos -- /opt/tanos/bin/tanos init "$home" "${options[@]}" "${more[@]}"
    rm -f "$key"
fi

# Names of the lab, so that operators and appliances can say them.
for entry in "192.168.56.11 ts1.lab.test ts1" "192.168.56.12 zs1.lab.test zs1"; do
    grep -qxF "$entry" /etc/hosts || printf '%s\n' "$entry" >>/etc/hosts
done

# The box's own OpenSSH moves aside to 2222; the console takes port 22 of the appliance's address.
printf 'TANOS_ADDRESS=%s\n' "$TANOS_ADDRESS" >/etc/tanos.env
install -d /etc/ssh/sshd_config.d /etc/nftables.d
printf 'Port 2222\n' >/etc/ssh/sshd_config.d/10-aside.conf
sed "s/@APPLIANCE@/$TANOS_ADDRESS/" "$here/aside.nft" >/etc/nftables.d/tanos-aside.nft
grep -q 'nftables.d/\*.nft' /etc/nftables.conf || printf 'include "/etc/nftables.d/*.nft"\n' >>/etc/nftables.conf
install -m 0644 "$here/tanos.service" "$here/tanos-relying.service" /etc/systemd/system/

# Who else presents the appliance's certificates is root's to write down; what stands there is kept.
install -d -m 0755 /etc/tanos /etc/tanos/relying
[ -e /etc/tanos/relying.toml ] || install -m 0644 "$here/relying.toml" /etc/tanos/relying.toml

if booted; then
    systemctl daemon-reload
    systemctl disable --now ssh.socket 2>/dev/null || true
    systemctl enable --quiet nftables ssh tanos tanos-relying
    systemctl restart nftables ssh tanos-relying tanos
fi
echo "$TANOS_NAME is ready: ssh tanadmin@$TANOS_ADDRESS"
