// The prelude: the web's own names, over the few functions in `H` that the engine gives. Runs once, when the engine is
// built; what a tool changes afterwards dies with its call. This part opens the function that `close.js` ends.
(function prelude(H) {
"use strict";

/** Puts a name on the global object as a browser does: writable, configurable, not listed. */
const expose = (names) => {
  for (const [name, value] of Object.entries(names))
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
};

/** Makes the members of a class's prototype listed, and gives it its name for `Object.prototype.toString`. */
const finish = (constructor, name = constructor.name) => {
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return constructor;
};

/** A text as Rust can take it: what is no pair of surrogates becomes U+FFFD (USVString of Web IDL). */
const usv = (value) => `${value}`.toWellFormed();

// Whether a tool has read what differs from call to call without asking the host for it. A module that does so while it is
// loaded has to be loaded in each call.
let isTouched = false;

// Operations under way, by the host's id: what to do with the outcome.
const pending = new Map();

/** Starts an operation at the host. Its outcome is `{about, body}`; `onStart` learns the id, to cancel it by. */
const operation = (request, body, onStart) => new Promise((resolve, reject) => {
  const id = H.start(JSON.stringify(request), body);
  pending.set(id, { resolve, reject });
  onStart?.(id);
});

const cancel = (id) => {
  if (pending.delete(id)) H.cancel(id);
};
