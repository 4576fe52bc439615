export { tool } from "./two"; //~ P0514
