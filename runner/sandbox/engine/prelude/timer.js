
// Timers. They end with the call: what is still to come when the result is there never comes.
const timers = new Map();
let lastTimer = 0;

const startTimer = (timer, callback, milliseconds, values, repeats) => {
  const wait = Math.trunc(+milliseconds);
  // Node's rule: below 1 or above 31 bits is 1.
  const id = H.startTimer(wait >= 1 && wait <= 0x7fffffff ? wait : 1);
  timers.set(timer, id);
  pending.set(id, {
    resolve() {
      if (repeats) startTimer(timer, callback, milliseconds, values, true); else timers.delete(timer);
      callback(...values);
    },
  });
  return timer;
};

const timerFunction = (repeats) => (callback, milliseconds = 0, ...values) => {
  if (typeof callback !== "function") {
    const error = new TypeError('The "callback" argument must be of type function');
    error.code = "ERR_INVALID_ARG_TYPE";
    throw error;
  }
  return startTimer(++lastTimer, callback, milliseconds, values, repeats);
};

const clearTimer = (timer) => {
  const id = timers.get(+timer);
  if (id === undefined) return;
  timers.delete(+timer);
  cancel(id);
};

let origin = 0;
const begun = () => { isTouched = true; return origin; };
const performance = {
  get timeOrigin() { return begun(); },
  now: () => Date.now() - origin,
  toJSON: () => ({ timeOrigin: begun() }),
};
expose({
  setTimeout: timerFunction(false), clearTimeout: clearTimer, setInterval: timerFunction(true), clearInterval: clearTimer, performance,
});
