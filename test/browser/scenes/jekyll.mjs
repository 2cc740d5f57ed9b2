/* jekyll: the maker's own site, built by Jekyll from the same product file, on another origin than the
 * program: two people buy, one makes a mistake first. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { Buyer, PRODUCT } from "../buyer.mjs";
import { ROOT, Shop, freePort, host } from "../world.mjs";

/* Files of a folder, as a host for files serves them. */
function files(folder) {
    const types = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8" };
    return host((request, response) => {
        const name = path.join(folder, new URL(request.url, "http://x").pathname, "/").slice(0, -1);
        const file = path.extname(name) ? name : path.join(name, "index.html");
        if (!fs.existsSync(file)) return response.writeHead(404).end();
        response.writeHead(200, { "Content-Type": types[path.extname(file)] });
        return response.end(fs.readFileSync(file));
    });
}

function build(shop, site) {
    execFileSync("jekyll", ["build", "--config", "_config.yml,shop.yml", "--destination", site,
        "--disable-disk-cache"], { cwd: shop.folder, stdio: "ignore", env: { ...process.env, LANG: "C.UTF-8" } });
}

/* What the site publishes is what is meant for everybody, also when orders lie in the folder. */
function published(rows, site) {
    const names = fs.readdirSync(site, { recursive: true }).sort();
    rows.same("Jekyll publishes pages, and nothing of the shop's own", names.filter((n) => n.includes(".")),
        ["buy/aggregates-field-guide/index.html", `buy/${PRODUCT}/index.html`, "form.js", "index.html",
            "p/aggregates-field-guide/index.html", `p/${PRODUCT}/index.html`, "style.css",
            "terms/index.html"]);
}

async function buys({ rows, browser, shop, address }) {
    const anna = await Buyer.enter(browser, { javaScriptEnabled: false });
    await anna.open(`${address}/`);
    await anna.page.getByRole("link", { name: "Master of Aggregates" }).click();
    await anna.page.locator(".grosz-button").click();
    await anna.fill({ email: "anna@example.com", name: "Anna Żółw" });
    await anna.order();
    await anna.press("pay");
    await anna.page.locator(".gift a").first().click();
    await anna.page.waitForURL(/\/a\//);
    const [o] = shop.orders();
    const { state, total, buyer } = await shop.untilState(o.id);
    rows.same("delivered, at the price of the file that both read", [state, total, buyer.name],
        ["fulfilled", "499.00", "Anna Żółw"]);
    rows.same("nothing complained", anna.complaints, []);
    await anna.leave();
}

async function mistake({ rows, browser, shop, address }) {
    const ola = await Buyer.enter(browser);
    await ola.open(`${address}/buy/${PRODUCT}/`);
    await ola.fill({ email: "ola@example", name: "Ola" });
    await ola.button().click();
    await ola.page.locator("[role=alert]").waitFor();
    rows.add("a mistake is told by the program", ola.page.url().startsWith(shop.address));
    rows.same("nothing typed is lost", await ola.page.locator("[name=name]").inputValue(), "Ola");
    const terms = await ola.page.locator("label[for=consent_terms] a").evaluate((a) => a.href);
    rows.same("the consent's link leads to the terms on the maker's site", terms, `${address}/terms/`);
    await ola.fill({ email: "ola@example.com" });
    await ola.order();
    await ola.leave();
}

/* Twice in a row, and once more after the way back: one order. */
async function pressesTwice({ rows, browser, shop, address }) {
    const ewa = await Buyer.enter(browser);
    const fields = { email: "ewa@example.com", name: "Ewa" };
    const hers = () => shop.orders().filter((o) => o.buyer.email === fields.email).length;
    await ewa.open(`${address}/buy/${PRODUCT}/`);
    await ewa.fill(fields);
    await ewa.button().dblclick();
    await ewa.page.waitForURL(/\/pay\/test\//);
    rows.same("a double click is one order", hers(), 1);
    await ewa.page.goBack();
    await ewa.order();
    rows.same("pressed again after the way back: still one", hers(), 1);
    await ewa.open(`${address}/buy/${PRODUCT}/`);
    await ewa.fill(fields);
    await ewa.order();
    rows.same("the form opened anew is another order", hers(), 2);
    rows.same("nothing complained", ewa.complaints, []);
    await ewa.leave();
}

/* The maker raises the price; the program knows, a page that is still in somebody's cache does not. */
async function oldPage({ rows, browser, shop, address }) {
    const ola = await Buyer.enter(browser);
    await ola.open(`${address}/buy/${PRODUCT}/`);
    await shop.stop();
    shop.change("_data/products.yml", "499.00 PLN", "549.00 PLN");
    await shop.start();
    await ola.fill({ email: "old@example.com", name: "Ola" });
    await ola.button().click();
    await ola.page.locator("[role=alert]").waitFor();
    const price = await ola.page.locator("form button").last().innerText();
    rows.add("a price that changed is told, not charged", price.includes("549"), price);
    await ola.leave();
}

export async function scene({ rows, browser, folder, program }) {
    const at = path.join(folder, "site");
    fs.cpSync(path.join(ROOT, "examples/jekyll"), at, { recursive: true });
    const shop = new Shop(program, at, await freePort());
    const pages = await files(path.join(folder, "public"));
    /* Two names of this machine are two origins also for those who look at hosts only. */
    const address = `http://localhost:${pages.port}`;
    shop.change("shop.yml", /http:\/\/127.0.0.1:4000/g, address);
    shop.change("shop.yml", "http://127.0.0.1:8080", shop.address);
    rows.same("its script is the built-in one", fs.readFileSync(shop.path("form.js"), "utf8"),
        fs.readFileSync(path.join(ROOT, "theme/form.js"), "utf8"));
    rows.add("`grosz check` finds no mistake", shop.cli("check"));
    await shop.start();
    build(shop, path.join(folder, "public"));
    published(rows, path.join(folder, "public"));
    const world = { rows, browser, shop, address };
    await buys(world);
    await mistake(world);
    await pressesTwice(world);
    await oldPage(world);
    rows.same("it ends well when asked to", await shop.stop(), 0);
}
