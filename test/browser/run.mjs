/* run: a real browser buys. Each scene is a file of scenes/ with one function; each check a row. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { launch } from "./buyer.mjs";
import { ROOT, Rows, endAll } from "./world.mjs";

const SCENES = ["buying", "hosts", "jekyll", "warming", "live", "looks"];

const { values: options, positionals: names } = parseArgs({
    options: {
        program: { type: "string", default: path.join(ROOT, "build-test/src/app/grosz") },
        pictures: { type: "string" },
    },
    allowPositionals: true,
});

/* What ASan or UBSan said in the log of any process. */
function sanitizers(rows, folder) {
    for (const name of fs.readdirSync(folder).filter((n) => n.endsWith(".log"))) {
        const lines = fs.readFileSync(path.join(folder, name), "utf8").split("\n");
        const said = lines.filter((l) => /Sanitizer|runtime error|Assertion/.test(l));
        rows.same(`nothing broken in ${name}`, said.slice(0, 3), []);
    }
}

async function play(rows, name, browser) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), `grosz-${name}-`));
    rows.scene = name;
    const before = [rows.passed, rows.failed];
    try {
        const { scene } = await import(`./scenes/${name}.mjs`);
        await scene({ rows, browser, folder, ...options });
    } catch (e) {
        rows.add("goes on to its end", false, e.stack);
    }
    endAll();
    sanitizers(rows, folder);
    fs.rmSync(folder, { recursive: true, force: true });
    console.log(`${name}: ${rows.passed - before[0]} passed, ${rows.failed - before[1]} failed`);
}

const rows = new Rows();
const browser = await launch();
for (const name of names.length ? names : SCENES) await play(rows, name, browser);
await browser.close();
process.exit(rows.end());
