-- What wrk sends: LOAD_BODY to LOAD_PATH, one request after another. SESSION in either stands for a number that is
-- different each time, after LOAD_SERIES. LOAD_TOKEN is shown as a bearer token. At the end one line for the bench to read.

local path, body = os.getenv("LOAD_PATH"), os.getenv("LOAD_BODY")

wrk.method = "POST"
wrk.path = path
wrk.body = body
wrk.headers["content-type"] = "application/json"

local series = os.getenv("LOAD_SERIES") or "s"
local token = os.getenv("LOAD_TOKEN") or ""
if token ~= "" then
    wrk.headers["authorization"] = "Bearer " .. token
end

-- Without it wrk sends the same bytes again and again, which costs the machine far less.
if path:find("SESSION") or body:find("SESSION") then
    local number = 0
    function request()
        number = number + 1
        local session = series .. number
        return wrk.format(nil, (path:gsub("SESSION", session)), nil, (body:gsub("SESSION", session)))
    end
end

function done(summary, latency, _)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("RESULT %d %d %.3f %.3f %.3f\n",
        summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
