#!/bin/sh
# The peer of the exchange: the same steps with openssl, sftp and ssh, as a careful administrator would script them.
# $1 ssh_config with the hosts ts1 and zs1; $2 a directory with ts1/ (tanium.pub, tanium.pvk) and zs1/ (tanium.pub).
set -eu
config=$1
base=$2

ssh -F "$config" zs1 "set -eu; cd $base/zs1; umask 077
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out reporting.pvk
    openssl req -new -key reporting.pvk -subj /CN=zs1.lab.test -addext subjectAltName=DNS:zs1.lab.test -out reporting.csr
    openssl pkey -in reporting.pvk -pubout -outform DER | openssl dgst -sha256
    echo 'put reporting.csr $base/ts1/reporting.csr' | sftp -q -F $config -b - ts1" >/dev/null

ssh -F "$config" ts1 "set -eu; cd $base/ts1
    openssl req -in reporting.csr -verify -noout
    openssl req -in reporting.csr -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256
    printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:zs1.lab.test\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >ext
    openssl x509 -req -in reporting.csr -CA tanium.pub -CAkey tanium.pvk -set_serial 0x\$(openssl rand -hex 16) \
        -days 3650 -sha384 -extfile ext -out reporting.crt
    sync reporting.crt" >/dev/null 2>&1

ssh -F "$config" zs1 "set -eu; cd $base/zs1
    echo 'get $base/ts1/reporting.crt reporting.crt' | sftp -q -F $config -b - ts1
    openssl verify -x509_strict -CAfile tanium.pub reporting.crt
    openssl x509 -in reporting.crt -pubkey -noout >a; openssl pkey -in reporting.pvk -pubout >b; cmp a b
    rm -rf new; mkdir new; cp reporting.pvk reporting.crt new; sync new/reporting.pvk new/reporting.crt new
    rm -rf installed; mv new installed; sync .
    rm -f log
    openssl s_server -accept 127.0.0.1:0 -cert installed/reporting.crt -key installed/reporting.pvk -www -naccept 1 >log &
    until port=\$(sed -n 's/^ACCEPT .*://p' log 2>/dev/null) && [ -n \"\$port\" ]; do sleep 0.01; done
    openssl s_client -connect 127.0.0.1:\$port -CAfile tanium.pub -verify_return_error -brief </dev/null" >/dev/null 2>&1
