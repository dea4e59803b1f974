A courier carries what no network joins.
The appliances cannot reach each other; the administrator's workstation reaches both, with its own ssh configuration.

on ts1   public-key export --yes
  keep   check_code as the root's code
on zs1   zone-server create-csr --yes
  keep   check_code as the code

desk     courier zs1-files ts1-files
on ts1   zone-server import-request --from incoming --yes
  same   check_code  {the code}

desk     courier ts1-files zs1-files
on zs1   public-key import --from incoming --fingerprint {the root's code} --yes
on zs1   zone-server import-certificate --from incoming --yes
  same   check_code  {the code}
  is     version  1
