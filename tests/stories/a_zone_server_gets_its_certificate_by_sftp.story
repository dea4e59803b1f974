A Zone Server gets its certificate by SFTP.
Two appliances have never heard of each other. Their operators let them, and the certificate travels both ways.

# tanadmin of each appliance may copy as tancopy to the other
on ts1   ssh-keys show tanadmin
  keep   public_key as ts1's key
  keep   fingerprint as ts1's fingerprint
on zs1   authorized-keys add tancopy --yes
  paste  {ts1's key}
on zs1   ssh-keys show tanadmin
  keep   public_key as zs1's key
on ts1   authorized-keys add tancopy --yes
  paste  {zs1's key}

# pasting the same key again changes nothing and says so
on ts1   authorized-keys add tancopy --yes
  paste  {zs1's key}
  refused  duplicate

# the Zone Server gets to know the Tanium Server, and only by the right fingerprint
on zs1   peer scan {ts1's address}
  keep   host_keys.0.fingerprint as ts1's host key
on zs1   peer add ts1 {ts1's address} --host-key SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --yes
  refused  host-key-changed
on zs1   peer add ts1 {ts1's address} --host-key {ts1's host key} --yes

on ts1   public-key export --yes
  keep   check_code as the root's code
on zs1   public-key import --from peer --peer ts1 --fingerprint 0000-0000-0000-0000-0000-0000-0000-0000 --yes
  refused
on zs1   public-key import --from peer --peer ts1 --fingerprint {the root's code} --yes
  same   check_code  {the root's code}

# without --yes nothing happens
on zs1   zone-server create-csr
  wrong use  needs-yes
on zs1   zone-server status
  is     exchanges  []

on zs1   zone-server create-csr --send --peer ts1 --yes
  keep   check_code as the code
on zs1   zone-server status
  is     exchanges.0.state  sent
  same   exchanges.0.check_code  {the code}

# nothing has been issued yet
on zs1   zone-server import-certificate --from peer --peer ts1 --yes
  not yet  step-missing

on ts1   zone-server import-request --from incoming --yes
  same   check_code  {the code}
  is     already_issued  false
  keep   serial as the serial
on ts1   zone-server import-request --from incoming --yes
  is     already_issued  true
  same   serial  {the serial}

on zs1   zone-server import-certificate --from peer --peer ts1 --yes
  same   check_code  {the code}
  is     version  1
  is     settings.ReportingTLSMode  2
  is     settings.RequireIncomingEncryption  0
on zs1   zone-server status
  is     exchanges.0.state  installed
