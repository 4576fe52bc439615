export { tool as default } from "../lib/one";
