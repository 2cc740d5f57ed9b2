/* hosts: people buy on pages that live elsewhere, with the page policy on; the provider sends them
 * on to a second host, where Chromium's form-action would stop a policy that lists providers. */
import { Buyer, PRODUCT } from "../buyer.mjs";
import { Elsewhere } from "../elsewhere.mjs";

const ANNA = { email: "anna@example.com", name: "Łucja Ćwięk" };

async function toTheBank(buyer) {
    await buyer.button().click();
    await buyer.page.waitForURL(/^https:\/\/bank\.example/);
}

async function happy({ rows, browser, e, form }) {
    const anna = await Buyer.enter(browser, { javaScriptEnabled: false });
    await anna.open(`${e.address}/`);
    await anna.page.getByRole("link", { name: "Master of Aggregates" }).click();
    await anna.page.locator(`a[href$="/buy/${PRODUCT}/"]`).first().click();
    rows.same("the form is on the host of files", anna.page.url(), form);
    await anna.fill(ANNA);
    await toTheBank(anna);
    await anna.press("pay");
    await anna.page.waitForURL(/^https:\/\/api\.example.*\/o\//);
    await anna.page.locator(".gift a").first().click();
    await anna.page.waitForURL(/\/a\//);
    await anna.page.locator("header a").first().click();
    rows.same("from the lesson back to the shop", anna.page.url(), `${e.address}/`);
    const [o] = e.shop.orders();
    rows.same("delivered, to the name with its Polish letters",
        [(await e.shop.untilState(o.id)).state, o.buyer.name], ["fulfilled", ANNA.name]);
    rows.same("the provider heard the word it wants", e.payments.words, ["TRUE"]);
    rows.same("nothing complained", anna.complaints, []);
    await anna.leave();
}

async function refused({ rows, browser, e, form }) {
    const ola = await Buyer.enter(browser);
    await ola.open(form);
    await ola.fill({ email: "ola@example.com", name: "Ola" });
    await toTheBank(ola);
    await ola.press("refuse");
    await ola.page.waitForURL(/\/o\//);
    const order = ola.number();
    rows.same("refused by the bank: not paid", e.shop.order(order).state, "placed");
    await ola.page.locator("a.button[href*='pay.example']").click();
    await ola.page.waitForURL(/^https:\/\/bank\.example/);
    await ola.press("pay");
    await ola.page.waitForURL(/\/o\//);
    rows.same("paid at the second try: delivered", (await e.shop.untilState(order)).state, "fulfilled");
    await ola.leave();
}

async function mistake({ rows, browser, e, form }) {
    const ola = await Buyer.enter(browser);
    await ola.open(form);
    await ola.fill({ email: "ola@example", name: "Ola" });
    await ola.button().click();
    await ola.page.locator("[role=alert]").waitFor();
    rows.add("a mistake is shown by the program's own host",
        ola.page.url().startsWith(e.api.at("api.example")), ola.page.url());
    await ola.fill({ email: "ola2@example.com", name: "Ola" });
    await toTheBank(ola);
    rows.same("mended there: nothing complained but the 422 itself",
        ola.complaints.filter((c) => !c.includes("422")), []);
    await ola.leave();
}

/* That these checks can fail: with a policy that lists the provider, its redirect is the end. */
async function trap({ rows, browser, e, form }) {
    const listed = `form-action 'self' ${e.api.at("api.example")} ${e.payments.host.at("pay.example")}`;
    e.given.policy = (policy) => policy.replace(/form-action [^;]*/, listed);
    const ola = await Buyer.enter(browser);
    await ola.open(form);
    await ola.fill({ email: "stuck@example.com", name: "Ola" });
    const blocked = ola.page.waitForEvent("console", (m) => m.text().includes("form-action"));
    await ola.button().click();
    rows.add("the trap is real: a policy that lists providers stops their redirect",
        (await blocked).text().includes("bank.example") || ola.page.url() === form, ola.page.url());
    e.given.policy = undefined;
    await ola.leave();
}

export async function scene(given) {
    const e = await Elsewhere.open(given);
    const world = { ...given, e, form: `${e.address}/buy/${PRODUCT}/` };
    await happy(world);
    await refused(world);
    await mistake(world);
    await trap(world);
    given.rows.same("it ends well when asked to", await e.shop.stop(), 0);
}
