// Key pairs made for tests, and what `openssl dgst -sign` made of two policies with the first.
//
//   printf '%s' "$POLICY" | openssl dgst -sha1 -sign key.pem | base64 -w0 | tr '+=/' '-_~'
#ifndef CLOUDLET_EDGE_SIGNED_URL_TESTING_H_
#define CLOUDLET_EDGE_SIGNED_URL_TESTING_H_

namespace cloudlet::edge {

// clang-format off
inline constexpr char kTestPrivateKey[] = R"(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDJ88js5BcEE/CI
5JgsTHwzXhkBlIgdaC65Ya8rjCbsPdjw57xeSx4q6W1UJOzm8kujITZJNxoCt+ZH
f3EhSKWN19utJ4qODr4iKlLpqp52GhXUZHM9ClfpS2jLu+Ga1sD+h8qu60zlTta4
XPvYe0me5BF9hSYVOLlzZptL2VZxqv9rjMdyAaRih5ePfhF/qtilu08D8SmYiUqV
21hvjxqcVv6p/kafs52fgpqrnZ3XF9YYTMRTemaQ+6ItlXotPd2fAL8eaMYKp4wB
AwOmolgXnaHXkJWI27UpiCkaG/6HVVRWm4sB5KClVJa069HNvWWY2cW1Opp+7NNH
8XrgKK8HAgMBAAECggEAFl/xKfXXavc+lhwlk/rhY9uQD7HCJuftDVL6UmvTwCbW
C1LRdu0BqaV1HHZ+3NOJd8htOE1nj1eKpu9CvHpNBVseFqAj5LtTa3ue9g6WQeV/
96ktb1zfApT9Rl1JkJsshMbMuPaO7XT/qyt6J7D5JiaEnZCL+JvxSAzdNdkdj7g8
4uX4fK5XaOspSIawnyOBDH2LchByqbvFXTcUDl08uf7t+D8fMewd6cejZuizuLAd
qt4ma9yX28V8TePnKBjBnxYw4m/aXJh1ZJ+j3F3pvejaq7h1nknqFiCL7WUl6qU6
nzNttLLE60g2TwZa8WQGu4m0Da9apyEw4WNtPdO6WQKBgQDvabMCe4njdzL+XgWY
PA0EiLFGVtbqBJuwuzBgvHbCTGL2a+dILPq2oyq51byH9EYaB50YXsC5HZGk2xCd
38h/DXe68L0ibpl4rjKEKVMXD1HV7w6AaBbJEjitfA28iVbj0D3wSKU+I2yKCIQ4
lM9xWj+4uyxbyt1nvukv3dXKPQKBgQDX8aw9PHVsZkA/gsYapAohiaUGeAJsoTRk
r/TJLiGUPaG+cZjLSfRQ3Z14CGYNVxEdKcKhM8OYNp57/KlHe8D4VEPy/HYOR/A/
o3IZLIJEUUrA7E+wRFwgKflrQqHL9aIFnGY+4ANtJzigNwvlhvQ5t0VFugPMB/EZ
S77CoGqmkwKBgQCX2SOn3HE9q5nVSg8kWlorWQOPSH7xWNDizCdIA+ETJV3TS+ca
mSS/eEgeLBly5ZUc511VWqvD/aQluqgUah6BryoUkKJ1V07SAzKZLpi71ISkOwao
nNxu1bbLGhagUT+iKK9QWtMr0U4DUpmCRag5DfPCmDzvT4EUTzsZmAsERQKBgHgQ
IKmzcb4hY9tsBGVPi2p2M1DTbNWlE5Jf2oP4qCbZ1ZIjasasibBkZ2cTlFoabKOA
Unx6YWfCBn/9TMk332SyxUzWXXU3PjbD0253tr3xTNTTDsN8XpRrggfG9lqGad0g
xiBzQLRxuCQsNusZC7UDVvqbn/zS9ZQQ7zEbK/ENAoGBAJcm/29o4nvOC1GZBWir
fBVcWJo7xDAXiSxaOJaegBmBix51qJ3iERD8JlKzK67viFgyDadN+73wUiEwNOFN
HE4+s1iyxaY1jWP9rAhf1EhFHvQhFZZQS7xEQ4LUZvK9YROSX+8+jsNEVmKYpo8L
z74hkBJXYGT6mcHOZNY6G1xe
-----END PRIVATE KEY-----
)";
inline constexpr char kTestPublicKey[] = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyfPI7OQXBBPwiOSYLEx8
M14ZAZSIHWguuWGvK4wm7D3Y8Oe8XkseKultVCTs5vJLoyE2STcaArfmR39xIUil
jdfbrSeKjg6+IipS6aqedhoV1GRzPQpX6Utoy7vhmtbA/ofKrutM5U7WuFz72HtJ
nuQRfYUmFTi5c2abS9lWcar/a4zHcgGkYoeXj34Rf6rYpbtPA/EpmIlKldtYb48a
nFb+qf5Gn7Odn4Kaq52d1xfWGEzEU3pmkPuiLZV6LT3dnwC/HmjGCqeMAQMDpqJY
F52h15CViNu1KYgpGhv+h1VUVpuLAeSgpVSWtOvRzb1lmNnFtTqafuzTR/F64Civ
BwIDAQAB
-----END PUBLIC KEY-----
)";
inline constexpr char kOtherPrivateKey[] = R"(-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDY/eaDRJOWIUDI
8YBv8Kjqakd3+WFo49llBUcbg7C+tD8XAGFRDXdotS/jnSPHqo+O8DbFcdCGAos0
9+8jm5GIW36neMHrD3GBjXlw07dZhAtdNDpdtjVhckXVtA71iv2RCjzX6rSprIYy
T/EQqtzaAhNc6hCjRhImxDQt4T7z9WLFk6wAvUAYKNbaSMYh5TKsCYUhoxKTWMe+
aqzrMrN5Aizc71DGKs8I46ra76tKsFZ2EfDmyo818h0bXlAYxVjkeElqsobsafBC
Bi3ESW4VTmN9r/gL4HuwdYu7KA/2XdQhAxZZh+/C7G5WRndq69SeharyHVFjKLR4
PnT1gshpAgMBAAECggEANHNvIGTXre78y3XA344TLpKhEumHd8S3vFkBvq9e7kIA
jA1N+LsiFX/SgxjtWKqsR9ddze08g+AiiRuzRO6qR4UiQNYKPcj+XVv2smSiybMG
0jE5OIS+M39dTRJYmVbPAxuv6Fs171uiFpBHS4mZl+LvjkKP4f+ijJdZq4tqXaqN
ZhBA22fltnM7YqLNLSC1tJYdlcTCILQCOCk0mKGnNcfRAMw2Jr0nZ2ApCqeT9CJ6
GdkwI6PJRdC6/BCJ5nBN7Bog4zJhlvGw9f+iiKOm7MIQGaMXWWsYnqd3jcUnuwpt
D7qZUAPjeCWDGRnIDXeMCi/xNk5S7ksOIZTxrYnQRwKBgQD5O5IcOGkV07dv+zLm
THYQQXBofqERZAG0TsrbnA6cFVg85B7Nk1wvRIBnfxPR/csXLrE5Awg9aWzfhMNe
D9DjqQIyUZJU+FFODeMPvh+b9TRzIQMY4xGC7pX7ZB4KYat1oTflXBSoFpPjuQoa
ICkU5jEVvlF0k5CImLsGcSIP+wKBgQDe4ji3oXe9V79BdoTCgyxMjI2mzq7YtFwU
JwSrJlUuIKv4Dubg/g5AixlljnpzQxyXd5xp886mrZkc1cpy1t0JQIjkhRhUIHef
xs34Id/568qUOunsu9V1mReH6rDC9S2SbVgpx+Jr1LKpjQVmyDW6UZvuZNd0HawO
vglcv9bH6wKBgQCoaqbbRwtL4ptsonTMxxJo/a92DUvOMqQsMapHKHd+5bWQwB5I
kLGUh1e1mFvOZQ/eBIFhozjoNtuJV2+lmk5v6P9A/XpCzOI0OpIbS0CU5OeifMZZ
BOgKcCsNi6P5I/L3NBBPfx++TjN1iM7YxK6+HqdAqDDm8+iRRZPsUHrSDQKBgAZ3
7kl2CDGYkFZoCCZVBD4cfifvK6fiZCG5mCsXa7VxAUyrsgupk+RPpScLYYZi1juX
HxT8HG098ImjssJude/EzbREIJagcphSfrvKz+NC8pgmtY9HTESjcslhCExALVho
j/x2bp3OiHjfPN7kxJppr+rVRmN6UPoEjeUBNEyNAoGBAKc/YPv2KUXii59e78R7
ksXgDogx7hntJ/t5Z/abWvBNDBbKv0RPIO5jnBw/IFHn40teAUVuYE6IcrbN7CE2
+bSSiKUN+L0sjFaUaCEg8uyWGjp5hZdMkkXb88rru8WxcLHPFU3LWceujhzX/O14
Egahypf+LNMjibbn7qmnRnmX
-----END PRIVATE KEY-----
)";
inline constexpr char kOtherPublicKey[] = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2P3mg0STliFAyPGAb/Co
6mpHd/lhaOPZZQVHG4OwvrQ/FwBhUQ13aLUv450jx6qPjvA2xXHQhgKLNPfvI5uR
iFt+p3jB6w9xgY15cNO3WYQLXTQ6XbY1YXJF1bQO9Yr9kQo81+q0qayGMk/xEKrc
2gITXOoQo0YSJsQ0LeE+8/VixZOsAL1AGCjW2kjGIeUyrAmFIaMSk1jHvmqs6zKz
eQIs3O9QxirPCOOq2u+rSrBWdhHw5sqPNfIdG15QGMVY5HhJarKG7GnwQgYtxElu
FU5jfa/4C+B7sHWLuygP9l3UIQMWWYfvwuxuVkZ3auvUnoWq8h1RYyi0eD509YLI
aQIDAQAB
-----END PUBLIC KEY-----
)";

// A key pair over P-256, the public half of one over P-384, and what openssl made of the first
// policy below with P-256: these signatures differ each time.
inline constexpr char kTestEcPrivateKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6mKFX6HPbG5EpP0N
CznabwOaLt+9spWnbQU3GZwJojuhRANCAAQyP0TrDqm+9LoYl/wr7fCAZo0E6ycM
HFamSCo5frTn3pLIaEKx0xz/rTe0UVMsqNrtKS234RfQpGeDggM60ejg
-----END PRIVATE KEY-----
)";
inline constexpr char kTestEcPublicKey[] = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMj9E6w6pvvS6GJf8K+3wgGaNBOsn
DBxWpkgqOX60596SyGhCsdMc/603tFFTLKja7Sktt+EX0KRng4IDOtHo4A==
-----END PUBLIC KEY-----
)";
inline constexpr char kTestP384PublicKey[] = R"(-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEmShN8WaFTNElTdrfWRDgqKoBkQnBnuuO
fmSThi3gO0+nPIHbvMXm/BciDr4If1Q2hJk5eO+q/QH41EhU75ZceIAAD/oJUddt
oBfbD3+t63KqllvLriMEGRAuiu6BICpD
-----END PUBLIC KEY-----
)";
inline constexpr char kCannedEcSha1[] =
    "MEUCIELeoaaMVhvJTpHZLUNGCAWr5JKC-bM4Q7pLpZWIDzXZAiEAjxNDMq9wChWMDB86x5VbGDobHljkbSnDq7rRntFJsKM_";
inline constexpr char kCannedEcSha256[] =
    "MEUCIAYEPIVXMusQ4iRTl~bSUAqQftVXB8TfKOwKOx2r4gdQAiEA-zZqu6eSxk5CiGgMs9-8XwcGiquutUushQ74A5lCEa8_";

// https://d111.example/film.mp4?quality=hd until 1893459600, 2030-01-01T01:00:00Z.
inline constexpr char kCannedSha1[] =
    "ZlZlwayE4TmaKC~mWJuwNHKBqTKfCSjBqpTQzoImwEYNxFooH6vGvOKd3RQmF2lnqo6CDvA9LgPFQUkCD2xDgjqk7FF4bsKL~cJUf9Op8DVKJnX7JHnP8aWwQiVve9SvoVRne9jtvLH5RRcM87hqK9DIwYm2nsBF2NqXoheBlMwlY0ioDoEOrOd40Wp~jnz3WEa8CXBlsNNcbuufQrS8ZYMdooy6L1UtTio1PTH5BZ2cTYFqWVILbQoAwbdppJcS8i6NzJ-6thqjaeZKe6juZQpFMaXy1G1OVhTF8XzJU4FQ6qd9Hu-hxJvqnbwLApWLm6gTmjHWaqaQ6O-tASyMNw__";
inline constexpr char kCannedSha256[] =
    "E0fqHMXILusjpnTPH5g08MpWU5PLKgaWGuZ3vsuWbyD1dpGzBseqgR1ukqV0mwqwXCuFi6WMY4eh3TElyXWkpLhlMLTAHHIVIswaypDLkgzerW8gfDNRxSI8O5z0~5lqntzT4F3ERI4MHdzRhL8zr0zkvLjFguX0KqeEk5zhIgG1hYdvlD~WGCeQvDKSyJEfrVG6viO-UKOXv4qrRM3SxnBnr4Ea08QUhonS5wXsjQl0JfO14nvzcEuKeFR2bdZw4lnEBvFj4BNSu13iIq1Vmg0ZgPG7T2zFLfSpAdXVh0df0UvuffskDAg3bu8o2hPgPE-cLXHfa20uGnZ~sAhZoA__";
// {"Statement":[{"Resource":"https://d111.example/films/*","Condition":{"DateLessThan":
// {"AWS:EpochTime":1893459600},"DateGreaterThan":{"AWS:EpochTime":1893455000},"IpAddress":
// {"AWS:SourceIp":"192.0.2.0/24"}}}]}, on one line.
inline constexpr char kCustomPolicy[] =
    "eyJTdGF0ZW1lbnQiOlt7IlJlc291cmNlIjoiaHR0cHM6Ly9kMTExLmV4YW1wbGUvZmlsbXMvKiIsIkNvbmRpdGlvbiI6eyJEYXRlTGVzc1RoYW4iOnsiQVdTOkVwb2NoVGltZSI6MTg5MzQ1OTYwMH0sIkRhdGVHcmVhdGVyVGhhbiI6eyJBV1M6RXBvY2hUaW1lIjoxODkzNDU1MDAwfSwiSXBBZGRyZXNzIjp7IkFXUzpTb3VyY2VJcCI6IjE5Mi4wLjIuMC8yNCJ9fX1dfQ__";
inline constexpr char kCustomSha1[] =
    "kkfoDljSFALWOdAob6duOzhBbX0LWsE8XsICrJilTMEaVuamH8p2Tr7-uNG7FHSjgVV2EhTCxymYL~HsMW9gGz~if-tqZd5Q0IbLfubESua5s7DaWXTEn2iFZt0BdByoK7C01lk6I2b5cY5LtnIUW9z~L1ZxWf2ROdnYmVF1nzx13s6llRwqhOI-F92P6J0XwCR18rOU8Dv9eC5IyfICXKEmz4CL~~0p9WvsogHUt7Q-exjVXhw2RrnFNX2Jrp~Q~88MBlKcNSd4ZeScRL7yrJps580zvk7roXV9DanveS-h5rbY9H4q8cjS4V9ZIgBtRDOWs8fjnruW-D2M6AIuxQ__";
inline constexpr char kCustomSha256[] =
    "reaC4lPYwDlKuQpOUx6hC5ZtS647fmuDUwicX-Kt7nQD58RVq8bJsiQ5znvaHQtgZnPmEjogrycApNGshMlwZua4aSglF4vSnEWbEC~tXublZCBTCGjCZdvGHyvuZgE3m7~9U-t7UFaKs2MnZmnf1A2uHiZXdQn8Vpjc~GTrOjvNoXpC0T5bxK-cytfky6~7-S8~VzDx7WJoJkU3hce1ltGKJZaxoPjjchi8YtBdOUSS0cuTJe8mE3QFZAgbZuNjf5C1Iw7Bb-771S6ASlqA0SUWNEQVC0haKgxOZirvAN8A0JttWsjEBJgDW~0k5Jqy0qmBSA7PW33TC~pEG1UTKw__";
// clang-format on

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_SIGNED_URL_TESTING_H_
