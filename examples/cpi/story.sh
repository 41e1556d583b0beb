#!/usr/bin/env bash
# A till receipt on its way from SAP CAR through CPI to the pos-receipt listener, offline: what goes wrong, why, what mends it.
# Each step converts XML as CPI's XML to JSON Converter does and asks whether the listener would take it.
set -euo pipefail
cd "$(dirname "$0")"
mock_cdp="${MOCK_CDP:-mock-cdp}"
sent=$(mktemp)
trap 'rm -f "$sent"' EXIT

step() { printf '\n== %s\n' "$1"; }
send() { "$mock_cdp" cpi convert "$@" > "$sent"; cut -c 1-300 "$sent"; echo; }
judge() { "$mock_cdp" check "$sent" --event pos-receipt || [ $? = 1 ]; }

step "The IDoc goes straight to the converter: a mapping is missing"
send receipt-idoc.xml --suppress-root
judge

step "Mapped, root kept, formats of the source"
send receipt-mapped.xml
judge

step "Root suppressed, items listed as an array, dates, numbers and flags mapped: types are still strings"
send receipt-corrected.xml --suppress-root --array /Receipt/items
judge

step "Typed as the fix says (json.dataTypeConvertor): accepted"
sed -e 's/"totalAmount":"\([0-9.]*\)"/"totalAmount":\1/; s/"quantity":"\([0-9.]*\)"/"quantity":\1/; s/"amount":"\([0-9.]*\)"/"amount":\1/; s/"isReturn":"true"/"isReturn":true/' "$sent" > "$sent.typed"
mv "$sent.typed" "$sent"
cat "$sent"
echo
judge
