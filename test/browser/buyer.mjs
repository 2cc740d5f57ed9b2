/* buyer: what a person does in a browser, and the one browser that all of them share. */
import { chromium } from "playwright-core";

export const PRODUCT = "master-of-aggregates";
export const ANNA = { email: "anna@example.com", name: "Anna Żółw" };

/* Names that end with .example are hosts of this machine; nothing else is looked up. */
export function launch() {
    return chromium.launch({
        executablePath: "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--host-resolver-rules=MAP *.example 127.0.0.1"],
    });
}

/* A person with a browser of her own. What the page's policy stops or a script stumbles over is
 * noted in `complaints`. */
export class Buyer {
    static async enter(browser, options = {}) {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
        const page = await context.newPage();
        return new Buyer(context, page);
    }

    constructor(context, page) {
        Object.assign(this, { context, page, complaints: [] });
        page.setDefaultTimeout(60_000);
        page.on("console", (m) => {
            /* The icon that a browser asks every host for is no part of a page. */
            if (m.type() === "error" && !m.location().url.endsWith("/favicon.ico"))
                this.complaints.push(m.text());
        });
        page.on("pageerror", (e) => this.complaints.push(String(e)));
    }

    async leave() {
        await this.context.close();
    }

    async open(address) {
        return this.page.goto(address);
    }

    /* The order form, filled in as a person does; consents that must be ticked are ticked. */
    async fill(fields = ANNA) {
        for (const [name, value] of Object.entries(fields))
            await this.page.locator(`[name="${name}"]`).fill(value);
        for (const box of await this.page.locator("input[name^=consent_][required]").all())
            await box.check();
    }

    button() {
        return this.page.locator("form[action$='/api/order'] button");
    }

    /* Orders, and is on the payment's page. */
    async order() {
        await this.button().click();
        await this.page.waitForURL(/\/pay\/test\//);
    }

    async press(what) {
        await this.page.locator(`button[name=do][value=${what}]`).click();
    }

    /* From the form to the buyer's own page. */
    async buy(address, fields = ANNA) {
        await this.open(address);
        await this.fill(fields);
        await this.order();
        await this.press("pay");
        await this.page.waitForURL(/\/o\//);
        return this.number();
    }

    /* The order's number, from the address of the buyer's page. */
    number() {
        return new URL(this.page.url()).pathname.split("/")[2];
    }

    heading() {
        return this.page.locator("h1").first().innerText();
    }
}
