export { tool } from "./one"; //~ P0514
