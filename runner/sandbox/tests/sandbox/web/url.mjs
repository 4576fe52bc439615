// URL: parsing, setters, relation to its parameters, errors.
const caught = (f) => { try { return f(); } catch (e) { return [e.name, e.code, e.message]; } };
export default {
  execute() {
    const out = [];
    const inputs = [
      "https://user:pa%20ss@Example.COM:8080/a/./b/../c?q=1&r=%20#frag", "http://example.com", "http://example.com:80/", "https://example.com:443",
      "HTTP://EXAMPLE.com/%7Efoo/../bar", "mailto:a@b.c", "data:text/plain,hi", "file:///a/b", "http://[::1]:3000/x", "http://192.168.257",
      "http://0x7f.1/", "http://münchen.de/ä?ö#ü", "https://例え.テスト/", "http://a b/", "", "nonsense", "http://", "https://x:99999/", "http://ex.com/\u{1F600}",
      "javascript:alert(1)", "http://example.com/a\\b", " http://example.com ", "http://example.com/?a=b c'd\"e", "blob:https://example.com/1",
    ];
    for (const input of inputs) out.push(caught(() => {
      const u = new URL(input);
      return [u.href, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, u.origin];
    }));
    for (const [rel, base] of [["../x?y", "http://a.com/b/c/d"], ["//h/p", "https://a.com"], ["#f", "http://a.com/?q"], ["?z", "http://a.com/p?q#h"], ["x", "mailto:a@b"], ["http:x", "http://a.com/b/"], ["", "http://a.com/b"]])
      out.push(caught(() => new URL(rel, base).href));
    const setters = [["protocol", "http"], ["protocol", "mailto"], ["username", "a b"], ["password", "p@ss"], ["host", "h.com:99"], ["host", ""], ["hostname", "o.com"],
      ["port", "8081"], ["port", "x"], ["port", ""], ["pathname", "a b/ü"], ["search", "x=1 2"], ["search", ""], ["hash", "y z"], ["hash", ""], ["href", "https://new.org/"]];
    for (const [part, value] of setters) { const u = new URL("https://u:p@example.com:8080/a?b#c"); out.push(caught(() => { u[part] = value; return u.href; })); }
    out.push(caught(() => { const u = new URL("https://a.com"); u.href = "no"; return u.href; }));
    const u = new URL("https://a.com/?a=1&b=2#h");
    u.searchParams.append("c", "x y&z"); out.push(u.href, u.search);
    u.searchParams.delete("a"); out.push(u.href);
    u.search = "?q=%41"; out.push(u.searchParams.get("q"), [...u.searchParams]);
    u.searchParams.delete("q"); out.push(u.href);
    out.push(JSON.stringify({ u }), `${u}`, URL.canParse("x"), URL.canParse("x", "http://a"), Object.prototype.toString.call(u), u.searchParams === u.searchParams);
    out.push(caught(() => URL("http://a")) instanceof Array, new URL("http://a.com/?x=%zz&y=%E0%A4%A").searchParams.get("y"));
    return out;
  },
};
