// TextEncoder, TextDecoder, btoa, atob. Not 0x80 to 0x9f in Latin 1: there Node 20 departs from the standard, which has windows-1252.
const caught = (f) => { try { return f(); } catch (e) { return e.name; } };
export default {
  execute() {
    const out = [];
    const bytes = (...all) => new Uint8Array(all);
    const encoder = new TextEncoder();
    for (const text of ["", "abc", "é€𝄞", "\ud800x\udc00", "\0", undefined, 12, null]) out.push([...encoder.encode(text)]);
    const into = new Uint8Array(5); out.push(encoder.encodeInto("a€é", into), [...into], encoder.encodeInto("€€", into), encoder.encoding);
    const inputs = [bytes(0xe2, 0x82, 0xac), bytes(0xff, 0x41), bytes(0xc3), bytes(0xef, 0xbb, 0xbf, 0x41), bytes(0xed, 0xa0, 0x80), bytes(0xf0, 0x90, 0x80), bytes(0xc0, 0x80), bytes()];
    for (const input of inputs) {
      out.push(new TextDecoder().decode(input), caught(() => new TextDecoder("utf-8", { fatal: true }).decode(input)), new TextDecoder("utf8", { ignoreBOM: true }).decode(input));
    }
    const stream = new TextDecoder(); let text = "";
    for (const byte of [0xef, 0xbb, 0xbf, 0xf0, 0x9d, 0x84, 0x9e, 0xe2, 0x82, 0x41, 0xe2]) text += stream.decode(bytes(byte), { stream: true });
    out.push(text + stream.decode(), stream.decode(bytes(0x42)));
    out.push(new TextDecoder("utf-16le").decode(bytes(0x41, 0, 0x3d, 0xd8, 0, 0xde)), new TextDecoder("latin1").decode(bytes(0x41, 0xe9, 0xa0, 0xff)), new TextDecoder("latin1").encoding, new TextDecoder(" UTF8 ").encoding);
    out.push(caught(() => new TextDecoder("klingon")), new TextDecoder().decode(bytes(0x61, 0x62).buffer), new TextDecoder().decode(new DataView(bytes(0x61, 0x62, 0x63).buffer, 1)), caught(() => new TextDecoder().decode("text")));
    for (const plain of ["", "a", "ab", "abc", "\xff\x00", "hello world", 12, "€"]) out.push(caught(() => btoa(plain)));
    for (const coded of ["", "YQ==", "YQ", "YWI=", "YWJj", " Y W J j\n", "YWJ", "Y", "YQ=", "Y===", "a-b_", "====", "/w8=", 1234]) out.push(caught(() => atob(coded)));
    out.push(caught(() => btoa()), caught(() => atob()), Object.prototype.toString.call(encoder));
    return out;
  },
};
