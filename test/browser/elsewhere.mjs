/* elsewhere: a live shop whose pages, orders and payments are on four hosts: pages on a host for
 * files, the program behind a TLS end of its own, a provider (tpay's classic panel) that sends the
 * buyer on to a bank. All names end with .example and are this machine. */
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import { Shop, ask, certificate, get, host, passOn } from "./world.mjs";

const MERCHANT = "12345";
const CODE = "Kod4Bezpieczny";

const md5 = (...parts) => crypto.createHash("md5").update(parts.join("")).digest("hex");

/* tpay's notification for a link of ours. */
function note(link, number, status) {
    const n = {
        id: link.get("id"), tr_id: `TR-ABC-${number}`, tr_date: "2026-01-02 03:04:05",
        tr_crc: link.get("crc"), tr_amount: link.get("amount"), tr_paid: link.get("amount"),
        tr_desc: link.get("description"), tr_status: status, tr_error: "none",
        tr_email: link.get("email"), test_mode: "0",
    };
    n.md5sum = md5(n.id, n.tr_id, n.tr_amount, n.tr_crc, CODE);
    return new URLSearchParams(n).toString();
}

/* The provider and the bank it sends people on to: one listener, two names. */
async function payments(tls) {
    let number = 0;
    const given = { words: [] };
    given.host = await host(async (request, response, body) => {
        const here = new URL(request.url, "https://x");
        const link = here.searchParams;
        if (request.headers.host.startsWith("pay.")) {
            response.writeHead(302, { Location: given.host.at("bank.example") + request.url });
            return response.end();
        }
        if (request.method === "GET") {
            response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
            return response.end(`<!doctype html><title>Bank</title><h1>${link.get("amount")}</h1>
                <form method="post"><button name="do" value="pay">Pay</button>
                <button name="do" value="refuse">Refuse</button></form>`);
        }
        const status = String(body) === "do=pay" ? "TRUE" : "FALSE";
        const said = await ask("POST", link.get("result_url"), {
            body: note(link, ++number, status),
            headers: { "Content-Type": "application/x-www-form-urlencoded" },
        });
        given.words.push(said.text);
        response.writeHead(303, { Location: link.get("return_url") });
        return response.end();
    }, tls);
    return given;
}

const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml" };

/* What `grosz build` wrote, the same for everybody, with the page policy that the program itself has;
 * `policy` makes another of it. */
function files(shop, tls, given) {
    return host(async (request, response) => {
        const { pathname } = new URL(request.url, "https://x");
        const built = shop.path("public", pathname, pathname.endsWith("/") ? "index.html" : "");
        const there = !pathname.includes("..") && fs.existsSync(built) && fs.statSync(built).isFile();
        const file = there ? built : shop.path("public", "404.html");
        const kept = { "Content-Type": TYPES[path.extname(file)] ?? "application/octet-stream" };
        const policy = (await get(`${shop.address}/`)).headers["content-security-policy"];
        if (file.endsWith(".html"))
            kept["Content-Security-Policy"] = given.policy ? given.policy(policy) : policy;
        response.writeHead(there ? 200 : 404, kept);
        response.end(fs.readFileSync(file));
    }, tls);
}

export class Elsewhere {
    /* asleep(): awaited before the API's host passes a request on. */
    static async open({ program, folder }, { asleep = async () => {} } = {}) {
        const tls = certificate(folder);
        const e = new Elsewhere();
        e.given = {};
        e.shop = await Shop.make(program, path.join(folder, "shop"), { TPAY_CODE: CODE });
        e.api = await host(async (request, response, body) => {
            await asleep(request);
            await passOn(e.shop.port, request, response, body);
        }, tls);
        e.pages = await files(e.shop, tls, e.given);
        e.payments = await payments(tls);
        e.address = e.pages.at("shop.example");
        e.settings();
        e.shop.cli("build");
        await e.shop.start();
        return e;
    }

    settings() {
        const pay = this.payments.host.at("pay.example");
        this.shop.change("shop.yml", /^mode: \S+/m, "mode: live");
        this.shop.change("shop.yml", /^url: \S+/m,
            `url: ${this.address}\napi: ${this.api.at("api.example")}`);
        this.shop.change("shop.yml", /gateways:\n(?: {2}.*\n)+/, "gateways:\n  tpay: {use: tpay, "
            + `merchant: "${MERCHANT}", code: "\${TPAY_CODE}", base: "${pay}"}\n`);
    }
}
