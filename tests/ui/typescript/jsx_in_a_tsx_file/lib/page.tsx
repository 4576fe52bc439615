export const page = (text: string) => (
  <p>{text}</p>
);
