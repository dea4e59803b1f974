Two appliances pair.
Each shows the other a text; both operators compare its check code; then files go both ways.

# step 1: ts1 shows its text
on ts1   peer pairing-text
  keep   text as ts1's text
  keep   check_code as ts1's code
  keep   key as ts1's key

# nobody is let in without the code that the other terminal shows, nor by another one
on zs1   peer pair --yes
  paste  {ts1's text}
  wrong use  missing-answer
on zs1   peer pair --check-code 0000-0000-0000-0000-0000-0000-0000-0000 --yes
  paste  {ts1's text}
  refused  other-check-code
on ts1   peer pair --check-code {ts1's code} --yes
  paste  {ts1's text}
  refused  own-pairing

# steps 2 and 3: zs1 takes it and, the code compared, lets ts1 in; it shows its own text
on zs1   peer pair --check-code {ts1's code}
  paste  {ts1's text}
  wrong use  needs-yes
on zs1   peer pairing
  is     peers  []
on zs1   peer pair --check-code {ts1's code} --yes
  paste  {ts1's text}
  same   peer.key  {ts1's key}
  is     changed  true
  is     peer.arrows.0.state  untested
  is     peer.arrows.2.state  untested
  keep   answer.text as zs1's text
  keep   answer.check_code as zs1's code
on zs1   peer test ts1 --yes
  not yet  key-not-accepted

# steps 4 and 5: ts1 takes that, lets zs1 in, and tries its ways
on ts1   peer pair --check-code {zs1's code} --yes
  paste  {zs1's text}
  is     peer.arrows.0.state  works
  is     peer.arrows.1.state  works
  is     peer.arrows.2.state  untested
  is     answer  {}

# step 6: zs1 tries its own
on zs1   peer test --yes
  is     arrows.0.state  works
  is     arrows.1.state  works
  is     arrows.2.state  works
  is     arrows.3.state  works
on ts1   peer pairing
  is     peers.0.arrows.2.state  works
  is     peers.0.arrows.3.state  works

# the same text again changes nothing
on zs1   peer pair --check-code {ts1's code}
  paste  {ts1's text}
  is     changed  false

# and the way is open for what it is made for
on ts1   public-key export --yes
  keep   check_code as the root's code
on zs1   public-key import --from peer --fingerprint {the root's code} --yes
on zs1   zone-server create-csr --send --yes
  keep   check_code as the code
on ts1   zone-server import-request --from incoming --yes
  same   check_code  {the code}
on zs1   zone-server import-certificate --from peer --yes
  is     version  1

# a key that is taken away again is a way that fails, on both sides, and both say why
on ts1   peer pairing
  keep   peers.0.key as zs1's key
on ts1   authorized-keys remove tancopy --fingerprint {zs1's key} --yes
on ts1   peer pairing
  is     peers.0.arrows.2.id  key-not-here
on zs1   peer test --yes
  not yet  key-not-accepted
on zs1   peer pairing
  is     peers.0.arrows.0.id  key-not-accepted
