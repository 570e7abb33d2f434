// Does what applications do with the runtime, and says ok: all of it, or what the arguments name. Servers are in this
// process, on the loopback interface.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, scryptSync, webcrypto } from "node:crypto";
import dns from "node:dns/promises";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import zlib from "node:zlib";

const read = (name) => readFile(new URL(name, import.meta.url));
const [ca, key, cert] = await Promise.all(["ca.pem", "server.key", "server.pem"].map(read));

async function serve(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

const checks = {
  async timers() {
    const order = [];
    const start = process.hrtime.bigint();
    clearTimeout(setTimeout(() => order.push("cleared"), 1));
    setImmediate(() => order.push("immediate"));
    queueMicrotask(() => order.push("microtask"));
    process.nextTick(() => order.push("tick"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(order.sort(), ["immediate", "microtask", "tick"]);
    let ticks = 0;
    await new Promise((resolve) => {
      const interval = setInterval(() => ++ticks === 3 && resolve(clearInterval(interval)), 2);
    });
    assert.equal(await sleep(20, "slept"), "slept");
    assert.ok(process.hrtime.bigint() - start > 38_000_000n, "a timer was early");
  },

  async "worker threads"() {
    const shared = new Int32Array(new SharedArrayBuffer(4));
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      Atomics.add(workerData, 0, 1);
      parentPort.once("message", (text) => parentPort.postMessage(text.toUpperCase()));`;
    const answers = await Promise.all(["a", "b", "c", "d"].map(async (text) => {
      const worker = new Worker(source, { eval: true, workerData: shared });
      worker.postMessage(text);
      const [[answer], [status]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
      assert.equal(status, 0);
      return answer;
    }));
    assert.deepEqual(answers, ["A", "B", "C", "D"]);
    assert.equal(Atomics.load(shared, 0), 4);
  },

  async fetch() {
    const server = http.createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      response.setHeader("content-encoding", "gzip");
      response.end(zlib.gzipSync(JSON.stringify([request.method, request.url, body])));
    });
    const port = await serve(server);
    const answer = await fetch(`http://localhost:${port}/ä?b=c`, { method: "POST", body: "péché" });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), ["POST", "/%C3%A4?b=c", "péché"]);
    server.close();
    server.closeAllConnections();
    await assert.rejects(fetch(`http://localhost:${port}/`), { name: "TypeError", message: "fetch failed" });
  },

  async TLS() {
    const server = https.createServer({ key, cert }, (request, response) => response.end("secret"));
    const port = await serve(server);
    const socket = tls.connect({ host: "localhost", port, ca, servername: "localhost" });
    await once(socket, "secureConnect");
    assert.equal(socket.authorized, true);
    assert.equal(socket.getProtocol(), "TLSv1.3");
    socket.destroy();
    // The authority is one of those that the process was started with.
    assert.equal(await (await fetch(`https://localhost:${port}/`)).text(), "secret");
    const refused = async (options) => (await once(tls.connect({ host: "localhost", port, ...options }), "error"))[0].code;
    assert.equal(await refused({ ca: tls.rootCertificates[0] }), "SELF_SIGNED_CERT_IN_CHAIN");
    assert.equal(await refused({ ca, servername: "example.com" }), "ERR_TLS_CERT_ALTNAME_INVALID");
    server.close();
    server.closeAllConnections();
  },

  async "trusted certificates"() {
    assert.ok(tls.rootCertificates.length > 100);
  },

  async names() {
    assert.equal((await dns.lookup("localhost", { family: 4 })).address, "127.0.0.1");
    assert.equal(os.userInfo().username, process.getuid() === 0 ? "root" : "nonroot");
    assert.equal(os.homedir(), process.getuid() === 0 ? "/root" : "/home/nonroot");
  },

  async files() {
    const folder = await mkdtemp(path.join(os.tmpdir(), "ünïcode-"));
    await writeFile(path.join(folder, "日本.txt"), "text");
    assert.deepEqual(await readdir(folder), ["日本.txt"]);
    await rm(folder, { recursive: true });
  },

  async "other processes"() {
    const { stdout } = await promisify(execFile)(process.execPath, ["--print", "process.pid + process.ppid"]);
    assert.ok(Number(stdout) > process.pid);
  },

  async crypto() {
    assert.equal(createHash("sha256").update("").digest("hex").slice(0, 8), "e3b0c442");
    assert.equal(scryptSync("p", "s", 8).length, 8);
    const pair = await webcrypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const how = { name: "ECDSA", hash: "SHA-256" };
    const signature = await webcrypto.subtle.sign(how, pair.privateKey, ca);
    assert.ok(await webcrypto.subtle.verify(how, pair.publicKey, signature, ca));
  },

  async compression() {
    assert.deepEqual(zlib.brotliDecompressSync(zlib.brotliCompressSync(ca)), ca);
    assert.deepEqual(zlib.inflateSync(zlib.deflateSync(ca)), ca);
  },

  async "languages and time zones"() {
    const date = new Date(0);
    const how = { dateStyle: "full", timeStyle: "short", timeZone: "Asia/Kolkata" };
    assert.match(new Intl.DateTimeFormat("de", how).format(date), /^Donnerstag, 1. Januar 1970 um 05:30$/);
    process.env.TZ = "America/New_York";
    assert.equal(date.getHours(), 19);
    assert.ok("ä".localeCompare("z", "de") < 0 && "ä".localeCompare("z", "sv") > 0);
  },

  async WebAssembly() {
    // (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    const bytes = Buffer.from("AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=", "base64");
    const { instance } = await WebAssembly.instantiate(bytes);
    assert.equal(instance.exports.add(40, 2), 42);
  },
};

for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(checks)) {
  try {
    await checks[name]();
  } catch (error) {
    console.log(`${name}:`, error);
    process.exitCode = 1;
  }
}
if (!process.exitCode) console.log("ok");
