
// fetch. What may be reached is for the host to judge; a refusal comes as the same TypeError as a network that is down.
const fetch = async (input, init) => {
  // After the wait, nothing on the stack says who asked.
  const { stack } = new Error();
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  const wanted = { op: "fetch", url: request.url, method: request.method, headers: [...request.headers], redirect: request.redirect };
  const body = bytesIn(request);
  let started;
  const answer = operation({ ...wanted, hasBody: body !== null }, body ?? undefined, (id) => { started = id; });
  const aborted = new Promise((_, reject) => {
    signal.addEventListener("abort", () => { cancel(started); reject(signal.reason); }, { once: true });
  });
  const outcome = await Promise.race([answer, aborted]);
  if (outcome.about.error !== undefined) {
    const cause = new Error(outcome.about.error);
    if (outcome.about.code) cause.code = outcome.about.code;
    const error = new TypeError(`fetch failed: ${outcome.about.error}`, { cause });
    throw Object.defineProperty(error, "stack", { value: stack });
  }
  return fromHost(outcome.about, outcome.body);
};
expose({ fetch });
