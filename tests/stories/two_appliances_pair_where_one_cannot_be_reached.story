Two appliances pair, of which one reaches the other and is not reached itself: the same six steps, by paste.
The one that reaches begins whatever is carried, in both directions.

# step 1: zs1 shows its text; nothing answers at the address in it
on zs1   peer pairing-text --address 127.0.0.1:9
  keep   text as zs1's text
  keep   check_code as zs1's code

# steps 2 and 3: ts1 takes it all the same
on ts1   peer pair --check-code {zs1's code} --yes
  paste  {zs1's text}
  is     changed  true
  keep   answer.text as ts1's text
  keep   answer.check_code as ts1's code
on ts1   peer test zs1 --yes
  not yet  peer-unreachable

# steps 4 and 5: zs1 takes what ts1 answered, and its ways work at once
on zs1   peer pair --check-code {ts1's code} --yes
  paste  {ts1's text}
  is     peer.arrows.0.state  works
  is     peer.arrows.1.state  works
  is     answer  {}

# what works is seen on both; there is nothing left to do
on ts1   peer pairing
  is     peers.0.arrows.0.state  fails
  is     peers.0.arrows.2.state  works
  is     peers.0.arrows.3.state  works

# and zs1 alone carries both ways
on ts1   public-key export --yes
  keep   check_code as the root's code
on zs1   public-key import --from peer --fingerprint {the root's code} --yes
on zs1   zone-server create-csr --send --yes
  keep   check_code as the code
on ts1   zone-server import-request --from incoming --yes
  same   check_code  {the code}
on zs1   zone-server import-certificate --from peer --yes
  is     version  1
