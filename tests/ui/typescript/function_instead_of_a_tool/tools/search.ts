export default (text: string) => text; //~ P0515
