"""One table of steps, done through each face at its own pair of appliances: what is said and audited is compared.

The verbs, the plain face and the screens are driven through a real `ssh`, as automation, a screen reader and an
operator at a terminal of 80 by 24 do it.
"""
