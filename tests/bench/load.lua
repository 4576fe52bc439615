-- What wrk sends: one message after another, each in a new session. At the end one line for the bench to read.

wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"message":"what is the weather"}'

function done(summary, latency, _)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("RESULT %d %d %.3f %.3f %.3f\n",
        summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
