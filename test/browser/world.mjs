/* world: what the scenes are played in. A shop in a folder with its process, hosts for pages and
 * payment stand-ins, a host that sleeps. Nothing here knows the program's insides. */
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.dirname(path.dirname(HERE));
const PATIENCE = 90_000; /* ms until a wait is given up: a limit, never a measure */

/* One check is one row; bad ones are printed by name. */
export class Rows {
    scene = "";
    passed = 0;
    failed = 0;

    add(row, truth, detail = "") {
        if (truth) {
            this.passed++;
            return true;
        }
        this.failed++;
        const text = typeof detail === "string" ? detail : JSON.stringify(detail);
        console.log(`FAILED ${this.scene}: ${row}: ${String(text).slice(0, 3000)}`);
        return false;
    }

    same(row, got, want) {
        const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
        return this.add(row, a === b, `got ${a}, want ${b}`);
    }

    end() {
        console.log(`${this.passed} passed, ${this.failed} failed`);
        return this.failed || !this.passed ? 1 : 0;
    }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* The first true value of what(); what it is at the end of patience. */
export async function until(what, most = PATIENCE) {
    for (const end = Date.now() + most; Date.now() < end; await pause(100)) {
        const value = await what();
        if (value) return value;
    }
    return what();
}

export function freePort() {
    return new Promise((done) => {
        const s = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = s.address();
            s.close(() => done(port));
        });
    });
}

/* ---- what has to be ended, whatever happens ---- */

const running = [];

export function endAll() {
    for (const end of running.splice(0)) end();
}

/* ---- a shop and its process ---- */

export class Shop {
    /* env: secrets of shop.yml; port: where it listens */
    constructor(program, folder, port, env = {}) {
        Object.assign(this, { program, folder, port, log: `${folder}.log` });
        this.address = `http://127.0.0.1:${port}`;
        this.env = {
            PATH: process.env.PATH,
            LANG: "C.UTF-8",
            ASAN_OPTIONS: "detect_leaks=0",
            UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
            ...env,
        };
    }

    /* As a new owner makes it, but for its address and its limits. */
    static async make(program, folder, env) {
        const shop = new Shop(program, folder, await freePort(), env);
        execFileSync(program, ["new", path.basename(folder)], {
            cwd: path.dirname(folder), env: shop.env, stdio: "ignore",
        });
        shop.change("shop.yml", /^url: \S+/m, `url: ${shop.address}`);
        shop.append("shop.yml", "\nlimits: {orders_per_address: 0, orders_per_email: 0}\n");
        return shop;
    }

    path(...parts) {
        return path.join(this.folder, ...parts);
    }

    read(name) {
        return fs.readFileSync(this.path(name), "utf8");
    }

    write(name, text) {
        fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
        fs.writeFileSync(this.path(name), text);
    }

    remove(name) {
        fs.unlinkSync(this.path(name));
    }

    append(name, text) {
        this.write(name, this.read(name) + text);
    }

    change(name, old, text) {
        const now = this.read(name).replace(old, text);
        if (now === this.read(name)) throw new Error(`${name} has no ${old}`);
        this.write(name, now);
    }

    async start(verb = "run") {
        const log = fs.openSync(this.log, "a");
        const words = [verb, "-C", this.folder, "--port", String(this.port)];
        this.process = spawn(this.program, words, {
            env: this.env, stdio: ["ignore", log, log], cwd: ROOT,
        });
        fs.closeSync(log);
        const { process } = this;
        running.push(() => process.kill("SIGKILL"));
        const up = async () => {
            if (process.exitCode !== null) throw new Error(`the program ended:\n${this.said()}`);
            return (await get(`${this.address}/healthz`).catch(() => null))?.status === 200;
        };
        if (!(await until(up))) throw new Error(`the program did not start:\n${this.said()}`);
        return this;
    }

    async stop() {
        const { process } = this;
        if (!process || process.exitCode !== null) return process?.exitCode;
        const ended = new Promise((done) => process.once("exit", done));
        process.kill("SIGTERM");
        return ended;
    }

    said() {
        return fs.readFileSync(this.log, "utf8").slice(-3000);
    }

    cli(...words) {
        const options = { env: this.env, encoding: "utf8", timeout: PATIENCE, cwd: ROOT };
        return execFileSync(this.program, [...words, "-C", this.folder], options);
    }

    order(id) {
        return JSON.parse(this.cli("order", "show", id, "--json"));
    }

    orders() {
        const lines = this.cli("order", "list", "--json", "--limit", "1000").split("\n");
        return lines.filter(Boolean).map((line) => JSON.parse(line));
    }

    untilState(id, state = "fulfilled") {
        return until(() => {
            const o = this.order(id);
            return o.state === state ? o : null;
        });
    }
}

/* ---- hosts ---- */

/* {status, headers, text} of one request to a host of this machine, whatever its name and whoever
 * signed for it; nothing is followed. */
export function ask(method, address, { headers = {}, body } = {}) {
    const { protocol, host, port, pathname, search } = new URL(address);
    const lib = protocol === "https:" ? https : http;
    const options = {
        method, port, host: "127.0.0.1", path: pathname + search, headers: { host, ...headers },
        agent: false, rejectUnauthorized: false,
    };
    return new Promise((done, fail) => {
        const r = lib.request(options, (answer) => {
            const parts = [];
            answer.on("data", (part) => parts.push(part)).on("error", fail).on("end", () => {
                const { statusCode: status, headers } = answer;
                done({ status, headers, text: Buffer.concat(parts).toString() });
            });
        });
        r.setTimeout(PATIENCE, () => r.destroy(new Error(`no answer: ${address}`)));
        r.on("error", fail).end(body);
    });
}

export const get = (address, headers) => ask("GET", address, { headers });

/* A host of its own: answer(request, response, body). With tls: {key, cert} it speaks https. */
export async function host(answer, tls) {
    const take = (request, response) => {
        const parts = [];
        request.on("data", (part) => parts.push(part)).on("end", async () => {
            try {
                await answer(request, response, Buffer.concat(parts));
            } catch (e) {
                console.log(`a host of the test: ${request.method} ${request.url}: ${e.stack}`);
                if (!response.headersSent) response.writeHead(500);
                response.end(String(e.stack));
            }
        });
    };
    const server = tls ? https.createServer(tls, take) : http.createServer(take);
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    running.push(() => {
        server.closeAllConnections();
        server.close();
    });
    const { port } = server.address();
    const scheme = tls ? "https" : "http";
    return { port, at: (name) => `${scheme}://${name}:${port}`, address: `${scheme}://127.0.0.1:${port}` };
}

/* Passes everything on to a shop, byte for byte, as a TLS end in front of it does. */
export function passOn(toPort, request, response, body) {
    return new Promise((done, fail) => {
        const { method, url, headers } = request;
        const r = http.request({ port: toPort, host: "127.0.0.1", method, path: url, headers, agent: false },
            (answer) => {
                response.writeHead(answer.statusCode, answer.headers);
                answer.pipe(response).on("finish", done);
            });
        r.on("error", fail).end(body);
    });
}

/* A key and a certificate that nobody signed, for hosts of the names *.example. */
export function certificate(folder) {
    const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(folder, name));
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=example", "-addext", "subjectAltName=DNS:*.example",
        "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
}
