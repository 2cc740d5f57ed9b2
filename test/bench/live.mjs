/* live: how long after an edit a browser shows it, in ms: from before the file is written until the
 * frame with it is on the screen. One line of JSON: {kind: [ms, …]}. Started by bench.py.
 *   node live.mjs PROGRAM PRODUCTS EDITS */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { Buyer, launch } from "../browser/buyer.mjs";
import { ROOT, Shop, endAll, pause } from "../browser/world.mjs";

const [program, products, edits] = process.argv.slice(2);
const CATALOGUE = "_data/products.yml";
const PATIENCE = 20_000; /* ms */

/* Runs in the page, each frame: what of the edits is shown. Told when the frame is done. */
function look() {
    const shown = { text: "", template: "", style: "", overlay: "" };
    const find = (where, what) => {
        const found = document.querySelector(where)?.textContent.match(what);
        return found ? found[0] : "";
    };
    const frame = () => {
        if (document.body) {
            const now = {
                text: find("main", /text-\d+/),
                template: find("main", /template-\d+/),
                style: getComputedStyle(document.body).getPropertyValue("--bench").trim(),
                overlay: find(".grosz-live", /overlay-\d+/),
            };
            for (const kind of Object.keys(shown)) {
                if (now[kind] === shown[kind]) continue;
                shown[kind] = now[kind];
                const channel = new MessageChannel();
                channel.port1.onmessage = () => window.shown(now[kind], Date.now());
                channel.port2.postMessage(0);
            }
        }
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}

const theme = (name) => fs.readFileSync(path.join(ROOT, "theme", name));

/* A shop with so many products; marks of edits go into the first. */
async function shop(folder) {
    const s = await Shop.make(program, folder);
    const [first, second] = s.read(CATALOGUE).split(/^(?=- id: )/m).slice(1);
    const more = Array.from({ length: products - 2 }, (_, n) =>
        second.replace(/^- id: \S+/m, `- id: guide-${n}`));
    s.write(CATALOGUE, [first, second, ...more].join(""));
    for (let n = 0; n < products - 2; n++) s.write(`academy/guide-${n}/01-a.md`, "# One\n");
    s.write("theme/product.html", theme("product.html"));
    s.write("theme/style.css", theme("style.css"));
    return s.start("serve");
}

const EDITS = {
    text: (s, mark) => s.change(CATALOGUE, /summary: .*/, `summary: ${mark}`),
    template: (s, mark) => s.change("theme/product.html", /^.*\n/, `{{>top}}<p>${mark}</p>\n`),
    style: (s, mark) => s.change("theme/style.css", /$/, `\nbody { --bench: ${mark} }\n`),
    overlay: (s, mark) => s.change(CATALOGUE, /price: .*/, `price: ${mark}`),
};

async function measure(browser, s) {
    const taken = Object.fromEntries(Object.keys(EDITS).map((kind) => [kind, []]));
    const owner = await Buyer.enter(browser);
    const waiting = new Map();
    await owner.page.exposeFunction("shown", (mark, at) => waiting.get(mark)?.(at));
    await owner.page.addInitScript(look);
    await owner.open(`${s.address}/p/master-of-aggregates/`);
    await pause(1000);
    for (let n = 0; n < edits; n++)
        for (const [kind, edit] of Object.entries(EDITS)) {
            const mark = `${kind}-${n}`;
            const shown = new Promise((done, fail) => {
                waiting.set(mark, done);
                setTimeout(() => fail(new Error(`${mark} was not shown`)), PATIENCE).unref();
            });
            const began = Date.now();
            edit(s, mark);
            taken[kind].push(await shown - began);
            await pause(100);
            if (kind === "overlay") {
                s.change(CATALOGUE, /price: .*/, "price: 499.00 PLN");
                await owner.page.locator(".grosz-live").waitFor({ state: "detached" });
            }
            await pause(400);
        }
    return taken;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "grosz-bench-live-"));
const browser = await launch();
try {
    console.log(JSON.stringify(await measure(browser, await shop(path.join(folder, "shop")))));
} finally {
    endAll();
    await browser.close();
    fs.rmSync(folder, { recursive: true, force: true });
}
