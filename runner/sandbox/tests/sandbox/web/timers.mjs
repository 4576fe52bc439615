// Timers and microtasks: the order of things.
export default {
  async execute() {
    const out = [];
    const log = (x) => out.push(x);
    setTimeout(log, 20, "t20"); setTimeout(log, 1, "t1"); setTimeout(log, 10, "t10"); setTimeout(log, 10, "t10b"); setTimeout(log, 0, "t0");
    const never = setTimeout(log, 5, "never"); clearTimeout(never); clearTimeout(undefined); clearTimeout(12345678);
    queueMicrotask(() => log("micro")); Promise.resolve().then(() => log("then")); log("sync");
    let n = 0; await new Promise((resolve) => { const i = setInterval((x) => { log(`${x}${++n}`); if (n === 3) { clearInterval(i); resolve(); } }, 30, "i"); });
    await new Promise((resolve) => setTimeout(resolve, 5, "x")).then(log);
    try { setTimeout("code", 1); } catch (e) { log([e.name, e.code]); }
    try { queueMicrotask(1); } catch (e) { log(e.name); }
    const start = performance.now(); await new Promise((r) => setTimeout(r, 12)); log(performance.now() - start >= 10); log(typeof performance.timeOrigin);
    log(await Promise.race([new Promise((r) => setTimeout(r, 50, "slow")), new Promise((r) => setTimeout(r, 5, "fast"))]));
    return out;
  },
};
