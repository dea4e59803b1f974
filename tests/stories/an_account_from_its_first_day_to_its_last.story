An account: its first password, a lock-out, a device that shows codes, and its end.

on zs1   users add erika --role tanadmin --yes
  keep   password as the first password
on zs1   users list
  is     users.0.user  erika
  is     users.0.must_change  true

# the first password is changed within the sign-in by it, and opens nothing before
on zs1   status
  as       erika
  answers  {the first password}
  answers  short
  answers  short
  shut out
on zs1   status
  as       erika
  answers  {the first password}
  answers  Zebra-Kettle-4
  answers  Zebra-Kettle-4
on zs1   status
  as       erika
  answers  {the first password}
  shut out
on zs1   status
  as       erika
  answers  Zebra-Kettle-4

# three wrong ones lock it, whatever comes then; tanadmin sees that in the menu, and lifts it there
on zs1   status
  as       erika
  answers  one
  shut out
on zs1   status
  as       erika
  answers  two
  shut out
on zs1   status
  as       erika
  answers  three
  shut out
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
  shut out
on zs1   users list
  is     users.0.locked_out  true
menu     zs1  C-U-1-3
  types  no
  shows  Unlock a user
on zs1   users list
  is     users.0.locked_out  true
menu     zs1  C-U-1-3
  types  yes
  shows  Neither the password nor the codes of this user are locked.
on zs1   status
  as       erika
  answers  Zebra-Kettle-4

# a device of her own: it counts once its first code was typed, and a code is taken once
on zs1   mfa enrol --yes
  as       erika
  answers  Zebra-Kettle-4
  keep   secret as the secret
on zs1   mfa confirm --yes
  as       erika
  answers  Zebra-Kettle-4
  paste  000000
  refused  wrong-code
on zs1   mfa confirm --yes
  as       erika
  answers  Zebra-Kettle-4
  paste  code of {the secret}
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
  answers  000000
  shut out
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
  answers  code of {the secret}
on zs1   users list
  is     users.0.device  true

# the device is lost
on zs1   mfa forget erika --yes
on zs1   users list
  is     users.0.device  false

# disabled, nothing of hers comes in; enabled, all of it does
on zs1   users disable erika --yes
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
  shut out
on zs1   users enable erika --yes
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
on zs1   users delete erika --yes
on zs1   status
  as       erika
  answers  Zebra-Kettle-4
  shut out
