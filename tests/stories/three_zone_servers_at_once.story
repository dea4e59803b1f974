Three Zone Servers at once do not disturb each other.
Each has its request waiting at the Tanium Server at the same time; each gets its own certificate, in any order.

with zs2,zs3

on ts1   public-key export --yes
  keep   public_key as tanium.pub
  keep   check_code as the root's code
on zs1   public-key import --from paste --fingerprint {the root's code} --yes
  paste  {tanium.pub}
on zs2   public-key import --from paste --fingerprint {the root's code} --yes
  paste  {tanium.pub}
on zs3   public-key import --from paste --fingerprint {the root's code} --yes
  paste  {tanium.pub}

on ts1   zone-server status
  keep   installed.check_code as the server's own code

# each Zone Server sends what it made; all three may sign in as tancopy at ts1
on zs1   ssh-keys show tanadmin
  keep   public_key as zs1's key
on zs2   ssh-keys show tanadmin
  keep   public_key as zs2's key
on zs3   ssh-keys show tanadmin
  keep   public_key as zs3's key
on ts1   authorized-keys add tancopy --yes
  paste  {zs1's key}
on ts1   authorized-keys add tancopy --yes
  paste  {zs2's key}
on ts1   authorized-keys add tancopy --yes
  paste  {zs3's key}
on zs1   peer scan {ts1's address}
  keep   host_keys.0.fingerprint as ts1's host key
on zs1   zone-server create-csr --send --peer ts1 --host 127.0.0.1 --port {ts1's port} --host-key {ts1's host key} --yes
  keep   check_code as the first code
on zs2   zone-server create-csr --send --peer ts1 --host 127.0.0.1 --port {ts1's port} --host-key {ts1's host key} --yes
  keep   check_code as the second code
on zs3   zone-server create-csr --send --peer ts1 --host 127.0.0.1 --port {ts1's port} --host-key {ts1's host key} --yes
  keep   check_code as the third code

# which of three is meant must be said
on ts1   zone-server import-request --from incoming --yes
  refused  several-files

on ts1   zone-server import-request --from incoming --file reporting-{third group}.csr --yes
  same   check_code  {the third code}
on ts1   zone-server import-request --from incoming --file reporting-{first group}.csr --yes
  same   check_code  {the first code}
on ts1   zone-server import-request --from incoming --file reporting-{second group}.csr --yes
  same   check_code  {the second code}

on zs2   zone-server import-certificate --from peer --peer ts1 --yes
  same   check_code  {the second code}
on zs3   zone-server import-certificate --from peer --peer ts1 --yes
  same   check_code  {the third code}
on zs1   zone-server import-certificate --from peer --peer ts1 --yes
  same   check_code  {the first code}

# and the server's own pair is what it was
on ts1   zone-server status
  same   installed.check_code  {the server's own code}
