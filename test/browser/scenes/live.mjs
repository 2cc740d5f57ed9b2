/* live: an owner edits files beside a page that is open; two tabs of one browser, one of them listens. What
 * differs is changed in the page; a page that cannot be changed so is loaded again. */
import path from "node:path";

import { Buyer } from "../buyer.mjs";
import { Shop, get, pause, until } from "../world.mjs";

const TERMS = "pages/terms.md";
const CATALOGUE = "_data/products.yml";
const LONG = "<p>Paragraph.</p>\n".repeat(100);
const terms = (text) => `---\ntitle: Terms\n---\n${text}\n`;

/* Each edit is one thing on the order form's page; `shown` waits for it. */
const EDITS = [
    ["a product's name", (s) => s.change(CATALOGUE, "Master of Aggregates", "Master of Everything"),
        (p) => p.getByText("Master of Everything").first().waitFor()],
    ["a price", (s) => s.change(CATALOGUE, "499.00 PLN", "500.00 PLN"),
        (p) => p.waitForFunction(() => document.querySelector("[name=price]").value === "500.00 PLN")],
    ["a consent more", (s) => s.change("shop.yml", "consents:\n", "consents:\n  - {id: more, text: One more.}\n"),
        (p) => p.getByText("One more.").waitFor()],
    ["a consent less", (s) => s.change("shop.yml", "  - {id: more, text: One more.}\n", ""),
        (p) => p.getByText("One more.").waitFor({ state: "detached" })],
    ["a template's part in front", (s) => s.write("theme/bottom.html", `</main>\n<p>Below</p>\n${LONG}</body>\n</html>\n`),
        (p) => p.getByText("Below").waitFor()],
    ["a template's part behind", (s) => s.write("theme/bottom.html", `</main>\n${LONG}<b>After</b>\n</body>\n</html>\n`),
        (p) => p.getByText("After").waitFor()],
    ["a style", (s) => s.write("theme/style.css", "body { margin-top: 7px }\n"),
        (p) => p.waitForFunction(() => getComputedStyle(document.body).marginTop === "7px")],
    ["a style again", (s) => s.write("theme/style.css", "body { margin-top: 8px }\n"),
        (p) => p.waitForFunction(() => getComputedStyle(document.body).marginTop === "8px")],
];

/* What a person did on the page, and whether it is still the page that was opened first. */
const done = () => ({
    email: document.querySelector("[name=email]").value,
    name: document.querySelector("[name=name]").value,
    ticked: document.querySelector("[name=consent_terms]").checked,
    focused: document.activeElement.name,
    first: window.first,
    key: document.querySelector("[name=key]")?.value,
    styles: document.querySelectorAll("link[rel=stylesheet]:not([href='/live.css'])").length,
});

async function typed(rows, browser, shop) {
    const owner = await Buyer.enter(browser, { viewport: { width: 900, height: 400 } });
    const { page } = owner;
    shop.write("theme/bottom.html", `</main>\n${LONG}</body>\n</html>\n`);
    await page.goto(`${shop.address}/buy/master-of-aggregates/`);
    await page.waitForFunction(() => document.querySelector("[name=key]"));
    await pause(500);
    await owner.fill();
    await page.locator("[name=name]").focus();
    await page.evaluate(() => {
        window.first = "the same page";
        scrollTo(0, 120);
    });
    const before = await page.evaluate(done);
    rows.same("typed", [before.email, before.ticked, before.focused], ["anna@example.com", true, "name"]);
    for (const [name, edit, shown] of EDITS) {
        edit(shop);
        await shown(page);
        await page.waitForFunction(() => !document.querySelector("link[rel=stylesheet] ~ link[rel=stylesheet]:not([href='/live.css'])"));
        rows.same(`${name}: all that was done is still there`, await page.evaluate(done), before);
        rows.add(`${name}: where it was scrolled to`, await page.evaluate(() => scrollY) > 0);
    }
    shop.write("theme/form.js", "window.another = true;\n");
    await page.waitForFunction(() => window.another);
    rows.same("another script: loaded again", (await page.evaluate(done)).first, undefined);
    for (const file of ["theme/form.js", "theme/style.css", "theme/bottom.html"]) shop.remove(file);
    rows.same("nobody complained", owner.complaints, []);
    await owner.leave();
}

/* A product's page says what it says a second time, for search machines. */
async function offer(rows, browser, shop) {
    const owner = await Buyer.enter(browser);
    await owner.open(`${shop.address}/p/master-of-aggregates/`);
    await pause(500);
    await owner.page.evaluate(() => { window.first = true; });
    shop.change(CATALOGUE, /summary: .*/, "summary: Said anew.");
    await owner.page.getByText("Said anew.").first().waitFor();
    rows.same("an offer is changed in its page, for machines too", await owner.page.evaluate(() => [window.first,
        document.querySelector("script[type='application/ld+json']").textContent.includes("Said anew.")]), [true, true]);
    await owner.leave();
}

const svg = (width) => `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="10"/>\n`;

async function pictures(rows, browser, shop) {
    const owner = await Buyer.enter(browser);
    shop.write("images/a.svg", svg(10));
    shop.write("pages/picture.md", "---\ntitle: P\n---\n![a](/images/a.svg)\n");
    await until(async () => (await get(`${shop.address}/picture/`)).status === 200);
    await owner.open(`${shop.address}/picture/`);
    const wide = (width) => owner.page.waitForFunction(
        (w) => document.querySelector("main img").naturalWidth === w, width);
    await wide(10);
    for (const width of [20, 30]) {
        shop.write("images/a.svg", svg(width));
        await wide(width);
        rows.add(`a picture of ${width} is shown`, true);
    }
    await owner.leave();
}

export async function scene({ rows, browser, folder, program }) {
    const shop = await (await Shop.make(program, path.join(folder, "shop"))).start("serve");
    const owner = await Buyer.enter(browser);
    await owner.open(`${shop.address}/terms/`);
    const second = await owner.context.newPage();
    second.setDefaultTimeout(60_000);
    await second.goto(`${shop.address}/terms/`);
    const tabs = [["the first tab", owner.page], ["the second tab", second]];
    const each = async (what) => {
        for (const [name, page] of tabs) await what(name, page);
    };

    for (const text of ["Edited once.", "Edited twice."]) {
        shop.write(TERMS, terms(text));
        await each(async (name, page) => {
            await page.getByText(text).waitFor();
            rows.same(`${name}: ${text} is there without a click`, page.url(), `${shop.address}/terms/`);
        });
    }

    shop.write("theme/page.html", "{{>top}}\n<b>{{no_such}}</b>\n{{>bottom}}\n");
    await each(async (name, page) => {
        const alert = page.locator(".grosz-live[role=alert]");
        await alert.waitFor();
        rows.add(`${name}: the mistake over the page, with its place`,
            (await alert.innerText()).includes("theme/page.html:2:4: "), await alert.innerText());
        const { x, y, width, height } = await alert.boundingBox();
        const view = await page.evaluate(() => [0, 0, innerWidth, innerHeight]);
        rows.same(`${name}: all over it`, [x, y, width, height], view);
    });

    shop.write("pages/<img src=x onerror=alert(1)>.md", "---\n");
    await each(async (name, page) => {
        const item = page.locator(".grosz-live li", { hasText: "<img src=x" }).first();
        await item.waitFor();
        rows.same(`${name}: a name with HTML is text`, await item.locator("img").count(), 0);
    });
    await owner.page.getByRole("button", { name: "Hide" }).click();
    rows.same("hidden on a wish", await owner.page.locator(".grosz-live").count(), 0);

    shop.remove("pages/<img src=x onerror=alert(1)>.md");
    await owner.page.locator(".grosz-live").waitFor();
    rows.add("the next edit shows what is left", true);
    shop.write("theme/page.html", "{{>top}}\n<h1>Mended</h1>\n{{>bottom}}\n");
    await each(async (name, page) => {
        await page.getByRole("heading", { name: "Mended" }).waitFor();
        rows.same(`${name}: mended, and nothing lies over it`, await page.locator(".grosz-live").count(), 0);
    });
    rows.same("nothing complained", owner.complaints, []);
    await owner.leave();
    shop.remove("theme/page.html");
    await typed(rows, browser, shop);
    await offer(rows, browser, shop);
    await pictures(rows, browser, shop);
    rows.same("it ends well when asked to", await shop.stop(), 0);
}
