/* looks: every page in both languages, light and dark, narrow and wide: axe-core finds nothing that a
 * reader with other eyes or hands would stumble over, and nothing is wider than a phone. The pages
 * are the golden ones of test/page, which the room's own test keeps equal to what is rendered. */
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

import { Buyer } from "../buyer.mjs";
import { ROOT, host } from "../world.mjs";

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = path.join(ROOT, "test/page/golden");
const PHONE = { width: 320, height: 640 };
const DESK = { width: 1280, height: 900 };

/* What axe-core says: the rule, where, and why. */
/* A letter is shown within a page of the reader's mail program, which has these itself. */
const OF_PAGES = ["landmark-one-main", "page-has-heading-one", "region"];

async function violations(page, letter) {
    await page.evaluate(AXE);
    const rules = Object.fromEntries(OF_PAGES.map((id) => [id, { enabled: !letter }]));
    const found = await page.evaluate((options) => globalThis.axe.run(options),
        { resultTypes: ["violations"], rules });
    return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
}

/* A host for golden pages: NAME.html, and whatever files of the theme they ask for. */
function goldenHost() {
    return host((request, response) => {
        const { pathname } = new URL(request.url, "http://x");
        const name = path.basename(pathname);
        const folder = name.endsWith(".html") ? PAGES : path.join(ROOT, "theme");
        const file = path.join(folder, name.replace(/\.[0-9a-f]{8,}\./, "."));
        if (!fs.existsSync(file)) return response.writeHead(404).end();
        const type = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript" };
        response.writeHead(200, { "Content-Type": `${type[path.extname(file)]}; charset=utf-8` });
        return response.end(fs.readFileSync(file));
    });
}

async function picture(page, pictures, name) {
    if (!pictures) return;
    fs.mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
}

export async function scene({ rows, browser, pictures }) {
    const { address } = await goldenHost();
    const reader = await Buyer.enter(browser, { viewport: DESK });
    const { page } = reader;
    const names = fs.readdirSync(PAGES).filter((n) => n.endsWith(".html"));
    rows.add("there are pages in both languages", names.some((n) => n.endsWith(".en.html"))
        && names.some((n) => n.endsWith(".pl.html")), names);
    for (const file of names) {
        const name = file.replace(".html", "");
        for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            await page.setViewportSize(DESK);
            await page.goto(`${address}/${file}`);
            rows.same(`${name}, ${colorScheme}: axe-core`, await violations(page, name.startsWith("letter-")), []);
            await picture(page, pictures, `${name}-${colorScheme}-desk`);
            await page.setViewportSize(PHONE);
            await picture(page, pictures, `${name}-${colorScheme}-phone`);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        rows.add(`${name}: fits a phone of ${PHONE.width}`, wide <= PHONE.width, wide);
    }
    await reader.leave();
}
