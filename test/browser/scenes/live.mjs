/* live: an owner edits files beside a page that is open; two tabs of one browser, one of them listens. */
import path from "node:path";

import { Buyer } from "../buyer.mjs";
import { Shop } from "../world.mjs";

const TERMS = "pages/terms.md";
const terms = (text) => `---\ntitle: Terms\n---\n${text}\n`;

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
    rows.same("it ends well when asked to", await shop.stop(), 0);
}
