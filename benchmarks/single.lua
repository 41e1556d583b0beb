-- One pos-receipt a request, each with its own receiptId, so that deduplication works for real.
local before = '{"receiptId":"R101-20241130-3-'
local after = '","crmId":"0000123456","purchasedAt":"2024-11-30T17:50:12+01:00","storeId":"R101","currency":"EUR","totalAmount":59.7,"isReturn":false,"items":[{"sku":"4006381333931","quantity":1,"amount":19.9,"unit":"EA"},{"sku":"4006381333948","quantity":1,"amount":19.9,"unit":"EA"},{"sku":"4006381333955","quantity":1,"amount":19.9,"unit":"EA"}],"tenders":[{"type":"CASH","amount":59.7}]}'
local n = tonumber(os.getenv("BENCH_START"))
request = function()
  n = n + 1
  return wrk.format("POST", nil, nil, before .. string.format("%d", n) .. after)
end
wrk.headers["Content-Type"] = "application/json"
