#!/bin/sh
# Makes the certificates of the TLS tests: a root, and a server that it vouches for, or not. Its key protects nothing.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir "$work/new"
: > "$work/index.txt"
cat > "$work/ca.conf" <<EOF
[ca]
default_ca = it
[it]
dir = $work
database = $work/index.txt
new_certs_dir = $work/new
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:false
extendedKeyUsage = serverAuth
subjectAltName = \${ENV::SAN}
EOF
export SAN=none
key() {
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"
}
request() {
    openssl req -new -key "$1" -subj "/CN=$2" -out "$work/request.pem"
}
sign() {
    openssl ca -batch -notext -config "$work/ca.conf" -in "$work/request.pem" "$@" 2> /dev/null
}
key "$work/root.key"
request "$work/root.key" "cutover test root"
sign -selfsign -keyfile "$work/root.key" -extensions root \
    -startdate 20000101000000Z -enddate 21000101000000Z -out root.pem
key server.key
request server.key "cutover test server"
server() {
    SAN=$2 sign -cert root.pem -keyfile "$work/root.key" -extensions server \
        -startdate 20000101000000Z -enddate "$3" -out "$1.pem"
}
server good IP:127.0.0.1 21000101000000Z
server expired IP:127.0.0.1 20010101000000Z
server elsewhere DNS:example.test 21000101000000Z
# One that vouches for itself.
SAN=IP:127.0.0.1 sign -selfsign -keyfile server.key -extensions server \
    -startdate 20000101000000Z -enddate 21000101000000Z -out selfsigned.pem
