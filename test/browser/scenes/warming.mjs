/* warming: the program sleeps, as hosts that cost nothing do; pages on another host wake it in the
 * background. The page is whole long before it is awake, and the buyer's own typing hides the rest. */
import { Buyer, PRODUCT } from "../buyer.mjs";
import { Elsewhere } from "../elsewhere.mjs";
import { pause, until } from "../world.mjs";

const SLEEPS = 20_000; /* ms from the first knock until it answers anybody */

/* A host that falls asleep when told, and takes its time once somebody knocks. */
class Sleeper {
    knocks = [];
    awake = true;

    sleep(ms) {
        Object.assign(this, { awake: false, ms, knocks: [], waking: undefined });
    }

    async asleep(request) {
        this.knocks.push(request.url.split("?")[0]);
        this.waking ??= pause(this.ms ?? 0).then(() => (this.awake = true));
        if (!this.awake) await this.waking;
    }
}

async function typing({ rows, browser, e, form, sleeper }, name, address) {
    sleeper.sleep(SLEEPS);
    const anna = await Buyer.enter(browser);
    await anna.open(address);
    rows.same(`${name}: the page has loaded, the program still sleeps`, sleeper.awake, false);
    rows.add(`${name}: and was knocked at`, await until(() => sleeper.knocks.length), sleeper.knocks);
    if (address !== form) await anna.page.locator(`a[href$="/buy/${PRODUCT}/"]`).first().click();
    await anna.page.waitForLoadState("load");
    rows.same(`${name}: so has the form`, sleeper.awake, false);
    const email = `${name.replaceAll(" ", ".")}@example.com`;
    await anna.fill({ email });
    const text = anna.page.locator("[name=name]");
    for (let n = 0; !sleeper.awake && n < 600; n++) {
        await text.fill("Anna Żółw".slice(0, 1 + (n % 9)));
        await pause(100);
    }
    rows.same(`${name}: awake by the knocks of the pages alone`, [...new Set(sleeper.knocks)], ["/api/warm"]);
    rows.add(`${name}: a few knocks, not one for each letter`, sleeper.knocks.length <= 4, sleeper.knocks);
    await text.fill("Anna Żółw");
    await anna.button().click();
    await anna.page.waitForURL(/^https:\/\/bank\.example/);
    const mine = e.shop.orders().filter((o) => o.buyer.email === email);
    rows.same(`${name}: the order is placed`, mine.map((o) => o.buyer.name), ["Anna Żółw"]);
    rows.same(`${name}: nothing complained`, anna.complaints, []);
    await anna.leave();
}

/* Without any script, and pressed at once: the browser waits for it, the order is placed. */
async function atOnce({ rows, browser, e, form, sleeper }) {
    sleeper.sleep(3_000);
    const ola = await Buyer.enter(browser, { javaScriptEnabled: false });
    await ola.open(form);
    await ola.fill({ email: "quick@example.com", name: "Ola" });
    await ola.button().click();
    await ola.page.waitForURL(/^https:\/\/bank\.example/);
    rows.same("pressed while it sleeps: one order", e.shop.orders().filter((o) => o.buyer.email
        === "quick@example.com").length, 1);
    await ola.leave();
}

export async function scene(given) {
    const sleeper = new Sleeper();
    const e = await Elsewhere.open(given, { asleep: (request) => sleeper.asleep(request) });
    const world = { ...given, e, sleeper, form: `${e.address}/buy/${PRODUCT}/` };
    await typing(world, "from the form", world.form);
    await typing(world, "from the product", `${e.address}/p/${PRODUCT}/`);
    await atOnce(world);
    given.rows.same("it ends well when asked to", await e.shop.stop(), 0);
}
