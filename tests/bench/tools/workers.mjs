// A counterpart of many calls: a worker thread for each. Arguments: the tool's module, how many calls. Prints microseconds.
import { Worker } from "node:worker_threads";
import { pathToFileURL } from "node:url";

const [module, calls] = process.argv.slice(2);
const source = `
  const { parentPort } = require("node:worker_threads");
  import(${JSON.stringify(pathToFileURL(module).href)})
    .then(async ({ default: tool }) => parentPort.postMessage(JSON.stringify(await tool.execute({ a: 1, b: 2 }, { env: {} }))));
`;

const call = () => new Promise((resolve, reject) => {
  const worker = new Worker(source, { eval: true });
  let answer;
  worker.once("message", (message) => { answer = message; });
  worker.once("error", reject);
  worker.once("exit", () => answer === undefined ? reject(new Error("no answer")) : resolve(answer));
});

for (let i = 0; i < 3; i++) await call();
const walls = [];
const before = process.cpuUsage();
for (let i = 0; i < +calls; i++) {
  const started = process.hrtime.bigint();
  await call();
  walls.push(Number(process.hrtime.bigint() - started) / 1000);
}
const { user, system } = process.cpuUsage(before);
walls.sort((a, b) => a - b);
const at = (share) => Math.round(walls[Math.floor(walls.length * share)]);
console.log(JSON.stringify({ calls: +calls, p50_us: at(0.5), p99_us: at(0.99), cpu_us: Math.round((user + system) / +calls) }));
