/* buying: a new shop as `grosz new` makes it, and people who buy: as they should, and as they do. */
import path from "node:path";

import { ANNA, Buyer, PRODUCT } from "../buyer.mjs";
import { Shop, get } from "../world.mjs";

/* From the list of products to the lesson. */
async function happy({ rows, browser, shop }, options, name) {
    const anna = await Buyer.enter(browser, options);
    const { page } = anna;
    await anna.open(shop.address);
    await page.getByRole("link", { name: "Master of Aggregates" }).click();
    rows.same(`${name}: the product's page`, await anna.heading(), "Master of Aggregates");
    await page.locator(`a[href$="/buy/${PRODUCT}/"]`).first().click();
    await anna.fill();
    await anna.order();
    await anna.press("pay");
    await page.waitForURL(/\/o\//);
    const order = anna.number();
    /* The page follows by itself until the access is there. */
    const link = page.locator(".gift a").first();
    await link.waitFor();
    rows.same(`${name}: the name with its Polish letters`, shop.order(order).buyer.name, ANNA.name);
    await link.click();
    await page.waitForURL(/\/a\//);
    rows.add(`${name}: the first lesson`, (await page.content()).includes("What has to be true"));
    const o = await shop.untilState(order);
    rows.same(`${name}: delivered`, o.state, "fulfilled");
    rows.same(`${name}: nothing complained`, anna.complaints, []);
    await anna.leave();
}

async function refused({ rows, browser, shop, form }) {
    const anna = await Buyer.enter(browser);
    await anna.open(form);
    await anna.fill();
    await anna.order();
    await anna.press("refuse");
    await anna.page.waitForURL(/\/o\//);
    const order = anna.number();
    const again = anna.page.locator("a.button[href*='/pay/test/']");
    await again.waitFor();
    rows.same("refused: not paid", shop.order(order).state, "placed");
    await again.click();
    await anna.press("pay");
    await anna.page.locator(".gift a").first().waitFor();
    rows.same("refused, then paid: the same order", anna.number(), order);
    rows.same("refused, then paid: delivered", (await shop.untilState(order)).state, "fulfilled");
    await anna.leave();
}

/* Back from the payment to the form: what was typed is there, and it can be ordered again. */
async function back({ rows, browser, shop, form }) {
    const anna = await Buyer.enter(browser);
    await anna.open(form);
    await anna.fill({ email: "back@example.com", name: "Żaneta" });
    await anna.order();
    await anna.page.goBack();
    rows.same("back: what was typed is there", await anna.page.locator("[name=name]").inputValue(),
        "Żaneta");
    await anna.fill({ email: "back@example.com", name: "Żaneta Ćma" });
    await anna.order();
    await anna.press("pay");
    await anna.page.waitForURL(/\/o\//);
    const o = await shop.untilState(anna.number());
    rows.same("back: the order that is paid has the name corrected", o.buyer.name, "Żaneta Ćma");
    /* Back to the payment of an order that is paid: nothing is charged or delivered twice. */
    await anna.page.goBack();
    await anna.press("pay");
    await anna.page.waitForURL(/\/o\//);
    const twice = await shop.untilState(anna.number());
    rows.same("back, and paid again: the same transaction once", twice.payments.length, 1);
    await anna.leave();
}

async function doubleClick({ rows, browser, shop, form }) {
    const anna = await Buyer.enter(browser);
    await anna.open(form);
    await anna.fill({ email: "double@example.com", name: "Ola" });
    await anna.button().dblclick();
    await anna.page.waitForURL(/\/pay\/test\//);
    await anna.press("pay");
    await anna.page.waitForURL(/\/o\//);
    await shop.untilState(anna.number());
    const mine = shop.orders().filter((o) => o.buyer.email === "double@example.com");
    rows.same("double click: one order is placed", mine.length, 1);
    rows.same("double click: it is paid",
        mine.filter((o) => o.payments.length).map((o) => o.id), [anna.number()]);
    await anna.leave();
}

/* The form is a file, cached for ever and the same for everybody: two people buy from one copy. */
async function oneCopy({ rows, browser, form, shop }) {
    const copy = await get(form);
    const people = [];
    for (const n of [1, 2]) {
        const buyer = await Buyer.enter(browser);
        const { status, headers, text: body } = copy;
        await buyer.page.route(form, (route) => route.fulfill({ status, headers, body }));
        people.push([buyer, await buyer.buy(form, { email: `copy${n}@example.com`, name: `Kopia ${n}` })]);
    }
    rows.add("one cached page, two buyers: two orders", people[0][1] !== people[1][1], people[0][1]);
    for (const [n, [buyer, order]] of people.entries()) {
        rows.same(`one cached page: buyer ${n + 1} has the order`, shop.order(order).buyer.email,
            `copy${n + 1}@example.com`);
        await buyer.leave();
    }
}

/* What is wrong is said where it is wrong, and nothing typed is lost. */
async function mistakes({ rows, browser, form }) {
    const anna = await Buyer.enter(browser);
    const { page } = anna;
    await anna.open(form);
    await anna.fill({ email: "anna@example", name: "Zażółć gęślą jaźń" });
    await anna.button().click();
    const alert = page.locator("[role=alert]");
    await alert.waitFor();
    rows.add("a mistake: said on top, with a link to the field",
        await alert.locator("a[href='#email']").count() === 1, await alert.innerText());
    rows.add("a mistake: the alert has the focus, so that it is read out",
        await alert.evaluate((e) => e === document.activeElement), await alert.innerText());
    const field = page.locator("[name=email]");
    rows.same("a mistake: the field says so", await field.getAttribute("aria-invalid"), "true");
    const by = await field.getAttribute("aria-describedby");
    const said = await page.locator(`#${by.split(" ").at(-1)}`).innerText();
    rows.add("a mistake: the sentence is tied to the field", said.includes("name@example.com"), said);
    rows.same("a mistake: nothing typed is lost", await page.locator("[name=name]").inputValue(),
        "Zażółć gęślą jaźń");
    rows.add("a mistake: what was ticked stays ticked",
        await page.locator("[name=consent_terms]").isChecked());
    await field.fill("anna@example.com");
    await anna.order();
    rows.same("mended: nothing complained but the 422 itself",
        anna.complaints.filter((c) => !c.includes("422")), []);
    await anna.leave();
}

/* An invoice for a company: the part opens without any script. */
async function company({ rows, browser, form, shop }) {
    const ola = await Buyer.enter(browser, { javaScriptEnabled: false });
    await ola.open(form);
    const number = ola.page.locator("[name=tax_id]");
    rows.same("a company: its fields are closed at first", await number.isVisible(), false);
    await ola.page.locator("[name=as_company]").check();
    rows.same("a company: they open when ticked", await number.isVisible(), true);
    await ola.fill({ email: "firma@example.com", name: "Ola", tax_id: "526-000-12-46",
        company: "Żółw i Syn sp. z o.o.", street: "Łąkowa 1", postcode: "00-001", city: "Łódź" });
    await ola.order();
    await ola.press("pay");
    await ola.page.waitForURL(/\/o\//);
    const { company } = shop.order(ola.number());
    rows.same("a company: on the order", [company.name, company.city], ["Żółw i Syn sp. z o.o.", "Łódź"]);
    await ola.leave();
}

export async function scene({ rows, browser, folder, program }) {
    const shop = await Shop.make(program, path.join(folder, "shop"));
    await shop.start();
    const world = { rows, browser, shop, form: `${shop.address}/buy/${PRODUCT}/` };
    await happy(world, {}, "happy");
    await happy(world, { javaScriptEnabled: false }, "no script");
    await refused(world);
    await back(world);
    await doubleClick(world);
    await oneCopy(world);
    await mistakes(world);
    await company(world);
    rows.same("it ends well when asked to", await shop.stop(), 0);
}
