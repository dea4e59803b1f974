"""Keys whose private half is published: examples of RFCs, Vagrant's, and what well-known libraries are tested with.

Invariant: each stands here since its private half was read where it is published (`docs/known-keys.md`); what stands
here is the mark of its public half, and no key.
"""

_PUBLISHED = {
    "RFC 9500": (
        "M2qy7zMkFfPsaRqWpN/S 839Kg7vOjj6BGMo4VBs5 levZ6IvQTDI42Vk8h1r4 1SRrw3dUH7dlCN5T1Sfr cY1NhheYMcr5/3BaCKWH"
    ),
    "RFC 7520": ("kcLHAsAkAEC6KoKlU1es mCTLF3WYanhWUPNCNZOW dk2T+6+k/3YM3QDiQuHm L6gmwkNkzTgR43ApHD7s"),
    "RFC 7515": ("xKjXbs9fcSpvmAUtlnoV CNTETtPeAFI/9iVADJVL"),
    "RFC 6605": ("8BfMOhrUr9AtvPfgOnFq ndK8Dj1fwQNdGrjtZUI6"),
    "RFC 6979": ("EJhckBubxsCYJY865D5P yriGDztNB3hZMT0qTvT+ CSX3x1M1XdPNPEkEAB1v"),
    "RFC 8410": ("50TAeRMgwyhUYO3bUj8U"),
    "RFC 8032": (
        "If4x36FUomFia/hUBG/S OfcT0KZEJT8EUpQhufUb 2sBz4BI73qWd2bO9qc9g kThMQR5a8pZI8X+SK0Am X5skfiplRxnxmOTyQdaw"
    ),
    "RFC 9216": ("H2MsG2npOj9vsR/wq+Hp"),
    "RFC 9635": ("TO9nEr4C3BnPBkIZw9GB"),
    "RFC 8696": ("dexDeToWgebwQ+tnT/2F"),
    "Vagrant (the insecure keys)": ("T9mXPJzCBu9fc2+1eIAN fjEN3XCM4kE1c0QMDkWH"),
    "CPython's tests": (
        "n5s0aT6uc49bEETdeOEf 5dcuLeqUmhURVCocNLN8 qb7G3nlKHnoX0/XCHA0r ssy4DfOqpEJhGQzerk+O "
        "ydhTR7wdX0uInYqYFSjn n/j7b7x5VZpAR37BSm1b oMeDQqoQkuEt6C1Gl+K0 nIYH02F0RnNDVYoFM0+b "
        "fa0IjddBEeI09I0oDXQY lzf/nA1jGo6WwxyQoXIN IXt1l0YnckKwV/oQM0KG t870yxU3lvewTq6QV/Il "
        "JxlcOu3hPCYrG5yPgSD3 VU992acmpdQURH0YuYBo x4qP/jH5QB0K/b8SdKtJ v5BS+kG228r1oNl0pvE4 "
        "2LGPCGXK9lGCBAkEyF9S +ryEe+JfG1R67zAJY2Jb"
    ),
    "the test vectors of pyca/cryptography": (
        "clO3i7qZ64RdJ9bJP11K j7h64uPoUrtVN48uptvv IKIjLqWT6JesJlpv4i/f mnH5tH4VIuZvDdkaEIny "
        "Md4RNQZA+c6BFj/MOSPf s9AwmrC9Ni8Tc9TvW9+8 vCslasEFHowKa+eh/ce0 e3FGZUKSXTvN2stzJmNP "
        "nkLr+PTLTIgxjGym7iA4 IGDO4hm2o31q3vVJKmf4 DebfO5t0KjBrkU2xkvnR +SFtJbmUMgleHP8Cfe0z "
        "uSoiD/zuufLsSmFcm3T+ hbO9uEsfc1g0mTPYzlvT yg/8U+MzMUhW8XDv7uQe o+/LeOCzkQlOee4Y/tSQ "
        "AEdNtQ9K4EhfPNjhjcCm 6+A+2ehZgphbLtyiG6Bg Z0HPj1gFLN250c+FX7Gz rcXQw9A9MbjnuFGAkrOo "
        "23Do37Qk+ImN4DQ76g0j 5WfGIvf5i/ya6KuGsc9X 7vmr3dXB0DkYHNDtJdXZ jTEo1q9e/S8tOTwc/mhV "
        "CPwiboVA3+BpMltkizd5 fLBKcxOV77tEDNLiJV19 6e/pptgeZRqER7+SvFYe l8A7C6Q6UseGDmv6oFmX"
    ),
    "Twisted's tests": (
        "iJ67UnBxuNV0bPK9IVen VGEM7bMUXDbUqR6sA1RT ieopyuwHyCTFj35C/drl iJKRxsPJvlCFqS4qAd+8 "
        "lwdgPkEThOBmBRqgQ2oS xUjkkN/zLM1ZtyyvnOOQ Iv/Zb5HujxL1MV8izhSD"
    ),
    "Tornado's tests": ("2NSEFEg7+FyP1oMw4Qi3"),
    "urllib3's tests": ("XxiqqdiPNvaj5JvLP337 U+868JeDyOhpzPeAztFm"),
    "the tests of Requests": ("e0Wg9lfl8oSaOPr56Xb9 A43wwLVeyN8mJ6pRQWIc OMKX3UNuWns41gAeTCj4 vGBMkx8p3e9Mh85f9po7"),
    "google-auth's tests": ("ypg72FG/Nd7JIH+G1WCD i+ML9BHfa3stfWOMUjEh LwrKmcTS3slF2XKDrHZ0"),
}
SHIPPED = {mark: source for source, marks in _PUBLISHED.items() for mark in marks.split()}
"""The mark of each (`name_of`), and where its private half stands."""
