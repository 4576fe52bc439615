export const clean = (text: string) => {
  return text.trim(;  //~ P0511
};
