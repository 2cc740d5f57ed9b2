-- wrk script: payment notes out of a file, one body a line, each told once: NOTES=file wrk …
local lines = io.lines(os.getenv("NOTES"))
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
function request()
  local body = lines()
  if not body then
    io.stderr:write("no more notes\n")
    os.exit(1)
  end
  return wrk.format("POST", "/api/payment/tpay", headers, body)
end
