Nobody locks himself out by taking away the key he is signed in with.

# the last way in is not taken away, on trial neither
on zs1   authorized-keys list tanadmin
  keep   keys.0.fingerprint as my key
on zs1   authorized-keys remove tanadmin --fingerprint {my key} --yes
  refused  last-way-in

key
on zs1   authorized-keys add tanadmin --yes
  paste  {second key}

# it holds at once, and nobody confirms it: it is back
on zs1   authorized-keys remove tanadmin --fingerprint {my key} --yes
on zs1   status
  shut out
on zs1   trial list
  by     second key
  is     trials.0.trial  T1
  is     trials.0.minutes_left  10
later    zs1
on zs1   trial list
  is     trials  []
on zs1   authorized-keys list tanadmin
  is     keys.0.fingerprint  {my key}
on zs1   trial confirm --yes
  refused  no-such-trial

# a second terminal signs in by the other key and keeps it
on zs1   authorized-keys remove tanadmin --fingerprint {my key} --yes
on zs1   trial confirm --yes
  by     second key
  is     trial  T2
later    zs1
on zs1   status
  shut out
on zs1   status
  by     second key
