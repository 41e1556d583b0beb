#!/usr/bin/env bash
# The walk of the generic connector, by API: connect a server application, take its keys, create an event in four steps
# (settings, model, mapping, listener), post until the payload is right, send six events, read how many were processed.
# Needs curl and a running mock (make serve). MOCK_CDP_URL names another one.
set -euo pipefail

base="${MOCK_CDP_URL:-http://127.0.0.1:8080}"
api="$base/api/businessunits"

step() { printf '\n== %s\n' "$1"; }
# Prints the answer and keeps it in $answer.
call() {
  local method="$1" path="$2" body="${3:-}"
  answer=$(curl --silent --show-error --request "$method" "$path" \
    --header 'Content-Type: application/json' ${body:+--data "$body"})
  printf '%s\n' "$answer"
  case "$answer" in *'"errorCode":'[1-9]*) [ "${expect_error:-}" ] || { echo "refused" >&2; exit 1; } ;; esac
}
# The value of a string member of $answer, first occurrence.
member() { printf '%s' "$answer" | sed -n "s/.*[{,]\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }
encoded() { printf '%s' "$1" | sed 's/%/%25/g; s/+/%2B/g; s,/,%2F,g; s/=/%3D/g'; }

step "A business unit, its profile and orders"
call POST "$api" '{"name":"Walkthrough"}'
unit="$api/$(member id)"
call POST "$unit/customerschemas" '{"name":"Profile","schemaType":0,"schema":{"type":"object","properties":{"primaryEmail":{"type":"string"}}}}'
profile=$(member id)
call POST "$unit/customerschemas" '{"name":"Orders","schemaType":1,"schema":{"type":"object","properties":{"orderId":{"type":"string"},"total":{"type":"number"}}}}'
orders=$(member id)
call POST "$unit/views" '{"name":"Marketing","type":"Marketing"}'
call POST "$unit/views/$(member id)/matchRules" '{"name":"Same e-mail","attributes":["primaryEmail"]}'

step "Connect a server application"
call POST "$unit/applications" '{"name":"SAP CAR","description":"Till receipts","type":"Direct","enabled":true}'
application="$unit/applications/$(member id)"

step "Its user key and secret"
answer=$(curl --silent --show-error "$application/credentials")
keys="userKey=$(encoded "$(member userKey)")&secret=$(encoded "$(member userSecret)")"
echo "user key $(member userKey), and a secret"

step "New event, step 1 and 2: settings and model"
call POST "$application/dataevents" '{"name":"Receipt","dataType":2,"schema":"{\"type\":\"object\",\"properties\":{\"orderId\":{\"type\":\"string\"},\"email\":{\"type\":\"string\",\"format\":\"email\"},\"total\":{\"type\":\"number\"}},\"required\":[\"orderId\",\"email\",\"total\"]}"}'
event="$application/dataevents/$(member id)"

step "Step 3: mapping"
call POST "$event/mappings" '[{"sourceField":"email","targetField":"primaryEmail","target":"'"$profile"'"},{"sourceField":"orderId","targetField":"orderId","target":"'"$orders"'"},{"sourceField":"total","targetField":"total","target":"'"$orders"'"}]'

step "Step 4: the listener"
listener="$event/event"
echo "$listener"

step "The first try is wrong, and says why"
expect_error=yes call POST "$listener?$keys" '{"orderId":1001,"email":"ada@example.com","total":"19.90"}'

step "The payload is right: six events"
for number in 1 2 3 4 5 6; do
  call POST "$listener?$keys" '{"orderId":"R-100'$number'","email":"customer'$number'@example.com","total":19.9}'
done

step "What was processed"
call GET "$event/status"
processed=$(printf '%s' "$answer" | sed -n 's/.*"processedRecords":\([0-9]*\).*/\1/p')
printf '\n%s events processed\n' "$processed"
