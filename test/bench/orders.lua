-- wrk script: an order form as a browser posts it, a new buyer each time.
local n = 0
local id = tostring({}):match("0x(%x+)") or "0"
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
function request()
  n = n + 1
  return wrk.format("POST", "/api/order", headers, "product=master-of-aggregates&email=b" .. n .. "." .. id
    .. "%40example.com&name=Jan+Kowalski&price=199.00+PLN&consent_terms=on&consent_start=on&company=&tax_id=")
end
