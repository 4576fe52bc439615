// Copies what the tools that come with Paceline use of npm packages: one readable ES2022 module a package, with nothing of
// Node.js, without network, `eval` or the clock. `cargo xtask std` runs it where package-lock.json is installed, and compares.
//
//   node bundle.mjs <folder of node_modules> <folder to write to>
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** By file: what it exports. */
const ENTRIES = {
  "decimal.js": 'export { Decimal } from "decimal.js";',
  "diff.js": 'export { structuredPatch, formatPatch } from "diff";',
  "htmlparser2.js": 'export { Parser } from "htmlparser2";',
  "papaparse.js": 'export { default } from "papaparse";',
};

const [installed, out] = process.argv.slice(2);
const { build } = createRequire(join(installed, "node_modules/"))("esbuild");

/** papaparse knows streams of Node.js, and asks for them only when it is given one. */
const nothingOfNode = {
  name: "nothing-of-node",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^stream$/ }, ({ path }) => ({ path, namespace: "nothing" }));
    onLoad({ filter: /.*/, namespace: "nothing" }, () => ({ contents: "export {};", loader: "js" }));
  },
};

/** The package a file belongs to, as its manifest says. */
const packageOf = (path) => {
  const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  return name && JSON.parse(readFileSync(join(installed, "node_modules", name, "package.json"), "utf8"));
};

const licence = ({ name }) => {
  const folder = join(installed, "node_modules", name);
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  return readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").replace(/[ \t]+$/gm, "").trim();
};

mkdirSync(out, { recursive: true });
const made = {};
const licences = new Map();
for (const [file, contents] of Object.entries(ENTRIES)) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: installed },
    absWorkingDir: installed,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    charset: "utf8",
    legalComments: "inline",
    plugins: [nothingOfNode],
  });
  const inside = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const packages = inside.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => packageOf(path));
  const named = new Map(packages.filter(Boolean).map((manifest) => [manifest.name, manifest]));
  const sorted = [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const head = `// Made by \`cargo xtask std\` from ${sorted.map(({ name, version }) => `${name} ${version}`).join(", ")}; see LICENSES.md.\n`;
  writeFileSync(join(out, file), head + outputFiles[0].text);
  made[file] = sorted.map(({ name, version, license }) => ({ name, version, licence: license }));
  for (const manifest of sorted) licences.set(manifest.name, manifest);
}
writeFileSync(join(out, "packages.json"), `${JSON.stringify(made, null, 2)}\n`);
const sections = [...licences.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((manifest) =>
  `## ${manifest.name} ${manifest.version} (${manifest.license})\n\n\`\`\`text\n${licence(manifest)}\n\`\`\`\n`);
const opening = "# Licences\n\nParts of these packages are inside the tools that come with Paceline. Made by `cargo xtask std`.\n";
writeFileSync(join(out, "LICENSES.md"), [opening, ...sections].join("\n"));
