-- wrk: sends the requests of the file that TARGETS names, a path with its query on each line, in turn.
-- METHOD and SIZE (of a body, in bytes) are from the environment.
local targets = {}
for line in io.lines(os.getenv("TARGETS")) do targets[#targets + 1] = line end
local method = os.getenv("METHOD") or "GET"
local size = tonumber(os.getenv("SIZE") or "0")
local body = size > 0 and string.rep("x", size) or nil
local at = 0

function request()
  at = at % #targets + 1
  return wrk.format(method, targets[at], nil, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("requests=%d seconds=%.3f p50_us=%d p99_us=%d bad=%d\n", summary.requests,
    summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
