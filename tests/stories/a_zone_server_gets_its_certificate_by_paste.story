A Zone Server gets its certificate by copy and paste.
No network runs between the appliances: two terminals and a clipboard are all there is.

on ts1   public-key export --yes
  keep   public_key as tanium.pub
  keep   check_code as the root's code
on zs1   public-key import --from paste --fingerprint {the root's code} --yes
  paste  {tanium.pub}
  same   check_code  {the root's code}

on zs1   zone-server create-csr --common-name zs1.lab.test --alt-name zs1.dmz.test --yes
  keep   check_code as the code
  keep   csr as the request
on ts1   zone-server import-request --from paste --yes
  paste  {the request}
  same   check_code  {the code}
  keep   certificate as the certificate

# a request pasted where a certificate is awaited is named for what it is
on zs1   zone-server import-certificate --from paste --yes
  paste  {the request}
  refused  wrong-block

on zs1   zone-server import-certificate --from paste --yes
  paste  {the certificate}
  same   check_code  {the code}
  is     version  1

# the running service serves it at once, with nothing started again
  same   served.check_code  {the code}
  is     served.protocol  TLSv1.2

# once more: a new key, a new certificate, and the earlier one can be put back
on zs1   zone-server create-csr --yes
  keep   check_code as the second code
  keep   csr as the second request
on ts1   zone-server import-request --from paste --yes
  paste  {the second request}
  keep   certificate as the second certificate
  keep   serial as the second serial
on zs1   zone-server import-certificate --from paste --yes
  paste  {the second certificate}
  is     version  2
on zs1   zone-server restore-certificate 1 --yes
  same   check_code  {the code}
  same   served.check_code  {the code}

# the second one is never to be used again; its request has another one, of another serial
on ts1   issued revoke {the second serial} --reason superseded --dry-run
  keep   plan.confirm as the word
on ts1   issued revoke {the second serial} --reason superseded --yes
  wrong use  needs-yes
on ts1   issued revoke {the second serial} --reason superseded --confirm {the word}
  is     state  revoked
  keep   list as the number
on ts1   revocation-list show
  same   number  {the number}
  is     revoked  1
on ts1   zone-server import-request --from paste --yes
  paste  {the second request}
  is     already_issued  false
