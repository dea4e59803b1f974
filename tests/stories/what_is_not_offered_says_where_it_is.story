What is not offered here says where it is.

on ts1   zone-server create-csr --yes
  not offered  not-offered
on zs1   zone-server import-request --from incoming --yes
  not offered  not-offered
on zs1   public-key export --yes
  not offered  not-offered

# words that nobody knows
on zs1   zone-server create-cheese --yes
  wrong use

# the way back in is never taken away
on zs1   authorized-keys list tanadmin
  keep   keys.0.fingerprint as my key
on zs1   authorized-keys remove tanadmin --fingerprint {my key} --yes
  refused  last-way-in
